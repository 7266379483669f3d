// Heads and bodies alternate. Where a body ends depends on its head, and for a response also on the
// method that it answers, so requests wait until their response comes. After "101
// Switching Protocols" or a successful CONNECT the connection is HTTP no more.
#include "lib/flow/http_dissector.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/flow/inflate_budget.h"
#include "lib/flow/websocket_dissector.h"

namespace wxsec::flow {
namespace {

constexpr std::size_t kMaxBody = 256 * 1024;      // kept of a body; the rest is counted
constexpr std::size_t kWholeMessage = 64 * 1024;  // up to here a message is waited for, not copied
constexpr std::size_t kMaxRaw = 4096;
constexpr std::size_t kRoomForEnd = 4;         // of a head
constexpr std::uint64_t kReserved = 8 * 1024;  // for a body, on the word of its sender
constexpr std::size_t kReused = 16 * 1024;     // of a body's memory, for the next one

// RFC 9112 6.1: what was put on last, for the transfer, comes off first.
proto::Inflated undo_codings(const proto::HttpHead& head, core::ByteView body, std::size_t limit) {
  auto transfer = proto::inflate_body(body, head.list("transfer-encoding"), limit);
  limit -= std::min(limit, transfer.made);
  auto content = proto::inflate_body(transfer.body ? core::ByteView(*transfer.body) : body,
                                     head.list("content-encoding"), limit);
  content.made += transfer.made;
  content.cut = content.cut || transfer.cut;
  if (!content.body) content.body = std::move(transfer.body);
  return content;
}

// A head that names a coding which we would undo. Most name none.
bool is_coded(const proto::HttpHead& head) {
  return !head.field("content-encoding").empty() || !head.field("transfer-encoding").empty();
}

// Does the next response begin here? `need_more`: perhaps.
proto::FrameState begins_response(core::ByteView bytes) {
  if (bytes.empty()) return proto::FrameState::need_more;
  return bytes[0] == 'H' ? proto::looks_like_http(bytes) : proto::FrameState::bad;
}

// Where it is not known what a response answers it may be a HEAD, and then the next response comes
// where the body would.
proto::HttpBodyFraming framing_of(const proto::HttpHead& head, std::string_view request_method,
                                  core::ByteView rest, bool unasked) {
  if (unasked && begins_response(rest) == proto::FrameState::done) return {};
  return proto::http_body_framing(head, request_method);
}

bool has_line_end(core::ByteView bytes) {
  return std::find(bytes.begin(), bytes.end(), '\n') != bytes.end();
}

bool is_printable(core::ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](std::uint8_t byte) { return byte >= 0x20 || byte == '\r'; });
}

// An empty line whose end is in `bytes` from `from` on.
bool has_empty_line(core::ByteView bytes, std::size_t from) {
  constexpr std::size_t kBefore = 2;  // what of it may stand before `from`
  const std::string_view text = core::as_text(bytes.subspan(from - std::min(from, kBefore)));
  return text.find("\n\n") != std::string_view::npos ||
         text.find("\n\r\n") != std::string_view::npos;
}

}  // namespace

// Responses are then still read as the methods demand; what they answer is not told.
void HttpDissector::shed(Scene& scene) {
  requests_.forget_targets();
  if (after_) after_->shed(scene);
  if (tunnel_) tunnel_->shed(scene);
  count_held();
}

// `out` comes with the body and what is said of it, as sent.
void HttpDissector::message(Scene& scene, Direction direction, const proto::HttpHead& head,
                            const Request& answers, HttpMessage& out) {
  ++scene.facts->messages;
  proto::Inflated inflated;
  if (!out.body.empty() && is_coded(head)) {
    const std::size_t room = may_inflate(scene, inflated_);
    inflated = undo_codings(head, out.body, std::min(kMaxBody, room));
    count_inflated(scene, inflated_, inflated.made);
    out.truncated = out.truncated || inflated.cut || room == 0;
  }
  out.head = &head;
  out.request_method = answers.method;
  out.request_target = answers.target;
  if (inflated.body) {
    out.body = *inflated.body;
    out.behind_gaps = {};  // nothing to begin with: they are compressed
  }
  out.raw = out.raw.first(std::min(out.raw.size(), kMaxRaw));
  scene.emit(direction, out);
  if (!head.request) maybe_upgrade(head, answers);
}

