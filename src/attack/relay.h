// A man in the middle: a TLS server in front of the broker that decrypts what a client says, keeps
// it, and passes it on over a TLS connection of its own.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "lib/core/result.h"
#include "lib/net/endpoint.h"
#include "lib/tls/context.h"

namespace wxsec::attack {

struct RelayOptions {
  tls::Identity identity;  // what it shows to clients
  net::Endpoint upstream;  // the real broker; reached over TLS, believed whatever it shows
  std::chrono::milliseconds timeout{2000};  // for each handshake and each silence
};

// What happened on one connection.
struct Overheard {
  std::string refusal;  // why the client left before a word was said: "alert unknown_ca"; or empty
  std::string said;     // what the client said, decrypted; at most 64 KiB
};

// Listens on 127.0.0.1; serves clients one after the other in a thread of its own.
class Relay {
 public:
  // Fails as net::listen and tls::ServerContext::create do.
  static core::Result<Relay> start(RelayOptions options);
  Relay(Relay&&) noexcept;
  Relay& operator=(Relay&&) noexcept;
  ~Relay();  // stops within `timeout`

  net::Endpoint endpoint() const;  // mqtts://127.0.0.1:port
  // Waits until the connections that were accepted have ended (at most `timeout`), and takes what
  // was learned from them.
  std::vector<Overheard> take();

 private:
  struct State;
  explicit Relay(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace wxsec::attack
