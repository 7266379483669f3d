// One connection to a TLS port, turned into facts: what is there, what it showed, and the exact
// reason why a client with this context would fail. Preflights, `certs inspect`, `certs check` and
// `attack` are built on it.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "lib/core/bytes.h"
#include "lib/net/endpoint.h"
#include "lib/tls/context.h"
#include "lib/tls/failure.h"
#include "lib/tls/peer.h"

namespace wxsec::tls {

struct ProbeOptions {
  net::Endpoint target = {};
  std::string host_name = {};  // for SNI and the certificate; empty: the target's host
  std::chrono::milliseconds timeout = std::chrono::seconds(5);  // for each connection as a whole
  // Sent once the handshake is done, and answered by every healthy peer of that protocol: an MQTT
  // CONNECT, an HTTP request. Its answer proves that the server accepted our certificate, which
  // under TLS 1.3 a finished handshake does not. Empty: wait `alert_wait` for an objection instead.
  core::Bytes ping = {};
  std::chrono::milliseconds alert_wait = std::chrono::milliseconds(200);
  // Asked over a second, bare TCP connection when the first one did not speak TLS, to learn whether
  // a plaintext service lives there. Empty: not asked.
  core::Bytes plain_ping = {};
};

struct ProbeResult {
  bool connected = false;  // TCP
  bool handshake = false;  // TLS was agreed upon, whatever we think of the certificate
  Failure failure = {};    // cause none: a client with this context works
  Peer peer = {};
  core::Bytes answer = {};        // to `ping`, up to 4 KiB
  core::Bytes plain_answer = {};  // to `plain_ping`, up to 4 KiB; not empty: plaintext service
  std::string address = {};       // the one that was connected to, "127.0.0.1:8883"
  std::chrono::microseconds took = {};  // TCP connection and handshake
};

// Never fails as a function: what went wrong is in `failure`. With Trust::accept_any_certificate a
// bad certificate does not end the handshake (so all facts are gathered), but the first objection
// is still the failure's cause, our certificate and the ping are then still sent: use a context
// without identity where that matters.
ProbeResult probe(const ProbeOptions& options, const ClientContext& context);

}  // namespace wxsec::tls
