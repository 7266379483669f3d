// Heads and bodies alternate. Where a body ends depends on its head, and for a response also on the
// method that it answers, so requests wait in a queue until their response comes. After "101
// Switching Protocols" or a successful CONNECT the connection is HTTP no more.
#include "lib/flow/http_dissector.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/flow/websocket_dissector.h"

namespace wxsec::flow {
namespace {

constexpr std::size_t kMaxBody = 256 * 1024;      // kept of a body; the rest is counted
constexpr std::size_t kWholeMessage = 64 * 1024;  // up to here a message is waited for, not copied
constexpr std::size_t kMaxWaitingRequests = 256;
constexpr std::size_t kMaxRaw = 4096;
constexpr std::uint64_t kReserved = 8 * 1024;  // for a body, on the word of its sender
constexpr std::size_t kShortTarget = 256;      // its memory is kept for the next one
constexpr std::size_t kReused = 16 * 1024;     // of a body's memory, for the next one

// RFC 9112 6.1: what was put on last, for the transfer, comes off first.
std::optional<core::Bytes> undo_codings(const proto::HttpHead& head, core::ByteView body) {
  auto inflated = proto::inflate_body(body, head.field("transfer-encoding"), kMaxBody);
  auto content = proto::inflate_body(inflated ? core::ByteView(*inflated) : body,
                                     head.field("content-encoding"), kMaxBody);
  return content ? std::move(content) : std::move(inflated);
}

}  // namespace

HttpDissector::Request HttpDissector::take_request(const proto::HttpHead& response) {
  if (requests_.empty()) return {};
  // RFC 9110 15.2: an interim response; the final one is yet to come.
  if (response.status < 200 && response.status != 101) return requests_.front();
  Request answered = std::move(requests_.front());
  requests_.erase(requests_.begin());
  return answered;
}

void HttpDissector::keep_request(const proto::HttpHead& request) {
  if (requests_.size() == kMaxWaitingRequests) return;
  Request& one = requests_.emplace_back(std::move(spare_));
  one.method = request.method;
  one.target = request.target;
}

void HttpDissector::maybe_upgrade(const proto::HttpHead& response, const Request& answers) {
  if (response.status == 101 && proto::equals_ignoring_case(response.field("upgrade"), "websocket"))
    after_ = std::make_unique<WebSocketDissector>(response.field("sec-websocket-extensions"));
  if (answers.method == "CONNECT" && response.status >= 200 && response.status < 300)
    tunnel_ = std::make_unique<Conversation>(Layer::inner);
}

void HttpDissector::message(Scene& scene, Direction direction, const proto::HttpHead& head,
                            const Request& answers, core::ByteView body, std::uint64_t body_size,
                            bool incomplete, core::ByteView raw) {
  ++scene.facts->messages;
  const auto inflated = body.empty() ? std::nullopt : undo_codings(head, body);
  HttpMessage out;
  out.head = &head;
  out.request_method = answers.method;
  out.request_target = answers.target;
  out.body = inflated ? core::ByteView(*inflated) : body;
  out.body_size = body_size;
  out.truncated = body.size() < body_size && body.size() >= kMaxBody;
  out.incomplete = incomplete;
  out.raw = raw.first(std::min(raw.size(), kMaxRaw));
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
  proto::HttpHead& head = scene.scratch->http_head;
  const proto::FrameState state = proto::decode_http_head(bytes, head);
  if (state == proto::FrameState::bad) return {0, 0, 0, true};
  if (state == proto::FrameState::need_more) {
    const bool hopeless = proto::looks_like_http(bytes) == proto::FrameState::bad;
    return {0, bytes.size() + 1, 0, hopeless};
  }
  Request answers;
  if (!head.request) answers = take_request(head);
  const proto::HttpBodyFraming framing = proto::http_body_framing(head, answers.method);
  const bool fits = framing.kind == proto::HttpBodyKind::none ||
                    (framing.kind == proto::HttpBodyKind::length &&
                     framing.length <= kWholeMessage && head.size + framing.length <= bytes.size());
  if (head.request) keep_request(head);
  if (fits) {
    const auto length = static_cast<std::size_t>(framing.length);
    message(scene, direction, head, answers, bytes.subspan(head.size, length), length, false,
            bytes.first(head.size + length));
    if (answers.target.capacity() <= kShortTarget) spare_ = std::move(answers);
    return {head.size + length};
  }
  const std::size_t size = head.size;
  begin_body(scene, direction, bytes.first(size), framing, std::move(answers));
  return {size};
}

void HttpDissector::finish_body(Scene& scene, Direction direction, bool incomplete) {
  const std::unique_ptr<Unfinished> whole = std::move(unfinished_[index(direction)]);
  core::Bytes& raw = scene.scratch->http_raw;
  raw.assign(whole->head_bytes.begin(), whole->head_bytes.end());
  const std::size_t room = kMaxRaw - std::min(kMaxRaw, raw.size());
  const core::ByteView more = core::ByteView(whole->body).first(std::min(room, whole->body.size()));
  raw.insert(raw.end(), more.begin(), more.end());
  message(scene, direction, whole->head, whole->answers, whole->body, whole->body_size,
          incomplete || whole->damaged, raw);
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
  if (!head.request) answers = take_request(head);
  message(scene, direction, head, answers, {}, 0, true, core::ByteView(whole).first(tail.size()));
}

Progress HttpDissector::body_bytes(Scene& scene, Direction direction, core::ByteView bytes) {
  Unfinished& side = *in_body(direction);
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
    if (after_) {
      step = after_->consume(scene, direction, bytes);
      step.consumed += total.consumed;
      return step;
    }
    step = in_body(direction) != nullptr ? body_bytes(scene, direction, bytes)
                                         : begin_message(scene, direction, bytes);
    total.consumed += step.consumed;
    total.need = step.need;
    total.lost = step.lost;
    if (step.consumed == 0 || step.lost) return total;
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

// Inside a body of known length a hole is counted and survived.
Recovery HttpDissector::skip_hole(Scene& scene, Direction direction, core::ByteView tail,
                                  std::uint64_t gap) {
  if (tunnel_) {
    tunnel_->gap(scene, direction, gap);
    return {true, 0};
  }
  if (after_) return after_->lose(scene, direction, tail, gap);
  if (in_body(direction) == nullptr) return {};
  Unfinished& side = *in_body(direction);
  side.damaged = true;
  const bool known = side.framing.kind == proto::HttpBodyKind::length;
  if (known && side.body_size + gap < side.framing.length) {
    side.body_size += gap;
    return {true, 0};
  }
  const bool exact = known && side.body_size + gap == side.framing.length;
  if (known) side.body_size = side.framing.length;
  if (side.framing.kind == proto::HttpBodyKind::until_close) return {true, 0};
  finish_body(scene, direction, true);
  return {exact, 0};
}

bool HttpDissector::resync(Direction direction, core::ByteView segment) {
  if (after_) return after_->resync(direction, segment);
  return proto::looks_like_http(segment) == proto::FrameState::done;
}

void HttpDissector::end(Scene& scene, Direction direction, core::ByteView tail) {
  if (tunnel_) return tunnel_->end(scene, direction);
  if (after_) return after_->end(scene, direction, tail);
  if (const Unfinished* const body = in_body(direction))
    finish_body(scene, direction, body->framing.kind != proto::HttpBodyKind::until_close);
  else if (!tail.empty())
    cut_head(scene, direction, tail);
  count_held();
}

Verdict HttpDissector::verdict() const {
  return tunnel_ ? combine(Verdict::plaintext, tunnel_->verdict()) : Verdict::plaintext;
}

void HttpDissector::count_held() {
  std::size_t total = tunnel_ ? tunnel_->held() : 0;
  if (after_) total += after_->held();
  for (const auto& one : unfinished_) {
    if (one) total += sizeof(*one) + one->body.capacity() + one->head_bytes.capacity();
  }
  holds(total);
}

}  // namespace wxsec::flow
