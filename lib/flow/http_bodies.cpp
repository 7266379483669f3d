// Bodies that come in several segments: gathered up to a limit, with the places where something is
// missing, since nobody knows what stood there.
#include "lib/flow/http_dissector.h"

#include <algorithm>
#include <utility>

namespace wxsec::flow {
namespace {

constexpr std::uint64_t kReserved = 8 * 1024;  // for a body, on the word of its sender
constexpr std::size_t kReused = 16 * 1024;     // of a body's memory, for the next one

}  // namespace

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

// Inside a body of known length a hole is counted and survived.
Recovery HttpDissector::skip_hole(Scene& scene, Direction direction, core::ByteView tail,
                                  std::uint64_t gap) {
  if (lose_early(scene, direction, gap)) return {true, 0};
  if (tunnel_) {
    tunnel_->gap(scene, direction, gap);
    return {true, 0};
  }
  if (after_) return after_->lose(scene, direction, tail, gap);
  if (in_body(direction) == nullptr) return lose_head(scene, direction, tail, gap);
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

}  // namespace wxsec::flow
