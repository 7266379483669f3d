// A client that stays connected: Eclipse Paho behind a wall, with the defaults it should have had.
// Host name verification is always on over TLS; a failed connection is named by a handshake of our
// own; a QoS 1 publish that the broker denied is an error (MQTT 5).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"
#include "lib/mqtt/message.h"

namespace wxsec::mqtt {

// plaintext_lesson: no TLS at all; everybody on the wire reads and forges everything.
enum class Transport { tls, plaintext_lesson };

// PEM files. `ca` is required over TLS; certificate (leaf first) and key come together or not at
// all. They are read again at every connection, so a renewed certificate needs no restart.
struct TlsFiles {
  core::Path ca;
  core::Path certificate;
  core::Path key;
};

struct Backoff {
  std::chrono::milliseconds first{500};
  std::chrono::milliseconds longest{30'000};
};

struct ClientOptions {
  std::string host;  // the name (or address) that the broker's certificate must carry
  std::uint16_t port = 8883;
  Transport transport = Transport::tls;
  TlsFiles tls;
  Version version = Version::v5;
  std::string client_id;
  std::string username;  // empty: none
  core::Secret password;
  Session session = Session::clean;
  std::chrono::seconds session_expiry{3600};  // of a persistent session, MQTT 5
  std::optional<Message> will;
  std::chrono::seconds keep_alive{30};
  std::chrono::milliseconds connect_timeout{10'000};
  Backoff backoff;  // doubles from first to longest, each wait cut by up to half at random
  int max_inflight = 20;
};

// retry: we could not deal with it now; the same message is offered again after a pause, before
// any other. Paho has acknowledged it to the broker at arrival, so it lives as long as this process
// does: what must survive that needs an acknowledgement end to end.
enum class Handled { done, retry };

struct ConnectionEvent {
  enum class Kind { up, down, failed };  // failed: an attempt, named; the next follows by itself
  Kind kind = Kind::down;
  core::Error error;                      // of down and failed
  std::chrono::milliseconds next_try{0};  // of down and failed
  int attempt = 0;                        // of failed: counted from 1 since the last `up`
};

// Callbacks run one at a time in the client's own thread, never in the caller's; they may call
// publish_async, and must not call publish or stop. Message topics and payloads are untrusted.
// What the broker sent in order is told in order, acknowledgements among messages.
struct ClientCallbacks {
  std::function<void(const ConnectionEvent&)> on_connection;
  std::function<Handled(const Message&)> on_message;
};

class Client {
 public:
  using PublishResult = std::function<void(const core::Result<void>&)>;

  // Starts connecting, and keeps at it until stopped; the outcome of each attempt goes to
  // on_connection. Fails with usage on impossible options (no CA over TLS, certificate without
  // key, a will or topic that MQTT cannot carry).
  static core::Result<std::unique_ptr<Client>> start(ClientOptions options,
                                                     ClientCallbacks callbacks);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();  // stops

  bool connected() const;
  // Waits for the first (or next) `up`. Fails with timeout, whose text holds the last attempt's
  // cause, and with that attempt's code.
  core::Result<void> wait_connected(std::chrono::milliseconds timeout);

  // Subscribes now and after every reconnect. Filters are granted at QoS 1. Errors of the grant
  // come as a `down` event's error; returns usage on a malformed filter.
  core::Result<void> subscribe(std::string filter);

  // Sends and waits for the broker's acknowledgement. Fails: refused (not connected, or the
  // connection broke first), denied (MQTT 5 reason 0x87 and its kin), timeout, usage (bad topic).
  core::Result<void> publish(const Message& message, std::chrono::milliseconds timeout);
  // The same without waiting; `result` is called once, as a callback above, or before this returns
  // where it fails at once; at the latest by stop().
  void publish_async(const Message& message, PublishResult result);

  // Disconnects in order (the will is not sent), within `timeout`; afterwards no callback runs.
  void stop(std::chrono::milliseconds timeout);

 private:
  struct State;
  explicit Client(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Whether `topic` may be published to: 1-65535 bytes of UTF-8, no NUL, no wildcard. MQTT 5 4.7.
bool valid_topic(std::string_view topic);
// Whether `filter` may be subscribed to: + alone in a level, # alone and last. MQTT 5 4.7.1.
bool valid_filter(std::string_view filter);

}  // namespace wxsec::mqtt
