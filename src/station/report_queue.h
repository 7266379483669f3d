// What the clients' threads report, collected for the one thread that handles it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <stop_token>
#include <utility>
#include <variant>

#include "lib/core/result.h"
#include "lib/mqtt/client.h"

namespace wxsec::station {

// The broker's answer to a reading, or (sequence 0) to the `online` status.
struct PublishAnswer {
  std::uint64_t sequence = 0;
  core::Result<void> result;
};

struct Report {
  std::size_t station = 0;  // which one
  std::variant<mqtt::ConnectionEvent, mqtt::Message, PublishAnswer> what;
};

class ReportQueue {
 public:
  void push(Report report) {
    const std::lock_guard lock(mutex_);
    reports_.push_back(std::move(report));
    changed_.notify_one();
  }
  // All that is there, as soon as there is something; empty at `until` or at a stop.
  std::deque<Report> take(std::chrono::steady_clock::time_point until,
                          const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, stop, until, [&] { return !reports_.empty(); });
    return std::exchange(reports_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Report> reports_;
};

}  // namespace wxsec::station
