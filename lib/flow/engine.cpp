// The way of a packet: strip the link layer, parse IP (fragments are put together first), parse
// TCP, find its flow, put the stream in order, hand it to the conversation. Time is the capture's
// own: a file is read as if it happened now.
#include "lib/flow/engine.h"

#include <algorithm>
#include <utility>

#include "lib/flow/engine_feeder.h"
#include "lib/flow/link.h"

namespace wxsec::flow {
namespace {

constexpr std::uint8_t kTcp = 6;
constexpr int kMaxTunnels = 4;

bool is_tunnel(std::uint8_t protocol) { return protocol == 4 || protocol == 41; }

Direction opposite(Direction direction) {
  return direction == Direction::to_server ? Direction::to_client : Direction::to_server;
}

}  // namespace

Engine::Engine(const EngineLimits& limits, EventSink sink)
    : limits_(limits),
      sink_(std::move(sink)),
      table_(limits.max_flows),
      past_(limits.max_remembered) {}

void Engine::prepare(const capture::Packet& packet, Prepared& out) const {
  out.is_tcp = false;
  out.is_ip = parse_ip(strip_link(packet), out.ip);
  if (!out.is_ip || out.ip.fragment || out.ip.protocol != kTcp) return;
  out.is_tcp = parse_tcp(out.ip, out.tcp);
  if (out.is_tcp) address(out);
}

void Engine::address(Prepared& packet) const {
  packet.ordered = key_of(packet.ip.source, packet.tcp.source_port, packet.ip.destination,
                          packet.tcp.destination_port);
  packet.hash = table_.hash_of(packet.ordered.key);
}

void Engine::take(const capture::Packet& packet) {
  prepare(packet, prepared_[0]);
  take(packet, prepared_[0]);
}

// Three rounds ahead of the work: where the flow is noted, the flow, and its decoder. Each round
// asks for memory whose address the round before has brought in. Only hints: nothing is remembered,
// for the first packet may end the second one's flow.
void Engine::take(std::span<const capture::Packet> packets) {
  while (!packets.empty()) {
    const std::size_t count = std::min(packets.size(), kBatch);
    for (std::size_t i = 0; i < count; ++i) {
      prepare(packets[i], prepared_[i]);
      if (prepared_[i].is_tcp) table_.will_find(prepared_[i].hash);
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (prepared_[i].is_tcp)
        table_.will_use(prepared_[i].hash,
                        prepared_[i].tcp.payload.empty() ? kFlowOfEvery : kFlowOfData);
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (!prepared_[i].is_tcp || prepared_[i].tcp.payload.empty()) continue;
      const Flow* const flow = table_.find(prepared_[i].ordered.key, prepared_[i].hash);
      if (flow != nullptr && flow->talk) flow->talk->will_dissect();
    }
    for (std::size_t i = 0; i < count; ++i) take(packets[i], prepared_[i]);
    packets = packets.subspan(count);
  }
}

void Engine::take(const capture::Packet& packet, Prepared& prepared) {
  ++counters_.packets;
  counters_.bytes += packet.bytes.size();
  if (counters_.packets == 1) counters_.first_ns = packet.time_ns;
  counters_.last_ns = packet.time_ns;
  packet_ = packet.number;
  now_ns_ = packet.time_ns;
  past_.now(now_ns_);
  if (counters_.packets % kExpireEvery == 0) expire();
  if (prepared.is_tcp || unwrap(prepared, packet)) segment(prepared);
}

// What is not plain TCP: fragments are put together, tunnels taken off. False if there is no TCP
// segment (yet).
bool Engine::unwrap(Prepared& packet, const capture::Packet& captured) {
  IpPacket& ip = packet.ip;
  bool parsed = packet.is_ip;
  fragments_.forget_contradiction();
  for (int depth = 0; parsed && depth < kMaxTunnels; ++depth) {
    if (ip.fragment) {
      if (!fragments_.add(ip, now_ns_)) return false;
      parsed = ip.source.size == 4 || parse_reassembled_v6(ip);
    }
    if (!parsed || !is_tunnel(ip.protocol)) break;
    const core::ByteView inside = ip.payload;
    parsed = parse_ip(inside, ip);
  }
  if (!parsed || ip.protocol != kTcp || !parse_tcp(ip, packet.tcp)) {
    count_without_tcp(captured);
    return false;
  }
  address(packet);
  return true;
}

void Engine::count_without_tcp(const capture::Packet& packet) {
  if (knows_link(packet.link_type)) {
    ++counters_.not_tcp;
    return;
  }
  if (counters_.not_understood == 0) counters_.link_not_understood = packet.link_type;
  ++counters_.not_understood;
}

Scene Engine::scene_for(Flow& flow) {
  Scene scene;
  scene.facts = &flow.facts;
  scene.sink = &sink_;
  scene.keys = &keys_;
  scene.scratch = &scratch_;
  scene.packet = packet_;
  scene.time_ns = now_ns_;
  scene.captured = counters_.bytes;
  return scene;
}

void Engine::segment(const Prepared& packet) {
  Flow* const flow = flow_for(packet);
  if (flow == nullptr) return;
  if (flow->looks_left > 0) look_who_speaks(*flow, packet);
  const TcpSegment& segment = packet.tcp;
  const Direction direction = flow->client_first == packet.ordered.source_first
                                  ? Direction::to_server
                                  : Direction::to_client;
  flow->facts.last_ns = now_ns_;
  ++flow->facts.packets[index(direction)];
  if (flow->ended) return;
  if (!packet.is_tcp && fragments_.differing() > 0) tell_contradiction(*flow, direction);
  const bool waited = flow->halves[0].waits() || flow->halves[1].waits();
  deliver(*flow, direction, segment);
  if (flow->halves[0].has_fin() || flow->halves[1].has_fin() || flow->facts.ending == Ending::fin)
    close_if_over(*flow);
  // Without data nothing can have been buffered, nor given back.
  if (waited || !segment.payload.empty() || segment.missing > 0) account(*flow);
}

void Engine::tell_contradiction(Flow& flow, Direction direction) {
  flow.facts.conflicts += fragments_.differing();
  scene_for(flow).emit(direction,
                       Conflict{fragments_.differing(), fragments_.contradiction(), true});
}

// SYN tells where a direction begins; so does the other side's acknowledgement of it.
void Engine::synchronise(Flow& flow, Direction direction, const TcpSegment& segment) {
  HalfStream& mine = flow.halves[index(direction)];
  HalfStream& theirs = flow.halves[1 - index(direction)];
  if (segment.syn && !mine.has_delivered()) {
    mine.start(segment.sequence + 1);
    flow.syn_seen = true;
  }
  if (segment.ack && flow.syn_seen && !theirs.started()) theirs.start(segment.acknowledgement);
  if (segment.ack && !segment.rst) theirs.acknowledged(segment.acknowledgement);
}

void Engine::deliver(Flow& flow, Direction direction, const TcpSegment& segment) {
  HalfStream& half = flow.halves[index(direction)];
  synchronise(flow, direction, segment);
  const std::uint32_t sequence = segment.sequence + (segment.syn ? 1 : 0);
  const std::size_t size = segment.payload.size() + segment.missing;
  const bool keeps_alive = segment.perhaps_keep_alive && !half.started();
  if (size > 0 && !segment.rst && !keeps_alive) {
    Scene scene = scene_for(flow);
    Feeder feeder(*this, scene, flow, direction);
    half.add({sequence, segment.payload, segment.missing, segment.perhaps_padding,
              segment.perhaps_keep_alive, now_ns_},
             feeder);
  }
  if (segment.fin) half.fin(sequence + static_cast<std::uint32_t>(size));
  for (const Direction either : {direction, opposite(direction)}) {
    if (!flow.halves[index(either)].waits()) continue;
    Scene scene = scene_for(flow);
    Feeder aged(*this, scene, flow, either);
    flow.halves[index(either)].age(now_ns_, aged);
  }
  if (segment.rst) {
    reset(flow, direction, segment);
  } else if (flow.facts.ending == Ending::reset) {
    reopen_if_alive(flow, direction);
  }
  // Who once talked need not be asked again; that saves a look at memory that is far away.
  const bool talks = flow.standing == Standing::talking || flow.talk;
  table_.touch(flow,
               flow.facts.ending != Ending::open ? Standing::closed
               : talks                           ? Standing::talking
                                                 : Standing::silent,
               packet_, now_ns_);
}

void Engine::flush(Flow& flow) {
  Scene scene = scene_for(flow);
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    Feeder feeder(*this, scene, flow, direction);
    flow.halves[index(direction)].close(feeder);
    if (flow.talk) flow.talk->end(scene, direction);
  }
}

