// Heads and bodies alternate. Where a body ends depends on its head, and for a response also on the
// method that it answers, so requests wait until their response comes. After "101
// Switching Protocols" or a successful CONNECT the connection is HTTP no more.
#include "lib/flow/http_dissector.h"

#include <algorithm>
#include <utility>

#include "lib/flow/inflate_budget.h"
#include "lib/flow/websocket_dissector.h"

namespace wxsec::flow {
namespace {

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

}  // namespace

// Responses are then still read as the methods demand; what they answer is not told.
void HttpDissector::shed(Scene& scene) {
  holds_early_ = false;  // nor behind a CONNECT among what is held
  no_answer_comes(scene);
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
  const bool broke_off = head.status == 101 && out.incomplete;  // what follows tells to what
  if (!head.request && !broke_off) maybe_upgrade(head, answers);
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
    const bool held = asked_for_tunnel_ == Asked::waits && direction == Direction::to_server &&
                      in_body(direction) == nullptr;
    Progress step;
    if (held) {
      step = hold_early(scene, bytes);
      step.consumed += total.consumed;
      return step;
    }
    if (after_ && !late_answer(direction, bytes)) {
      step = after_->consume(scene, direction, bytes);
      step.consumed += total.consumed;
      return step;
    }
    step = in_body(direction) != nullptr ? body_bytes(scene, direction, bytes)
                                         : begin_message(scene, direction, bytes);
    if (early_) settle_early(scene);
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

bool HttpDissector::resync(Direction direction, core::ByteView segment) {
  seen_[index(direction)] = {};  // of bytes that are gone
  if (tunnel_) return true;      // whatever it is, the tunnel looks for its beginning
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
  if (tunnel_) return {0, true, 0};
  if (after_) return after_->find(direction, bytes);
  const Beginning message = find_http(bytes, kind_of(direction));
  if (message.sure || !asked_for_websocket_) return message;
  return find_websocket(bytes, asked_habits(direction), Surroundings::known);
}

void HttpDissector::end(Scene& scene, Direction direction, core::ByteView tail) {
  holds_early_ = false;
  no_answer_comes(scene);
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
  if (early_) total += sizeof(Early) + early_->size;
  for (const auto& one : unfinished_) {
    if (one)
      total += sizeof(*one) + one->body.capacity() + one->head_bytes.capacity() +
               one->gaps.capacity() * sizeof(std::size_t) +
               one->head.fields.capacity() * sizeof(proto::HttpField);
  }
  holds(total);
}

}  // namespace wxsec::flow