void HttpDissector::begin_body(Scene& scene, Direction direction, core::ByteView head,
                               const proto::HttpBodyFraming& framing, Request answers) {
  auto body = std::make_unique<Unfinished>();
  body->head_bytes = core::to_bytes(head);
  body->head.fields.reserve(scene.scratch->http_head.fields.size());
  body->body = std::exchange(scene.scratch->http_body, {});
  proto::decode_http_head(body->head_bytes, body->head);
  body->framing = framing;
  body->answers = std::move(answers);
  if (framing.kind == proto::HttpBodyKind::length)
    body->body.reserve(static_cast<std::size_t>(std::min(framing.length, kReserved)));
  unfinished_[index(direction)] = std::move(body);
}

Progress HttpDissector::begin_message(Scene& scene, Direction direction, core::ByteView bytes) {
  // RFC 9112 2.2: empty lines before a start line are ignored.
  if (bytes[0] == '\r' || bytes[0] == '\n') return {1};
  // Of a head that comes slowly only what is new is looked at.
  Seen& seen = seen_[index(direction)];
  if (seen.bytes > bytes.size()) seen = {};  // those were others
  const bool nothing_new =
      seen.start_line && bytes.size() < proto::kMaxHttpHead && !has_empty_line(bytes, seen.bytes);
  proto::HttpHead& head = scene.scratch->http_head;
  const proto::FrameState state =
      nothing_new ? proto::FrameState::need_more : proto::decode_http_head(bytes, head);
  if (state != proto::FrameState::done)
    return waits_for_head(scene, direction, bytes, state == proto::FrameState::bad);
  seen = {};
  Request answers;
  if (!head.request) answers = requests_.take(head);
  const bool unasked = !head.request && answers.method.empty();
  const proto::HttpBodyFraming framing =
      framing_of(head, answers.method, bytes.subspan(head.size), unasked);
  if (head.request) {
    requests_.add(head, scene.packet);
    note_upgrade(head);
  }
  kinds_[index(direction)] = head.request ? HttpKind::request : HttpKind::response;
  if (framing.kind == proto::HttpBodyKind::unknown)
    return unframed(scene, direction, bytes, head, answers);
  const bool fits = framing.kind == proto::HttpBodyKind::none ||
                    (framing.kind == proto::HttpBodyKind::length &&
                     framing.length <= kWholeMessage && head.size + framing.length <= bytes.size());
  if (fits) {
    const auto length = static_cast<std::size_t>(framing.length);
    HttpMessage out;
    out.body = bytes.subspan(head.size, length);
    out.body_size = length;
    out.raw = bytes.first(head.size + length);
    message(scene, direction, head, answers, out);
    requests_.give_back(std::move(answers));
    return {head.size + length};
  }
  const std::size_t size = head.size;
  begin_body(scene, direction, bytes.first(size), framing, std::move(answers));
  in_body(direction)->perhaps_head = unasked;
  return {size};
}

Progress HttpDissector::waits_for_head(Scene& scene, Direction direction, core::ByteView bytes,
                                       bool bad) {
  Seen& seen = seen_[index(direction)];
  if (bad && bytes.size() >= proto::kMaxHttpHead) {
    // Too long: what is there of it is readable nevertheless.
    seen = {};
    cut_head(scene, direction, bytes.first(proto::kMaxHttpHead - kRoomForEnd));
    return {bytes.size(), 0, 0, true};
  }
  if (bad) return not_http(direction, bytes);
  const core::ByteView fresh = bytes.subspan(std::min<std::size_t>(seen.bytes, bytes.size()));
  const bool goes_on = seen.bytes > 0 && !has_line_end(fresh) && is_printable(fresh);
  const bool hopeless =
      !seen.start_line && !goes_on && proto::looks_like_http(bytes) == proto::FrameState::bad;
  seen.start_line = seen.start_line || has_line_end(fresh);
  seen.bytes = static_cast<std::uint32_t>(bytes.size());
  return hopeless ? not_http(direction, bytes) : Progress{0, bytes.size() + 1};
}

// RFC 9112 6.3: with such a Content-Length nobody knows where the message ends.
Progress HttpDissector::unframed(Scene& scene, Direction direction, core::ByteView bytes,
                                 const proto::HttpHead& head, const Request& answers) {
  const core::ByteView rest = bytes.subspan(head.size);
  const std::size_t size = proto::find_http_start_line(rest, head.request);
  HttpMessage out;
  out.body = rest.first(std::min(size, kMaxBody));
  out.body_size = size;
  out.incomplete = true;
  out.raw = bytes.first(head.size + size);
  const std::size_t consumed = head.size + size;
  message(scene, direction, head, answers, out);
  lose_order(scene, direction);
  return {consumed, 0, 0, size == rest.size()};
}