void Engine::end(Flow& flow, Ending why) {
  flush(flow);
  flow.ended = true;
  flow.facts.ending = why;
  if (flow.talk) flow.facts.verdict = flow.talk->verdict();
  Scene scene = scene_for(flow);
  scene.emit(Direction::to_server, FlowEnd{});
  held_ -= flow.held;
  flow.held = 0;
  flow.facts.tls = nullptr;
  flow.talk.reset();
}

void Engine::tick(std::int64_t now_ns) {
  now_ns_ = std::max(now_ns_, now_ns);
  expire();
}

void Engine::keys_grew() {
  for (Flow* flow = table_.oldest(Standing::talking); flow != nullptr; flow = flow->newer) {
    if (flow->ended || !flow->talk) continue;
    Scene scene = scene_for(*flow);
    flow->talk->keys_grew(scene);
  }
}

void Engine::finish() {
  finishing_ = true;
  std::vector<Flow*> open;
  for (const Standing standing : {Standing::closed, Standing::silent, Standing::talking}) {
    for (Flow* flow = table_.oldest(standing); flow != nullptr; flow = flow->newer) {
      if (!flow->ended) open.push_back(flow);
    }
  }
  std::sort(open.begin(), open.end(),
            [](const Flow* a, const Flow* b) { return a->facts.id < b->facts.id; });
  for (Flow* flow : open) {
    end(*flow, flow->facts.ending);
    flow = forget(*flow);
    if (flow != nullptr) end(*flow, flow->facts.ending);
  }
  finishing_ = false;
}

}  // namespace wxsec::flow
