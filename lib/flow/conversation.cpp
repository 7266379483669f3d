// Each direction is in one of five states:
//
//     guessing --yes--> dissecting <--resync-- lost        (after a gap, or nonsense)
//         |                 |  ^_________________|
//         no                +--its first bytes make no sense--> guessing, on its own
//         v
//      unknown --a hello or CONNECT begins--> dissecting   (STARTTLS; an upgrade)
//         +------a message is found---------> dissecting   (only where bytes are missing before)
//
// An end may turn out to be none: where data follows it, the direction is lost or unknown as
// before.
//
// A side that knows helps the other: an MQTT server's first bytes are believed to be MQTT because
// the client's were. But a TLS server answers a plaintext CONNECT with a TLS alert, so where the
// shared decoder fails at once, that side is guessed anew.
#include "lib/flow/conversation.h"

#include <algorithm>

#include "lib/flow/guess.h"
#include "lib/flow/http_dissector.h"
#include "lib/flow/mqtt_dissector.h"
#include "lib/flow/tls_dissector.h"
#include "lib/flow/websocket_dissector.h"
#include "lib/proto/proxy_header.h"
#include "lib/proto/tls_record.h"

namespace wxsec::flow {
namespace {

constexpr std::size_t kKeepCapacity = 4096;  // an empty tail may keep so much memory
constexpr unsigned kWatchSegments = 64;
constexpr std::size_t kSample = 512;

std::shared_ptr<Dissector> make_dissector(Protocol protocol) {
  switch (protocol) {
    case Protocol::mqtt: return std::make_shared<MqttDissector>();
    case Protocol::http: return std::make_shared<HttpDissector>();
    case Protocol::tls: return std::make_shared<TlsDissector>();
    case Protocol::websocket: return std::make_shared<WebSocketDissector>("");
    default: return nullptr;
  }
}

bool begins_with_tls_hello(core::ByteView bytes) {
  const proto::TlsRecordFrame frame = proto::peek_tls_record(bytes);
  if (frame.state != proto::FrameState::done || bytes.size() <= proto::kTlsHeaderSize) return false;
  const std::uint8_t first = bytes[proto::kTlsHeaderSize];
  return frame.record.type == proto::TlsContent::handshake && (first == 1 || first == 2);
}

void drop(core::Bytes& tail) {
  if (tail.capacity() > kKeepCapacity) {
    tail = core::Bytes();
  } else {
    tail.clear();
  }
}

}  // namespace

Verdict combine(Verdict a, Verdict b) {
  if (a == b || b == Verdict::unknown) return a;
  if (a == Verdict::unknown) return b;
  // Readable and compressed together is what HTTP does: readable.
  const bool encrypted = a == Verdict::encrypted || b == Verdict::encrypted ||
                         a == Verdict::mixed || b == Verdict::mixed;
  return encrypted ? Verdict::mixed : Verdict::plaintext;
}

void Conversation::set_protocol(Scene& scene, Protocol protocol) const {
  Protocol& place = layer_ == Layer::outer ? scene.facts->protocol : scene.facts->inner;
  if (place == Protocol::unknown) place = protocol;
}

void Conversation::data(Scene& scene, Direction direction, core::ByteView bytes) {
  Side& me = side(direction);
  if (me.skip > 0) {
    const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(me.skip, bytes.size()));
    me.skip -= skipped;
    bytes = bytes.subspan(skipped);
  }
  if (bytes.empty()) return;
  switch (me.state) {
    case State::guessing: return guess(scene, direction, bytes);
    case State::dissecting: return dissect(scene, direction, bytes);
    case State::lost: return search(scene, direction, bytes);
    case State::unknown: return unclaimed(scene, direction, bytes);
    case State::ended:
      me.state = me.dissector ? State::lost : State::unknown;
      return data(scene, direction, bytes);
  }
}

// A proxy may say first for whom it speaks, in a header that is no part of any protocol. False if
// there is nothing left to guess at (yet).
bool Conversation::begin(Direction direction, core::Bytes& all, core::ByteView& bytes) {
  Side& me = side(direction);
  if (!me.tail.empty()) {
    all = std::exchange(me.tail, {});
    all.insert(all.end(), bytes.begin(), bytes.end());
    bytes = all;
  }
  const proto::ProxyHeader header = proto::peek_proxy_header(bytes);
  if (header.state == proto::FrameState::need_more) {
    me.tail = core::to_bytes(bytes);
    return false;
  }
  me.begun = true;
  if (header.state == proto::FrameState::done) bytes = bytes.subspan(header.size);
  return !bytes.empty();
}

