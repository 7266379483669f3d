// One connection through Paho, from connect to its end; never reconnects. Internal to lib/mqtt.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "lib/core/result.h"
#include "lib/mqtt/client.h"

namespace wxsec::mqtt {

// Called from Paho's threads.
struct LinkEvents {
  std::function<void(Message)> on_message;
  std::function<void(core::Error)> on_lost;  // once at most
};

class PahoLink {
 public:
  // Blocks until the broker has answered. Fails: denied (CONNACK says no), interrupted (stop), or
  // refused with Paho's text, which names no cause.
  static core::Result<std::unique_ptr<PahoLink>> connect(const ClientOptions& options,
                                                         LinkEvents events,
                                                         const std::stop_token& stop);
  PahoLink(const PahoLink&) = delete;
  PahoLink& operator=(const PahoLink&) = delete;
  ~PahoLink();  // what is still in flight gets `refused`

  // Fails with denied where the broker does not grant it, timeout, refused.
  core::Result<void> subscribe(const std::string& filter, std::chrono::milliseconds timeout);
  // `result` is called exactly once, from any thread, at the latest by the destructor.
  void publish(const Message& message, Client::PublishResult result);
  // DISCONNECT in order.
  void disconnect(std::chrono::milliseconds timeout);

 private:
  struct State;
  explicit PahoLink(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace wxsec::mqtt
