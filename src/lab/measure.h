// What the comparison counts: readings, each once however often it was copied, and what the wire
// carried for them. All of it comes from the captures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "src/sniff/exposure.h"

namespace wxsec::lab {

// Readings in clear. A reading crosses the wire at least twice, from its station to the broker and
// from there to each subscriber: `distinct` tells them by station and sequence, `copies` does not.
struct ReadingsSeen {
  std::set<std::pair<std::string, std::uint64_t>> distinct;
  std::size_t copies = 0;
};
ReadingsSeen readings_in_clear(const sniff::Exposure& wire);

// Connections in which somebody said something without TLS, on whatever port.
bool in_clear(const sniff::FlowCard& flow);
std::size_t count_in_clear(const sniff::Exposure& wire);

// A stretch of quiet reporting: nobody logs in, every client has been connected since before.
struct Window {
  core::Instant from{};
  core::Instant to{};
  std::uint64_t readings = 0;  // that reached the API in between
};

// TCP payload in both directions, within the window, of the connections to `port` that were
// established before it. Fails as reading the capture does.
core::Result<std::uint64_t> bytes_in(const core::Path& capture, std::uint16_t port,
                                     const Window& window);

// TCP payload of a connection to an MQTT broker up to its CONNACK, less the MQTT packets: what the
// TLS handshake costs, with the certificates of both sides and the session tickets. Of the first
// connection that `key_log` opens; fails with not_found where it opens none.
struct HandshakeCost {
  std::uint64_t bytes = 0;
  std::uint64_t packet = 0;  // of the CONNACK, in the capture
};
core::Result<HandshakeCost> handshake_cost(const core::Path& capture, const core::Path& key_log);

}  // namespace wxsec::lab
