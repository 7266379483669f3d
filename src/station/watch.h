// A subscriber that shows what the stations say, and who the broker is that says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "src/station/publisher.h"

namespace wxsec::station {

struct WatchOptions {
  std::string host = "localhost";
  std::uint16_t port = 8883;
  Security security = Security::mutual_tls;
  core::Path ca;
  Identity identity;  // usually the operator's
  std::string filter = "wx/#";
  std::optional<std::uint64_t> messages;  // stop after so many
  std::optional<std::chrono::milliseconds> duration;
};

// What the broker showed in the handshake; all empty in the lesson without TLS.
struct BrokerCard {
  std::string protocol;  // "TLSv1.3"
  std::string cipher;
  std::vector<std::pair<std::string, std::string>> certificate;  // label and value; untrusted text
};

// A message as it came: untrusted bytes.
struct Seen {
  core::Instant at{};
  std::string topic;
  std::string payload;
  std::string line;  // one line for people, escaped: the reading, or why it is none
  bool reading = false;
};

struct WatchEvents {
  std::function<void(const BrokerCard&)> on_connected;
  std::function<void(const std::string&)> on_disconnected;
  std::function<void(const Seen&)> on_message;
};

// Returns how many messages came. Fails as run_stations does; reconnects by itself once it was
// connected.
core::Result<std::uint64_t> watch(const WatchOptions& options, const core::Clock& clock,
                                  std::stop_token stop, const WatchEvents& events);

}  // namespace wxsec::station
