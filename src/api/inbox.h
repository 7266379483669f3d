// Between MQTT and the store: decides what a message is, keeps readings until the store has them,
// and answers the station only then.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/http/event_feed.h"
#include "src/api/live.h"
#include "src/api/serve.h"
#include "src/store/reading_store.h"

namespace wxsec::api {

class Inbox {
 public:
  // Everything is borrowed and outlives the inbox; the functions are called from its threads.
  struct Outside {
    store::ReadingStore& store;
    Live& live;
    http::EventFeed& events;
    const core::Clock& clock;
    // Sends a retained message at QoS 1 to the broker.
    std::function<void(std::string topic, std::string payload)> publish;
    std::function<void(const ServeEvent&)> tell;
  };

  // At most this many readings wait for the store; then take() says full.
  static constexpr std::size_t kMaxWaiting = 20'000;
  static constexpr std::size_t kMaxBatch = 500;

  explicit Inbox(Outside outside) : outside_(std::move(outside)) {}

  enum class Taken { yes, full };
  // A message as it came from the broker. `full`: nothing was taken, offer it again later.
  Taken take(std::string_view topic, std::string_view payload);

  // Stores what was taken, in batches, and acknowledges it; a store that fails is tried again
  // every second. Returns after a stop, when all is stored or the store failed once more.
  void run(std::stop_token stop);

  // Tells every known station where the store stands: after a broker that has lost its retained
  // messages. Errors of the store are ignored, since the next reading brings the answer too.
  void acknowledge_all();

 private:
  void take_reading(std::string_view station, std::string_view payload);
  void refuse(std::string_view station, std::string_view payload, const core::Error& error);
  bool store_batch(const std::vector<store::StationReading>& batch);
  std::vector<store::StationReading> next_batch(std::stop_token stop);
  void acknowledge(const std::string& station, const store::Run& run, std::uint64_t highest);

  Outside outside_;
  std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::deque<store::StationReading> waiting_;
};

}  // namespace wxsec::api
