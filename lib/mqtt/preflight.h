// A connection of our own before (or after) Paho's, because Paho has three texts for all failures.
#pragma once

#include <optional>

#include "lib/core/result.h"
#include "lib/mqtt/client.h"
#include "lib/tls/peer.h"

namespace wxsec::mqtt {

struct Preflight {
  std::optional<tls::Peer> peer;  // nothing in the lesson without TLS
};

// Connects as a client with these options would: TCP, TLS with every check, CONNECT without a will,
// DISCONNECT. No password is sent before the peer has proved its name. A client that is connected
// under the same client id is thrown out by it, as by any second connection.
// Fails with the exact cause: resolve, refused, timeout, tls, denied (the broker refuses our
// certificate, name or password), protocol (not TLS, not MQTT), crypto and the like for our files.
core::Result<Preflight> preflight(const ClientOptions& options);

}  // namespace wxsec::mqtt
