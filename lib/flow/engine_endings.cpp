// When is a connection over? Everybody on the path can send FIN and RST in the name of another,
// with any number: a receiver believes few of them, and an eavesdropper who believed all would be
// blind to what is said afterwards. So a direction ends when its FIN is acknowledged, and a flow
// when both have sent theirs; until that is certain, whoever goes on talking is still heard.
#include "lib/flow/engine.h"

namespace wxsec::flow {

void Engine::end_directions(Flow& flow) {
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    if (!flow.halves[index(direction)].over() || !flow.talk) continue;
    Scene scene = scene_for(flow);
    flow.talk->end(scene, direction);
  }
}

// Two FINs of which nobody took notice end the flow only if nothing follows for a while.
void Engine::close_if_over(Flow& flow) {
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
