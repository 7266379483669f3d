// When does a packet begin a connection, where one is known between the same ports? Ports are used
// again, and everybody on the path can send a SYN in the name of another. A real endpoint ignores
// it within a connection and answers with what it expects (RFC 9293 3.10.7.4, a challenge
// ACK); an eavesdropper who believed it would be blind to what is said afterwards:
//
//     known connection   ====data====                 ====data=======     goes on: SYN was a stray
//     SYN, other number              SYN
//     its handshake                       SYN-ACK ACK ====data====        or goes on: another one
//
// So beside the known connection a handshake with other numbers is remembered, its rival, until
// packets say which of them is alive: an answer to the SYN, or numbers that are nearer to the
// rival's than to the known connection's. Where the capture lacks the SYN, its answer makes a
// rival.
//
// What has ended leaves a flow behind for a while, so that retransmissions begin none. What
// cannot be one of these begins another connection, whether its handshake was captured or not.
// Numbers alone tell that: a peer that is gone is sent the same bytes for minutes.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "lib/flow/engine.h"
#include "lib/flow/engine_feeder.h"

namespace wxsec::flow {
namespace {

constexpr std::int64_t kMostAhead = std::int64_t{16} << 20;  // larger windows are hardly ever used
constexpr std::size_t kMaxSaid = 4096;                       // kept of what a SYN carries

std::size_t size_of(const TcpSegment& segment) { return segment.payload.size() + segment.missing; }

// A keep-alive's byte is none of the stream's.
bool says_nothing(const TcpSegment& segment) {
  return size_of(segment) == 0 || segment.perhaps_keep_alive;
}

// Nothing but SYN has been seen of it.
bool only_knocked(const Flow& flow) {
  const bool both = flow.halves[0].started() && flow.halves[1].started();
  return !both && !flow.halves[0].has_delivered() && !flow.halves[1].has_delivered();
}

// Does a number belong to the rival's side `i` rather than to the known connection?
bool nearer(const Rival& rival, std::size_t i, const HalfStream& known, std::uint32_t number) {
  const std::int64_t ahead = sequence_distance(number, rival.next[i]);
  if (ahead < 0 || ahead > kMostAhead) return false;
  const std::int64_t away = sequence_distance(number, known.next_sequence());
  return !known.started() || ahead < std::abs(away);
}

bool confirms(const Rival& rival, const Flow& flow, const TcpSegment& segment, bool source_first) {
  const std::size_t side = rival.client_first == source_first ? 0 : 1;
  const bool same_sides = rival.client_first == flow.client_first;
  const HalfStream& mine = flow.halves[same_sides ? side : 1 - side];
  const HalfStream& theirs = flow.halves[same_sides ? 1 - side : side];
  if (segment.rst || segment.syn) {
    // Only whoever does not know the old connection (any more) answers so.
    const std::int64_t beyond = sequence_distance(segment.acknowledgement, rival.next[1 - side]);
    const auto said = static_cast<std::int64_t>(rival.said.size() + rival.missing);
    return segment.ack && rival.knows[1 - side] && beyond >= 0 && beyond <= said;
  }
  if (mine.has_had(segment.sequence, 0) &&
      (!segment.ack || theirs.within(segment.acknowledgement, kMostAhead)))
    return false;
  const bool asks_theirs = segment.ack && rival.knows[1 - side];
  // What acknowledges the known server is for it, however near the stray number lies.
  if (!asks_theirs && segment.ack && theirs.has_delivered() &&
      theirs.has_had(segment.acknowledgement, 0))
    return false;
  if (!rival.knows[side] && !asks_theirs) return false;
  return (!rival.knows[side] || nearer(rival, side, mine, segment.sequence)) &&
         (!asks_theirs || nearer(rival, 1 - side, theirs, segment.acknowledgement));
}

// After the end: can it be none of what the connection said?
bool is_anothers(const Flow& flow, const TcpSegment& segment, bool source_first) {
  const std::size_t side = flow.client_first == source_first ? 0 : 1;
  const HalfStream& mine = flow.halves[side];
  if (segment.syn) return !segment.ack || mine.first_sequence() != segment.sequence + 1;
  // Zeros may be an acknowledgement's filling.
  if (segment.rst || says_nothing(segment) || segment.perhaps_padding) return false;
  // Nobody goes on right behind his FIN; in its place he does, if it was not his.
  if (segment.sequence == mine.next_sequence() + 1) return false;
  return !mine.has_had(segment.sequence, size_of(segment)) ||
         (segment.ack && !flow.halves[1 - side].has_had(segment.acknowledgement, 0));
}

// An answer to the SYN that is known, or to one that was not captured? Where the other side's
// acknowledgement alone has told the first number, it may have come before that of SYN.
bool answers_known(const Flow& flow, std::size_t side, const TcpSegment& segment) {
  const HalfStream& mine = flow.halves[side];
  const HalfStream& theirs = flow.halves[1 - side];
  const std::uint32_t first = segment.sequence + 1;
  return (!mine.started() || mine.first_sequence() == first ||
          (!mine.has_delivered() && mine.has_had(first, 0))) &&
         (!theirs.started() || theirs.has_had(segment.acknowledgement, 0));
}

}  // namespace

Flow* Engine::flow_for(const Prepared& packet) {
  const TcpSegment& segment = packet.tcp;
  const bool source_first = packet.ordered.source_first;
  Flow* known = table_.find(packet.ordered.key, packet.hash);
  // The rival may have knocked before the end.
  if (known != nullptr && known->ended && known->contested &&
      confirms(*known->rival, *known, segment, source_first))
    return give_way(*known);
  if (known != nullptr && known->ended && is_anothers(*known, segment, source_first)) {
    table_.remove(*known);
    known = nullptr;
  }
  if (known == nullptr) return segment.syn || !says_nothing(segment) ? &start(packet) : nullptr;
  if (known->ended) return known;
  if (known->contested && confirms(*known->rival, *known, segment, source_first))
    return give_way(*known);
  if (segment.syn) return handshake(*known, packet);
  if (known->contested) go_on(*known, packet);
  return known;
}

// Null: it is none of this flow's, and begins no other one yet.
Flow* Engine::handshake(Flow& known, const Prepared& packet) {
  const TcpSegment& segment = packet.tcp;
  const std::size_t side = known.client_first == packet.ordered.source_first ? 0 : 1;
  const HalfStream& mine = known.halves[side];
  const bool same = mine.started() && mine.first_sequence() == segment.sequence + 1;
  const bool finished = known.facts.ending == Ending::fin;
  if (segment.ack ? answers_known(known, side, segment) : same && !finished) return &known;
  if (!segment.ack && (finished || only_knocked(known))) {
    end_for_another(known);
    table_.remove(known);
    return &start(packet);
  }
  note_rival(known, packet);
  return nullptr;
}

void Engine::end_for_another(Flow& known) {
  end(known, known.facts.ending == Ending::open ? Ending::expired : known.facts.ending);
}

void Engine::note_rival(Flow& known, const Prepared& packet) {
  const TcpSegment& segment = packet.tcp;
  const bool client_first = packet.ordered.source_first != segment.ack;
  const std::uint32_t number = segment.sequence + 1;
  const std::size_t side = segment.ack ? 1 : 0;
  if (known.contested && known.rival->client_first == client_first && known.rival->knows[side] &&
      known.rival->next[side] == number) {
    ++known.rival->syns;
    return;
  }
  known.rival = std::make_unique<Rival>();
  known.contested = true;
  Rival& rival = *known.rival;
  rival.client_first = client_first;
  rival.has_syn = !segment.ack;
  rival.next[side] = number;
  rival.next[1 - side] = segment.acknowledgement;
  rival.knows[side] = true;
  rival.knows[1 - side] = segment.ack;
  if (!segment.ack)
    rival.said = core::to_bytes(segment.payload.first(std::min(segment.payload.size(), kMaxSaid)));
  rival.missing = segment.ack ? 0 : size_of(segment) - rival.said.size();
  rival.first_ns = now_ns_;
  rival.first_packet = packet_;
  rival.syns = 1;
  account(known);
}

// Whoever has sent a SYN does not say more in an older connection.
void Engine::go_on(Flow& known, const Prepared& packet) {
  if (packet.ordered.source_first != known.rival->client_first) return;
  const std::size_t side = known.client_first == packet.ordered.source_first ? 0 : 1;
  if (packet.tcp.rst || says_nothing(packet.tcp) ||
      known.halves[side].has_had(packet.tcp.sequence, size_of(packet.tcp)))
    return;
  known.rival.reset();
  known.contested = false;
}

// The rival's flow; null if no SYN of it was seen and the known one has ended without it.
Flow* Engine::give_way(Flow& known) {
  const Rival rival = std::move(*known.rival);
  if (!known.ended) end_for_another(known);
  const bool same_sides = rival.client_first == known.client_first;
  const Newcomer newcomer{known.key,
                          known.hash,
                          rival.client_first,
                          same_sides ? known.facts.client : known.facts.server,
                          same_sides ? known.facts.server : known.facts.client,
                          rival.first_ns,
                          rival.first_packet};
  table_.remove(known);
  Flow& flow = create(newcomer);
  flow.syn_seen = true;
  flow.facts.packets[rival.has_syn ? 0 : 1] = rival.syns;
  for (const std::size_t i : {0U, 1U}) {
    if (rival.knows[i]) flow.halves[i].start(rival.next[i]);
  }
  if (rival.said.empty() && rival.missing == 0) return &flow;
  Scene scene = scene_for(flow);
  Feeder feeder(*this, scene, flow, Direction::to_server);
  flow.halves[0].add({rival.next[0], rival.said, rival.missing, false, false, now_ns_}, feeder);
  account(flow);
  return &flow;
}

// Its time is over, and a SYN that nobody answered was the last that was heard.
Flow* Engine::forget(Flow& flow) {
  if (flow.contested && flow.rival->has_syn) return give_way(flow);
  table_.remove(flow);
  return nullptr;
}

Flow& Engine::start(const Prepared& packet) {
  const Endpoint source{packet.ip.source, packet.tcp.source_port};
  const Endpoint destination{packet.ip.destination, packet.tcp.destination_port};
  std::uint8_t looks = 0;
  const bool forward = source_is_client(packet.tcp, looks);
  return create({packet.ordered.key, packet.hash, forward == packet.ordered.source_first,
                 forward ? source : destination, forward ? destination : source, now_ns_, packet_,
                 !packet.tcp.syn, looks});
}

Flow& Engine::create(const Newcomer& newcomer) {
  make_room();
  Flow& flow = table_.create(newcomer.key, newcomer.hash);
  flow.client_first = newcomer.client_first;
  flow.looks_left = newcomer.looks;
  flow.facts.id = ++counters_.flows;
  flow.facts.client = newcomer.client;
  flow.facts.server = newcomer.server;
  flow.facts.first_ns = flow.facts.last_ns = newcomer.first_ns;
  flow.facts.first_packet = newcomer.first_packet;
  flow.facts.mid_stream = newcomer.mid_stream;
  Scene scene = scene_for(flow);
  scene.emit(Direction::to_server, FlowStart{});
  return flow;
}

}  // namespace wxsec::flow
