// Which side is the client? SYN says it. A capture that begins later than that leaves the question
// to what is said, and until something tells, to the ports. Whoever was taken for the other one is
// turned around before his first message is told: decryption and findings depend on it.
#include <algorithm>
#include <iterator>
#include <utility>

#include "lib/flow/engine.h"
#include "lib/flow/speaker.h"

namespace wxsec::flow {
namespace {

constexpr std::uint8_t kLooks = 32;  // segments with data that are looked at

// Ports that servers of our protocols listen on (IANA's registry, and habit).
bool is_servers_port(std::uint16_t port) {
  constexpr std::uint16_t kPorts[] = {80, 443, 1883, 8000, 8008, 8080, 8443, 8883, 8884, 9001};
  return std::find(std::begin(kPorts), std::end(kPorts), port) != std::end(kPorts);
}

// The higher port is the client's, unless it is a known server's and the other one is not.
bool source_has_clients_port(const TcpSegment& segment) {
  const bool source = is_servers_port(segment.source_port);
  const bool destination = is_servers_port(segment.destination_port);
  if (source != destination) return destination;
  return segment.source_port >= segment.destination_port;
}

}  // namespace

bool Engine::source_is_client(const TcpSegment& segment, std::uint8_t& looks) {
  if (segment.syn) return !segment.ack;
  const Speaker speaker = who_says(segment.payload);
  if (speaker != Speaker::unknown) return speaker == Speaker::client;
  looks = kLooks;
  return source_has_clients_port(segment);
}

void Engine::look_who_speaks(Flow& flow, const Prepared& packet) {
  if (packet.tcp.payload.empty()) return;
  --flow.looks_left;
  if (flow.talk &&
      (flow.talk->speaks(Direction::to_server) || flow.talk->speaks(Direction::to_client)))
    flow.looks_left = 0;  // too late
  if (flow.looks_left == 0) return;
  const Speaker speaker = who_says(packet.tcp.payload);
  if (speaker == Speaker::unknown) return;
  flow.looks_left = 0;
  const bool taken_for_client = flow.client_first == packet.ordered.source_first;
  if (taken_for_client != (speaker == Speaker::client)) turn_around(flow);
}

void Engine::turn_around(Flow& flow) {
  FlowFacts& facts = flow.facts;
  flow.client_first = !flow.client_first;
  std::swap(flow.halves[0], flow.halves[1]);
  std::swap(facts.client, facts.server);
  std::swap(facts.packets[0], facts.packets[1]);
  std::swap(facts.bytes[0], facts.bytes[1]);
  std::swap(facts.lost[0], facts.lost[1]);
  std::swap(flow.delivered_at_reset[0], flow.delivered_at_reset[1]);
  flow.reset_by =
      flow.reset_by == Direction::to_server ? Direction::to_client : Direction::to_server;
  if (flow.talk) flow.talk->turn_around();
}

}  // namespace wxsec::flow