void Conversation::guess(Scene& scene, Direction direction, core::ByteView bytes) {
  Side& me = side(direction);
  core::Bytes first;
  if (!me.begun && direction == Direction::to_server && !begin(direction, first, bytes)) return;
  if (!me.own_way && other(direction).dissector) {
    me.dissector = other(direction).dissector;
    me.state = State::dissecting;
    return dissect(scene, direction, bytes);
  }
  if (!me.tail.empty() && begins_with_tls_hello(bytes)) {  // STARTTLS
    const core::Bytes before = std::exchange(me.tail, {});
    give_up(scene, direction, before);
    return unclaimed(scene, direction, bytes);
  }
  if (!me.tail.empty()) {
    me.tail.insert(me.tail.end(), bytes.begin(), bytes.end());
    bytes = me.tail;
  }
  const Guess found = guess_protocol(bytes);
  if (found.certainty == Certainty::yes) {
    decide(scene, direction, found.protocol);
    const core::Bytes all = me.tail.empty() ? core::Bytes() : std::exchange(me.tail, {});
    return dissect(scene, direction, all.empty() ? bytes : core::ByteView(all));
  }
  if (found.certainty == Certainty::no) return give_up(scene, direction, bytes);
  if (me.tail.empty()) me.tail = core::to_bytes(bytes);
}

void Conversation::decide(Scene& scene, Direction direction, Protocol protocol) {
  Side& me = side(direction);
  me.dissector = make_dissector(protocol);
  me.state = State::dissecting;
  me.recognised = true;
  set_protocol(scene, protocol);
}

void Conversation::give_up(Scene& scene, Direction direction, core::ByteView bytes) {
  Side& me = side(direction);
  me.state = State::unknown;
  const bool seeks = lacks_beginning(scene, me);
  const core::Bytes all = seeks ? core::to_bytes(bytes) : core::Bytes();
  const Found found = seeks ? locate(direction, all, 0, 0) : Found();
  if (found.beginning.sure) bytes = bytes.first(found.beginning.at);
  if (!bytes.empty()) tell_unknown(scene, direction, bytes);
  drop(me.tail);
  if (seeks) follow_up(scene, direction, found, all);
}

void Conversation::tell_unknown(Scene& scene, Direction direction, core::ByteView bytes) {
  Side& me = side(direction);
  const core::ByteView sample = bytes.first(std::min(bytes.size(), kSample));
  if (layer_ == Layer::outer) {
    me.watched = std::make_unique<Looks>(!me.lacks && !scene.facts->mid_stream);
    watch(me, bytes);
  } else {
    me.looks = judge_unknown(sample);
  }
  if (layer_ != Layer::carried) scene.emit(direction, UnknownData{sample});
}

void Conversation::dissect(Scene& scene, Direction direction, core::ByteView bytes) {
  Side& me = side(direction);
  const bool joined = !me.tail.empty();
  if (joined) {
    me.tail.insert(me.tail.end(), bytes.begin(), bytes.end());
    bytes = me.tail;
  }
  if (bytes.size() < me.need) {
    if (!joined) me.tail = core::to_bytes(bytes);
    return;
  }
  const Progress progress = me.dissector->consume(scene, direction, bytes);
  me.understood = me.understood || progress.consumed > 0;
  me.need = progress.need;
  me.skip = progress.skip;
  const core::ByteView rest = bytes.subspan(progress.consumed);
  if (progress.lost) return not_understood(scene, direction, rest);
  if (rest.empty()) return drop(me.tail);
  if (joined) {
    me.tail.erase(me.tail.begin(),
                  me.tail.begin() + static_cast<std::ptrdiff_t>(progress.consumed));
  } else {
    me.tail = core::to_bytes(rest);
  }
}

void Conversation::not_understood(Scene& scene, Direction direction, core::ByteView rest) {
  Side& me = side(direction);
  core::Bytes copy = core::to_bytes(rest);
  drop(me.tail);
  me.need = 0;
  me.state = State::lost;
  if (me.understood || me.own_way) {
    // Perhaps it was none of its messages, and one begins within.
    if (lacks_beginning(scene, me) && copy.size() > 1 && copy.size() <= kLongestSought)
      me.tail.assign(copy.begin() + 1, copy.end());
    return;
  }
  me.own_way = true;
  if (me.dissector != other(direction).dissector) me.dissector->leave(*scene.facts);
  me.dissector.reset();
  me.state = State::guessing;
  if (!copy.empty()) guess(scene, direction, copy);
}

void Conversation::watch(Side& me, core::ByteView bytes) {
  if (!me.watched) return;
  me.watched->add(bytes);
  if (me.watched->settled()) settle(me);
}

void Conversation::settle(Side& me) {
  if (!me.watched) return;
  me.looks = combine(me.looks, me.watched->verdict());
  me.watched.reset();
}

