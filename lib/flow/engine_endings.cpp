// When is a connection over? Everybody on the path can send FIN and RST in the name of another,
// with any number: a receiver believes few of them, and an eavesdropper who believed all would be
// blind to what is said afterwards. So a direction ends when its FIN is acknowledged, and a flow
// when both have sent theirs; until that is certain, whoever goes on talking is still heard.
#include "lib/flow/engine.h"

#include <algorithm>

namespace wxsec::flow {
namespace {

constexpr std::int64_t kOnItsWayNs = 1'000'000'000;  // what was sent before an RST has come by then

}  // namespace

void Engine::reset(Flow& flow, Direction direction, const TcpSegment& segment) {
  if (flow.facts.ending != Ending::open) return;
  const HalfStream& half = flow.halves[index(direction)];
  if (!half.believes_reset(segment.sequence)) return;
  flow.facts.ending = Ending::reset;
  flow.closed_ns = now_ns_;
  flow.reset_by = direction;
  for (const std::size_t i : {0U, 1U}) flow.delivered_at_reset[i] = flow.halves[i].delivered();
  // What was sent before it may come after it.
  const std::int32_t ahead = sequence_distance(segment.sequence, half.next_sequence());
  if (half.started() && ahead > 0)
    flow.delivered_at_reset[index(direction)] += static_cast<std::uint32_t>(ahead);
}

// Whoever has reset a connection says no more in it and acknowledges nothing; and the other side
// stops as soon as it knows.
void Engine::reopen_if_alive(Flow& flow, Direction direction) {
  const std::size_t by = index(flow.reset_by);
  const bool other_spoke = flow.halves[1 - by].delivered() > flow.delivered_at_reset[1 - by];
  const bool alive = direction == flow.reset_by
                         ? flow.halves[by].delivered() > flow.delivered_at_reset[by] ||
                               flow.halves[1 - by].acknowledged() > flow.delivered_at_reset[1 - by]
                         : other_spoke && now_ns_ - flow.closed_ns > kOnItsWayNs;
  if (alive) flow.facts.ending = Ending::open;
}

void Engine::end_directions(Flow& flow) {
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    if (!flow.halves[index(direction)].over() || !flow.talk) continue;
    Scene scene = scene_for(flow);
    flow.talk->end(scene, direction);
  }
}

// Two FINs of which nobody took notice end the flow only if nothing follows for a while.
void Engine::close_if_over(Flow& flow) {
  end_directions(flow);
  const bool finished = flow.halves[0].finished() && flow.halves[1].finished();
  if (!finished) {
    if (flow.facts.ending == Ending::fin) flow.facts.ending = Ending::open;
    return;
  }
  if (flow.facts.ending == Ending::open) flow.closed_ns = now_ns_;
  flow.facts.ending = Ending::fin;
  if (flow.halves[0].over() || flow.halves[1].over()) end(flow, Ending::fin);
  table_.touch(flow, Standing::closed, packet_, now_ns_);
}

}  // namespace wxsec::flow
