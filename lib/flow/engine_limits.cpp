// What keeps an engine within its limits: whatever strangers send, there are no more flows than it
// may have, they hold no more bytes together, and none lives on after its time.
#include "lib/flow/engine.h"
#include "lib/flow/engine_feeder.h"

namespace wxsec::flow {

void Engine::make_room() {
  while (table_.full()) {
    Flow* const victim = table_.least_useful();
    if (!victim->ended) {
      ++counters_.evicted;
      end(*victim, Ending::evicted);
    }
    table_.remove(*victim);
  }
}

void Engine::account(Flow& flow) {
  if (flow.ended) return;
  const std::size_t now = flow.halves[0].held() + flow.halves[1].held() +
                          (flow.talk ? flow.talk->held() : 0) +
                          (flow.contested ? flow.rival->held() : 0);
  held_ += now - flow.held;
  flow.held = now;
  if (held_ > limits_.max_held && !finishing_) relieve(flow);
}

// Whoever holds much gives up what it can, or else the one that was silent for longest. Where that
// is not enough the latter is forgotten, so that whatever many flows do, together they hold no
// more.
void Engine::relieve(Flow& greedy) {
  Flow* oldest = table_.oldest(Standing::talking);
  if (oldest == &greedy) oldest = greedy.newer;
  if (greedy.held > limits_.max_held / 64) shed(greedy);
  if (held_ <= limits_.max_held || oldest == nullptr || oldest->ended) return;
  shed(*oldest);
  if (held_ <= limits_.max_held) return;
  ++counters_.evicted;
  end(*oldest, Ending::evicted);
  table_.remove(*oldest);
}

void Engine::shed(Flow& flow) {
  flow.rival.reset();
  flow.contested = false;
  Scene scene = scene_for(flow);
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    Feeder feeder(*this, scene, flow, direction);
    flow.halves[index(direction)].flush(feeder);
  }
  if (flow.talk) flow.talk->shed(scene);
  const std::size_t after = flow.talk ? flow.talk->held() : 0;
  held_ += after - flow.held;
  flow.held = after;
}

// A few at a time, so that no packet pays for many.
void Engine::expire() {
  for (unsigned i = 0; i < 4 * kExpireEvery; ++i) {
    Flow* flow = table_.oldest(Standing::closed);
    if (flow != nullptr && now_ns_ - flow->closed_ns > limits_.closed_ns) {
      if (!flow->ended) end(*flow, flow->facts.ending);
      forget(*flow);
      continue;
    }
    flow = table_.oldest(Standing::silent);
    bool old = flow != nullptr && now_ns_ - flow->facts.last_ns > limits_.silent_idle_ns;
    if (!old) {
      flow = table_.oldest(Standing::talking);
      old = flow != nullptr && now_ns_ - flow->facts.last_ns > limits_.idle_ns;
    }
    if (!old) return;
    end(*flow, Ending::expired);
    forget(*flow);
  }
}

}  // namespace wxsec::flow
