// The part of a conversation that looks for the next message where bytes are missing: behind a hole
// (the decoder is known), or in a direction of which the capture has not the beginning (the decoder
// may not even be known, but perhaps the other side's is). Bytes are kept only from where a message
// may begin. A stream that was seen whole is never searched: what nobody claims there is no message
// of anybody.
#include <algorithm>
#include <array>

#include "lib/flow/conversation.h"
#include "lib/flow/guess.h"

namespace wxsec::flow {
namespace {

// With so many bytes in hand of a search that wants `need`: not with every byte that comes, so that
// the work stays linear, and not only when all is there, for it may have been the wrong place.
std::size_t next_look(std::size_t have, std::size_t need) {
  constexpr std::size_t kFew = 4096;
  const std::size_t later = have + have / 4;
  return have <= kFew ? std::min(need, later + 64) : later;
}

}  // namespace

bool Conversation::lacks_beginning(const Scene& scene, const Side& me) {
  return me.lacks || scene.facts->mid_stream;
}

bool Conversation::other_speaks(Direction direction) const {
  const Side& it = sides_[1 - index(direction)];
  return it.dissector && (it.understood || it.recognised);
}

// Where a segment begins a message often begins, too, and less evidence is enough.
Conversation::Found Conversation::at_segment_start(Direction direction,
                                                   core::ByteView segment) const {
  const Side& me = sides_[index(direction)];
  const Side& it = sides_[1 - index(direction)];
  Dissector* const known = me.dissector              ? me.dissector.get()
                           : other_speaks(direction) ? it.dissector.get()
                                                     : nullptr;
  if (known != nullptr) return {Protocol::unknown, {0, known->resync(direction, segment), 0}};
  const Guess guess = guess_protocol(segment);
  if (guess.certainty == Certainty::yes && guess.protocol != Protocol::tls)
    return {guess.protocol, {0, true, 0}};
  const WebSocketHabits habits{direction == Direction::to_server, false};
  const Beginning frame = websocket_at_front(segment, habits, Surroundings::unknown);
  return {Protocol::websocket, {0, frame.sure, 0}};
}

Conversation::Found Conversation::find(Direction direction, core::ByteView bytes) const {
  const Side& me = sides_[index(direction)];
  if (me.dissector) return {Protocol::unknown, me.dissector->find(direction, bytes)};
  if (other_speaks(direction))
    return {Protocol::unknown, sides_[1 - index(direction)].dissector->find(direction, bytes)};
  const std::array<Found, 3> all = {{
      {Protocol::http, find_http(bytes, HttpKind::any)},
      {Protocol::mqtt, find_mqtt(bytes, proto::MqttVersion::unknown, Surroundings::unknown)},
      {Protocol::tls, find_tls(bytes, 0, Surroundings::unknown)},
  }};
  return *std::min_element(all.begin(), all.end(), [](const Found& a, const Found& b) {
    if (a.beginning.sure != b.beginning.sure) return a.beginning.sure;
    return a.beginning.at < b.beginning.at;
  });
}

// In `all` a segment begins at `before`; less than `need` bytes were looked at in vain.
Conversation::Found Conversation::locate(Direction direction, core::ByteView all,
                                         std::size_t before, std::size_t need) const {
  Found start = at_segment_start(direction, all.subspan(before));
  start.beginning.at = before;
  if (before == 0 && start.beginning.sure) return start;
  Found found;
  found.beginning.need = need;
  if (all.size() >= need) found = find(direction, all);
  return !found.beginning.sure && start.beginning.sure ? start : found;
}

// `all` is not part of the tail.
void Conversation::follow_up(Scene& scene, Direction direction, const Found& found,
                             core::ByteView all) {
  Side& me = side(direction);
  const core::ByteView rest = all.subspan(found.beginning.at);
  if (found.beginning.sure) return resume(scene, direction, found.protocol, rest);
  me.need = next_look(rest.size(), found.beginning.need);
  if (rest.size() <= kLongestSought) me.tail = core::to_bytes(rest);
}

void Conversation::search(Scene& scene, Direction direction, core::ByteView bytes) {
  Side& me = side(direction);
  if (!lacks_beginning(scene, me)) {
    if (me.dissector->resync(direction, bytes)) resume(scene, direction, Protocol::unknown, bytes);
    return;
  }
  const std::size_t before = me.tail.size();
  core::Bytes all = std::exchange(me.tail, {});
  all.insert(all.end(), bytes.begin(), bytes.end());
  follow_up(scene, direction, locate(direction, all, before, me.need), all);
}

// No more bytes will come to make it sure.
void Conversation::search_once_more(Scene& scene, Direction direction) {
  Side& me = side(direction);
  if (me.tail.empty() || (me.state != State::lost && me.state != State::unknown)) return;
  const core::Bytes all = std::exchange(me.tail, {});
  const Found found = find(direction, all);
  if (found.beginning.sure)
    resume(scene, direction, found.protocol, core::ByteView(all).subspan(found.beginning.at));
}

// `bytes` are not part of the tail.
void Conversation::resume(Scene& scene, Direction direction, Protocol protocol,
                          core::ByteView bytes) {
  Side& me = side(direction);
  settle(me);
  me.need = 0;
  me.tail = core::Bytes();
  if (protocol != Protocol::unknown) decide(scene, direction, protocol);
  if (!me.dissector) me.dissector = other(direction).dissector;
  me.state = State::dissecting;
  dissect(scene, direction, bytes);
}

}  // namespace wxsec::flow