core::ByteView HttpDissector::Unfinished::part(std::size_t i) const {
  const std::size_t begin = i == 0 ? 0 : gaps[i - 1];
  const std::size_t end = i == gaps.size() ? body.size() : gaps[i];
  return core::ByteView(body).subspan(begin, end - begin);
}

// Nobody knows what stood in a gap, so what is shown ends there: its two sides together would be
// something that was never sent.
void HttpDissector::finish_body(Scene& scene, Direction direction, bool incomplete) {
  const std::unique_ptr<Unfinished> whole = std::move(unfinished_[index(direction)]);
  HttpMessage out;
  out.body = whole->part(0);
  out.body_size = whole->body_size;
  out.truncated = whole->body.size() >= kMaxBody && whole->body.size() < whole->body_size;
  out.incomplete = incomplete || whole->damaged;
  std::vector<core::ByteView> parts;
  for (std::size_t i = 1; i <= whole->gaps.size(); ++i) parts.push_back(whole->part(i));
  out.behind_gaps = parts;
  core::Bytes& raw = scene.scratch->http_raw;
  raw.assign(whole->head_bytes.begin(), whole->head_bytes.end());
  const std::size_t room = kMaxRaw - std::min(kMaxRaw, raw.size());
  const core::ByteView more = out.body.first(std::min(room, out.body.size()));
  raw.insert(raw.end(), more.begin(), more.end());
  out.raw = raw;
  message(scene, direction, whole->head, whole->answers, out);
  if (whole->body.capacity() > kReused) return;
  whole->body.clear();
  scene.scratch->http_body = std::move(whole->body);
}

// The connection ended within a head: its whole lines, and the beginning of the last, were
// readable.
void HttpDissector::cut_head(Scene& scene, Direction direction, core::ByteView tail) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  core::Bytes whole = core::to_bytes(tail);
  whole.insert(whole.end(), kEnd.begin(), kEnd.end());
  proto::HttpHead head;
  if (proto::decode_http_head(whole, head) != proto::FrameState::done) return;
  Request answers;
  if (head.request) {
    requests_.add(head, scene.packet);
  } else {
    answers = requests_.take(head);
  }
  HttpMessage out;
  out.incomplete = true;
  out.raw = core::ByteView(whole).first(tail.size());
  message(scene, direction, head, answers, out);
}

Progress HttpDissector::body_bytes(Scene& scene, Direction direction, core::ByteView bytes) {
  Unfinished& side = *in_body(direction);
  if (side.perhaps_head) {
    const proto::FrameState next = begins_response(bytes);
    if (next == proto::FrameState::need_more) return {0, bytes.size() + 1};
    side.perhaps_head = false;
    if (next == proto::FrameState::done) {
      finish_body(scene, direction, false);
      return {};
    }
  }
  if (side.framing.kind == proto::HttpBodyKind::chunked) {
    std::size_t eaten = 0;
    const proto::FrameState state = side.chunks.feed(bytes, eaten, side.body, kMaxBody);
    side.body_size = side.chunks.content_size();
    if (state != proto::FrameState::need_more)
      finish_body(scene, direction, state == proto::FrameState::bad);
    return {eaten, 0, 0, state == proto::FrameState::bad};
  }
  core::ByteView part = bytes;
  if (side.framing.kind == proto::HttpBodyKind::length)
    part = bytes.first(static_cast<std::size_t>(
        std::min<std::uint64_t>(bytes.size(), side.framing.length - side.body_size)));
  const core::ByteView kept = part.first(std::min(part.size(), kMaxBody - side.body.size()));
  side.body.insert(side.body.end(), kept.begin(), kept.end());
  side.body_size += part.size();
  if (side.framing.kind == proto::HttpBodyKind::length && side.body_size == side.framing.length)
    finish_body(scene, direction, false);
  return {part.size()};
}

Progress HttpDissector::consume(Scene& scene, Direction direction, core::ByteView bytes) {
  const Progress progress = messages(scene, direction, bytes);
  count_held();
  return progress;
}

Progress HttpDissector::messages(Scene& scene, Direction direction, core::ByteView bytes) {
  Progress total;
  while (!bytes.empty()) {
    if (tunnel_) {
      tunnel_->data(scene, direction, bytes);
      total.consumed += bytes.size();
      return total;
    }
    Progress step;
    if (after_ && !late_answer(direction, bytes)) {
      step = after_->consume(scene, direction, bytes);
      step.consumed += total.consumed;
      return step;
    }
    step = in_body(direction) != nullptr ? body_bytes(scene, direction, bytes)
                                         : begin_message(scene, direction, bytes);
    total.consumed += step.consumed;
    total.need = step.need;
    total.lost = step.lost;
    if (step.lost) lose_order(scene, direction);
    const bool again = step.consumed == 0 && step.need == 0;  // the same bytes, another message
    if ((step.consumed == 0 && !again) || step.lost) return total;
    bytes = bytes.subspan(step.consumed);
  }
  return total;
}

