#include "lib/http/event_feed.h"

#include <fmt/format.h>

#include "lib/core/number.h"

namespace wxsec::http {
namespace {

// Each line of the data is a field of its own; a bare CR would end a line too. WHATWG HTML 9.2.5.
std::string wire_format(EventFeed::Position id, std::string_view event, std::string_view data) {
  std::string out = fmt::format("id: {}\n", id);
  if (!event.empty()) out += fmt::format("event: {}\n", event);
  while (true) {
    const std::size_t end = data.find_first_of("\r\n");
    out += fmt::format("data: {}\n", data.substr(0, end));
    if (end == std::string_view::npos) break;
    const bool crlf = data.substr(end).starts_with("\r\n");
    data.remove_prefix(end + (crlf ? 2 : 1));
  }
  out += '\n';
  return out;
}

}  // namespace

std::shared_ptr<EventFeed> EventFeed::create(std::size_t history) {
  return std::shared_ptr<EventFeed>(new EventFeed(history));
}

void EventFeed::publish(std::string_view event, std::string_view data) {
  const std::scoped_lock lock(mutex_);
  if (closed_) return;
  events_.push_back(wire_format(first_ + events_.size(), event, data));
  while (events_.size() > history_) {
    events_.pop_front();
    ++first_;
  }
  wake_all();
}

void EventFeed::close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  wake_all();
}

// Under the lock, so that nobody is woken after unsubscribe() has returned.
void EventFeed::wake_all() {
  for (const auto& [token, wake] : wakers_) wake();
}

std::size_t EventFeed::readers() const {
  const std::scoped_lock lock(mutex_);
  return readers_;
}

void EventFeed::count_reader(int change) {
  const std::scoped_lock lock(mutex_);
  readers_ = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(readers_) + change);
}

EventFeed::Position EventFeed::start(std::string_view last_id) const {
  const std::scoped_lock lock(mutex_);
  const Position end = first_ + events_.size();
  const auto last = core::parse_number<Position>(last_id, 1, end);
  return last && *last + 1 >= first_ && *last + 1 <= end ? *last + 1 : end;
}

EventFeed::State EventFeed::read(Position& at, std::size_t max_bytes, std::string& out) const {
  const std::scoped_lock lock(mutex_);
  if (at < first_) return State::fell_behind;
  const std::size_t before = out.size();
  while (at < first_ + events_.size()) {
    if (out.size() - before >= max_bytes) return State::more;
    out += events_[at - first_];
    ++at;
  }
  return closed_ ? State::closed : State::waiting;
}

std::uint64_t EventFeed::subscribe(std::function<void()> wake) {
  const std::scoped_lock lock(mutex_);
  wakers_.emplace(next_token_, std::move(wake));
  return next_token_++;
}

void EventFeed::unsubscribe(std::uint64_t token) {
  const std::scoped_lock lock(mutex_);
  wakers_.erase(token);
}

}  // namespace wxsec::http
