// The inside of mqtt::Client: its connection, its queue and the thread that works on both.
// Inside lib/mqtt only.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "lib/mqtt/backoff.h"
#include "lib/mqtt/client.h"
#include "lib/mqtt/paho_link.h"

namespace wxsec::mqtt {

struct Client::State {
  ClientOptions options;
  ClientCallbacks callbacks;

  mutable std::mutex mutex;
  std::condition_variable_any changed;
  std::shared_ptr<PahoLink> link;  // while up
  // What is to be told: a message, or an answer to a publish.
  struct Arrival {
    Message message;
    std::function<void()> answer;  // if set, there is no message
  };
  std::deque<Arrival> inbox;
  std::vector<std::string> filters;
  std::size_t subscribed = 0;       // how many of `filters` this connection has
  std::optional<core::Error> lost;  // set by Paho's thread
  std::optional<core::Error> last_error;
  bool closing = false;
  std::jthread worker;  // last: it uses all of the above

  void work(const std::stop_token& stop);
  bool connect(const std::stop_token& stop, BackoffTimer& backoff, int attempt);
  void serve(const std::stop_token& stop);
  core::Result<void> subscribe_new();
  void deliver_waiting(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  void pause(std::chrono::milliseconds span, const std::stop_token& stop);
  void retire(const core::Error& why);
  Handled tell(const Arrival& arrival);
  void tell(const ConnectionEvent& event) {
    if (callbacks.on_connection) callbacks.on_connection(event);
  }
  void answer(std::function<void()> call);
  LinkEvents events();
};

}  // namespace wxsec::mqtt