Recovery HttpDissector::lose(Scene& scene, Direction direction, core::ByteView tail,
                             std::uint64_t gap) {
  const Recovery recovery = skip_hole(scene, direction, tail, gap);
  count_held();
  return recovery;
}

// From here on, which request a response answers is in doubt.
void HttpDissector::lose_order(Scene& scene, Direction direction) {
  seen_[index(direction)] = {};
  if (direction == Direction::to_server) return requests_.lost_requests(scene.packet);
  requests_.lost_responses(in_body(direction) == nullptr);
}

// Inside a body of known length a hole is counted and survived.
Recovery HttpDissector::skip_hole(Scene& scene, Direction direction, core::ByteView tail,
                                  std::uint64_t gap) {
  if (tunnel_) {
    tunnel_->gap(scene, direction, gap);
    return {true, 0};
  }
  if (after_) return after_->lose(scene, direction, tail, gap);
  if (in_body(direction) == nullptr) {
    lose_order(scene, direction);
    return {};
  }
  Unfinished& side = *in_body(direction);
  side.body_size += tail.size();  // at its beginning, and too short to tell what it is
  side.perhaps_head = false;
  side.lacks();
  const bool known = side.framing.kind == proto::HttpBodyKind::length;
  if (known && side.body_size + gap < side.framing.length) {
    side.body_size += gap;
    return {true, 0};
  }
  const bool exact = known && side.body_size + gap == side.framing.length;
  if (known) side.body_size = side.framing.length;
  if (side.framing.kind == proto::HttpBodyKind::until_close) return {true, 0};
  if (!exact) lose_order(scene, direction);
  finish_body(scene, direction, true);
  return {exact, 0};
}

bool HttpDissector::resync(Direction direction, core::ByteView segment) {
  seen_[index(direction)] = {};  // of bytes that are gone
  if (after_) return after_->resync(direction, segment);
  return proto::looks_like_http(segment) == proto::FrameState::done ||
         frame_at_front(direction, segment).sure;
}

HttpKind HttpDissector::kind_of(Direction direction) const {
  const HttpKind mine = kinds_[index(direction)];
  if (mine != HttpKind::any) return mine;
  switch (kinds_[1 - index(direction)]) {
    case HttpKind::request: return HttpKind::response;
    case HttpKind::response: return HttpKind::request;
    default: return HttpKind::any;
  }
}

Beginning HttpDissector::find(Direction direction, core::ByteView bytes) {
  seen_[index(direction)] = {};  // of bytes that are gone
  if (after_) return after_->find(direction, bytes);
  const Beginning message = find_http(bytes, kind_of(direction));
  if (message.sure || !asked_for_websocket_) return message;
  return find_websocket(bytes, asked_habits(direction), Surroundings::known);
}

void HttpDissector::end(Scene& scene, Direction direction, core::ByteView tail) {
  if (tunnel_) return tunnel_->end(scene, direction);
  if (after_) return after_->end(scene, direction, tail);
  if (Unfinished* const body = in_body(direction); body != nullptr && !tail.empty()) {
    body->perhaps_head = false;  // they are too few to begin another response
    body_bytes(scene, direction, std::exchange(tail, {}));
  }
  if (const Unfinished* const body = in_body(direction)) {
    finish_body(scene, direction, body->framing.kind != proto::HttpBodyKind::until_close);
  } else if (!tail.empty()) {
    cut_head(scene, direction, tail);
  }
  count_held();
}

Verdict HttpDissector::verdict() const {
  return tunnel_ ? combine(Verdict::plaintext, tunnel_->verdict()) : Verdict::plaintext;
}

void HttpDissector::count_held() {
  std::size_t total = requests_.held() + (tunnel_ ? tunnel_->held() : 0);
  if (after_) total += after_->held();
  for (const auto& one : unfinished_) {
    if (one)
      total += sizeof(*one) + one->body.capacity() + one->head_bytes.capacity() +
               one->gaps.capacity() * sizeof(std::size_t) +
               one->head.fields.capacity() * sizeof(proto::HttpField);
  }
  holds(total);
}

}  // namespace wxsec::flow
