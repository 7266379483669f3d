//            next()               acknowledged()
//   waiting --------> in flight ----------------> at broker      (Delivery::stored)
//      ^                  |            \________> gone           (Delivery::at_broker)
//      +---- unsent() ----+                           |
//      +------------ send_..._again() ---------------+      stored(), remove(): gone from anywhere
#include "src/station/outbox.h"

namespace wxsec::station {

void Outbox::set_state(Entries::value_type& entry, State state) {
  auto& [sequence, reading] = entry;
  if (reading.state == State::in_flight) --in_flight_;
  if (reading.state == State::waiting) waiting_.erase(sequence);
  if (state == State::in_flight) ++in_flight_;
  if (state == State::waiting) waiting_.insert(sequence);
  reading.state = state;
}

void Outbox::erase(Entries::iterator entry) {
  set_state(*entry, State::at_broker);
  entries_.erase(entry);
}

std::optional<std::uint64_t> Outbox::add(std::uint64_t sequence, std::string payload) {
  entries_.insert_or_assign(sequence, Entry{std::move(payload), State::waiting, false, {}});
  waiting_.insert(sequence);
  if (entries_.size() <= bound_) return std::nullopt;
  const std::uint64_t oldest = entries_.begin()->first;
  erase(entries_.begin());
  return oldest;
}

std::optional<Outbox::Item> Outbox::next() {
  if (waiting_.empty()) return std::nullopt;
  const auto found = entries_.find(*waiting_.begin());
  set_state(*found, State::in_flight);
  const bool again = std::exchange(found->second.sent_before, true);
  return Item{found->first, found->second.payload, again};
}

void Outbox::acknowledged(std::uint64_t sequence, Time now) {
  const auto found = entries_.find(sequence);
  if (found == entries_.end()) return;
  found->second.acknowledged_at = now;
  set_state(*found, State::at_broker);
}

void Outbox::unsent(std::uint64_t sequence) {
  const auto found = entries_.find(sequence);
  if (found != entries_.end()) set_state(*found, State::waiting);
}

bool Outbox::remove(std::uint64_t sequence) {
  const auto found = entries_.find(sequence);
  if (found == entries_.end()) return false;
  erase(found);
  return true;
}

std::size_t Outbox::stored(std::uint64_t from, std::uint64_t through) {
  std::size_t count = 0;
  for (auto entry = entries_.lower_bound(from); entry != entries_.end() && entry->first <= through;
       ++count) {
    erase(entry++);
  }
  return count;
}

void Outbox::forget_at_broker(std::size_t keep) {
  std::size_t held = entries_.size() - before_broker();
  for (auto entry = entries_.begin(); held > keep && entry != entries_.end();) {
    const auto here = entry++;
    if (here->second.state != State::at_broker) continue;
    erase(here);
    --held;
  }
}

void Outbox::send_all_again() {
  for (auto& entry : entries_) set_state(entry, State::waiting);
}

void Outbox::send_unanswered_again(Time before) {
  for (auto& entry : entries_) {
    if (entry.second.state == State::at_broker && entry.second.acknowledged_at < before)
      set_state(entry, State::waiting);
  }
}

std::vector<std::string> Outbox::payloads() const {
  std::vector<std::string> out;
  out.reserve(entries_.size());
  for (const auto& [sequence, entry] : entries_) out.push_back(entry.payload);
  return out;
}

}  // namespace wxsec::station
