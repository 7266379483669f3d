// The readings of one station that are not done yet, and what has become of each.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "src/station/publisher.h"

namespace wxsec::station {

class Outbox {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Item {
    std::uint64_t sequence = 0;
    std::string payload;
    bool again = false;  // it has been sent before
  };

  // Holds at most `bound` readings. The store's acknowledgement ends a reading; what only the
  // broker has acknowledged stays, until forget_at_broker().
  explicit Outbox(std::size_t bound) : bound_(bound) {}

  // Returns the sequence of the oldest reading if that had to go for it.
  std::optional<std::uint64_t> add(std::uint64_t sequence, std::string payload);
  // The oldest that waits to be sent, now in flight; nothing when none waits.
  std::optional<Item> next();
  // Answers to one in flight. Each is ignored for a reading that is not there.
  void acknowledged(std::uint64_t sequence, Time now);
  void unsent(std::uint64_t sequence);  // the connection broke first: it waits again
  bool remove(std::uint64_t sequence);  // denied or refused for good; true if it was there
  // The store has from..through: how many of ours that ended.
  std::size_t stored(std::uint64_t from, std::uint64_t through);
  // Where no store answers: the oldest that the broker acknowledged go, all but `keep`.
  void forget_at_broker(std::size_t keep);
  // After a reconnect: everything that no answer has ended waits again.
  void send_all_again();
  // What the broker acknowledged before `before` and the store has not waits again.
  void send_unanswered_again(Time before);

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  std::size_t in_flight() const { return in_flight_; }
  // Those that not even the broker has acknowledged.
  std::size_t before_broker() const { return waiting_.size() + in_flight_; }
  // All payloads, oldest first, for the journal.
  std::vector<std::string> payloads() const;

 private:
  enum class State { waiting, in_flight, at_broker };
  struct Entry {
    std::string payload;
    State state = State::waiting;
    bool sent_before = false;
    Time acknowledged_at{};
  };
  using Entries = std::map<std::uint64_t, Entry>;
  void set_state(Entries::value_type& entry, State state);
  void erase(Entries::iterator entry);

  std::size_t bound_;
  Entries entries_;
  std::set<std::uint64_t> waiting_;
  std::size_t in_flight_ = 0;
};

}  // namespace wxsec::station