void Conversation::unclaimed(Scene& scene, Direction direction, core::ByteView bytes) {
  Side& me = side(direction);
  const bool watches = me.unknown_segments < kWatchSegments;
  if (watches) ++me.unknown_segments;
  if (watches && begins_with_tls_hello(bytes)) {
    const bool shared = other(direction).dissector != nullptr;
    return resume(scene, direction, shared ? Protocol::unknown : Protocol::tls, bytes);
  }
  if (watches && begins_with_connect(bytes) == Certainty::yes)
    return resume(scene, direction, Protocol::mqtt, bytes);
  watch(me, bytes);
  if (lacks_beginning(scene, me)) search(scene, direction, bytes);
}

void Conversation::gap(Scene& scene, Direction direction, std::uint64_t bytes) {
  Side& me = side(direction);
  if (me.skip > 0) {
    const std::uint64_t skipped = std::min(me.skip, bytes);
    me.skip -= skipped;
    bytes -= skipped;
  }
  if (bytes == 0) return;
  me.lacks = true;
  search_once_more(scene, direction);
  if (me.watched) me.watched->lose();
  if (me.state == State::dissecting) {
    const Recovery recovery = me.dissector->lose(scene, direction, me.tail, bytes);
    me.state = recovery.in_step ? State::dissecting : State::lost;
    me.skip = recovery.skip;
    me.need = 0;
  } else if (me.state == State::lost) {
    me.dissector->lose(scene, direction, {}, bytes);
  } else if (me.state == State::guessing) {
    lose_beginning(scene, direction, bytes);
  }
  drop(me.tail);
}

// Whoever reads the other side will be asked to read this one, too, and should know.
void Conversation::lose_beginning(Scene& scene, Direction direction, std::uint64_t bytes) {
  Side& me = side(direction);
  if (!me.own_way && other(direction).dissector)
    other(direction).dissector->lose(scene, direction, {}, bytes);
  if (me.tail.empty()) return;
  const core::ByteView sample = core::ByteView(me.tail).first(std::min(me.tail.size(), kSample));
  me.looks = combine(me.looks, judge_unknown(sample));
  if (layer_ != Layer::carried) scene.emit(direction, UnknownData{sample});
}

void Conversation::end(Scene& scene, Direction direction) {
  Side& me = side(direction);
  if (me.state == State::ended) return;
  if (me.state == State::guessing && !me.tail.empty()) {
    const core::Bytes all = std::exchange(me.tail, {});
    give_up(scene, direction, all);
  }
  search_once_more(scene, direction);
  if (me.dissector)
    me.dissector->end(scene, direction,
                      me.state == State::dissecting ? core::ByteView(me.tail) : core::ByteView());
  settle(me);
  drop(me.tail);
  me.state = State::ended;
}

void Conversation::keys_grew(Scene& scene) {
  if (sides_[0].dissector) sides_[0].dissector->keys_grew(scene);
  if (sides_[1].dissector && sides_[1].dissector != sides_[0].dissector)
    sides_[1].dissector->keys_grew(scene);
}

Verdict Conversation::verdict() const {
  Verdict verdict = Verdict::unknown;
  for (const Side& one : sides_) {
    verdict = combine(verdict, one.looks);
    if (one.watched) verdict = combine(verdict, one.watched->verdict());
    if (one.dissector && (one.understood || one.recognised))
      verdict = combine(verdict, one.dissector->verdict());
  }
  return verdict;
}

std::size_t Conversation::held() const {
  std::size_t total = sizeof(*this);
  for (const Side& one : sides_)
    total += one.tail.capacity() + (one.watched ? sizeof(Looks) : std::size_t{0});
  if (sides_[0].dissector) total += sides_[0].dissector->held();
  if (sides_[1].dissector && sides_[1].dissector != sides_[0].dissector)
    total += sides_[1].dissector->held();
  return total;
}

void Conversation::shed(Scene& scene) {
  if (sides_[0].dissector) sides_[0].dissector->shed(scene);
  if (sides_[1].dissector && sides_[1].dissector != sides_[0].dissector)
    sides_[1].dissector->shed(scene);
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    Side& me = side(direction);
    settle(me);
    if (me.tail.empty()) continue;
    if (me.state == State::guessing) {
      const core::Bytes copy = me.tail;
      give_up(scene, direction, copy);
      settle(me);
    } else if (me.state == State::dissecting) {
      me.dissector->lose(scene, direction, me.tail, kUnknownSize);
      me.state = State::lost;
    }
    me.need = 0;
    me.tail = core::Bytes();
  }
}

}  // namespace wxsec::flow
