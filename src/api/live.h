// What the running server knows besides the store: who is online, whether the broker is reached,
// and what it has counted. Thread-safe; ingest writes, routes read.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "src/weather/payload.h"

namespace wxsec::api {

struct BrokerState {
  bool expected = false;  // false: this server was started without a broker
  bool connected = false;
  std::string problem = {};  // while not connected; untrusted text
};

class Live {
 public:
  using Statuses = std::map<std::string, weather::Status, std::less<>>;

  // Counters since the start.
  std::atomic<std::uint64_t> stored = 0;      // readings added
  std::atomic<std::uint64_t> duplicates = 0;  // received again
  std::atomic<std::uint64_t> refused = 0;     // payloads that were no reading
  std::atomic<std::uint64_t> store_failures = 0;
  std::atomic<std::uint64_t> requests = 0;
  std::atomic<std::uint64_t> waiting = 0;  // readings received and not yet in the store

  void set_status(std::string_view station, const weather::Status& status);
  Statuses statuses() const;

  void set_broker(BrokerState state);
  BrokerState broker() const;

 private:
  mutable std::mutex mutex_;
  Statuses statuses_;
  BrokerState broker_;
};

}  // namespace wxsec::api
