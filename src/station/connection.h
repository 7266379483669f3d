// How a station or a watcher connects: its options as the MQTT client wants them.
#pragma once

#include "lib/mqtt/client.h"
#include "src/station/publisher.h"

namespace wxsec::station {

struct Target {
  std::string host;
  std::uint16_t port = 0;
  Security security = Security::mutual_tls;
  core::Path ca;
};

// The client id is the identity's name; no will, a clean session, MQTT 5.
mqtt::ClientOptions client_options(const Target& target, const Identity& identity);

}  // namespace wxsec::station
