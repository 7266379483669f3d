// The MQTT side of `wxsec api serve`: subscribes to all stations and hands what comes to an inbox.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "lib/core/result.h"
#include "lib/mqtt/client.h"
#include "src/api/inbox.h"
#include "src/api/serve.h"

namespace wxsec::api {

// Fails with usage: a URL that is no mqtts:// or mqtt:// (that only with `insecure_lesson`), or
// missing files. Nothing is connected yet.
core::Result<mqtt::ClientOptions> client_options(const BrokerOptions& broker, bool insecure_lesson);

class Ingest {
 public:
  // Borrows all of `outside` (its `publish` is set here). Connects in the background and for ever.
  static core::Result<std::unique_ptr<Ingest>> start(mqtt::ClientOptions options,
                                                     Inbox::Outside outside);
  // Stores what has arrived, acknowledges it, leaves the broker in order.
  ~Ingest();
  Ingest(const Ingest&) = delete;
  Ingest& operator=(const Ingest&) = delete;

 private:
  explicit Ingest(Inbox::Outside outside);
  void on_connection(const mqtt::ConnectionEvent& event);

  Live& live_;
  http::EventFeed& events_;
  std::function<void(const ServeEvent&)> tell_;
  Inbox inbox_;
  std::mutex starting_;  // held until sender_ is there; the client's first callback waits for it
  std::string told_;     // the last trouble that was told: retries bring the same one again
  mqtt::Client* sender_ = nullptr;
  std::unique_ptr<mqtt::Client> client_;
  std::jthread writer_;
};

}  // namespace wxsec::api
