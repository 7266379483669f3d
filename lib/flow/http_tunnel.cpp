// A client may speak into a tunnel before it has read the answer to its CONNECT, and a capture may
// have the two in the wrong order:
//
//     CONNECT broker:1883 HTTP/1.1  ------->
//     MQTT CONNECT                  ------->     into the tunnel? or for a proxy that refuses?
//                                   <-------     HTTP/1.1 200 Connection established
//
// So what follows a CONNECT is held until its answer is there. Where none comes, or not all that
// was captured can be trusted to be in order, the bytes themselves tell: what is no HTTP is a
// tunnel's.
#include <algorithm>
#include <utility>

#include "lib/flow/http_dissector.h"

namespace wxsec::flow {
namespace {

constexpr std::size_t kMaxEarly = 64 * 1024;
constexpr std::size_t kMaxPieces = 64;

}  // namespace

// Of a server that was never heard no answer can be expected.
void HttpDissector::note_connect(const Scene& scene, const proto::HttpHead& request, bool waits) {
  asked_for_tunnel_ = Asked::no;
  if (request.method != "CONNECT") return;
  const bool heard = scene.facts->packets[index(Direction::to_client)] > 0;
  asked_for_tunnel_ = waits && holds_early_ && heard ? Asked::waits : Asked::perhaps;
}

void HttpDissector::note_answer(const proto::HttpHead& response, const Request& answers) {
  if (asked_for_tunnel_ == Asked::no || response.status < 200) return;
  if (answers.method == "CONNECT") asked_for_tunnel_ = Asked::no;
  if (answers.method.empty())
    asked_for_tunnel_ = response.status < 300 ? Asked::perhaps : Asked::no;
}

Progress HttpDissector::hold_early(Scene& scene, core::ByteView bytes) {
  if (!early_) early_ = std::make_unique<Early>();
  if (early_->pieces.empty()) early_->pieces.emplace_back();
  core::Bytes& last = early_->pieces.back().bytes;
  last.insert(last.end(), bytes.begin(), bytes.end());
  early_->size += bytes.size();
  if (early_->size <= kMaxEarly) return {bytes.size()};
  holds_early_ = false;
  const std::size_t left = no_answer_comes(scene, bytes.size());
  return {bytes.size() - left, left == 0 ? 0 : left + 1};
}

// True if the gap is among what is held.
bool HttpDissector::lose_early(Scene& scene, Direction direction, std::uint64_t gap) {
  if (asked_for_tunnel_ != Asked::waits || in_body(direction) != nullptr) return false;
  if (direction == Direction::to_client) {
    no_answer_comes(scene);
    return false;
  }
  if (!early_) early_ = std::make_unique<Early>();
  early_->pieces.push_back({gap, {}});
  early_->size += sizeof(Early::Piece);
  if (early_->pieces.size() > kMaxPieces) {
    holds_early_ = false;
    no_answer_comes(scene);
  }
  return true;
}

std::size_t HttpDissector::no_answer_comes(Scene& scene, std::size_t may_leave) {
  if (asked_for_tunnel_ != Asked::waits) return 0;
  asked_for_tunnel_ = Asked::perhaps;
  return early_ ? settle_early(scene, may_leave) : 0;
}

// Of what is held behind a gap, the part that can be read again.
core::ByteView HttpDissector::behind_hole(Scene& scene, core::ByteView bytes, std::uint64_t gap) {
  const Recovery recovery = skip_hole(scene, Direction::to_server, {}, gap);
  bytes = bytes.subspan(std::min<std::uint64_t>(recovery.skip, bytes.size()));
  if (recovery.in_step || bytes.empty() || resync(Direction::to_server, bytes)) return bytes;
  const Beginning found = find(Direction::to_server, bytes);
  return found.sure ? bytes.subspan(found.at) : core::ByteView();
}

// Tells what is held: to the tunnel, or as HTTP where there is none. Returns how many bytes at its
// end begin a message and were left for later.
std::size_t HttpDissector::settle_early(Scene& scene, std::size_t may_leave) {
  if (asked_for_tunnel_ == Asked::waits) return 0;
  const std::unique_ptr<Early> early = std::move(early_);
  constexpr Direction kClient = Direction::to_server;
  for (const Early::Piece& piece : early->pieces) {
    core::ByteView bytes = piece.bytes;
    if (piece.gap_before > 0) bytes = behind_hole(scene, bytes, piece.gap_before);
    if (bytes.empty()) continue;
    const std::size_t left = bytes.size() - messages(scene, kClient, bytes).consumed;
    if (&piece == &early->pieces.back() && left <= may_leave) return left;
    if (left > 0) skip_hole(scene, kClient, bytes.last(left), kUnknownSize);
  }
  return 0;
}

void HttpDissector::open_tunnel(Scene& scene) {
  const bool lacks_answer = asked_for_tunnel_ == Asked::perhaps;
  asked_for_tunnel_ = Asked::no;
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    if (in_body(direction) != nullptr) finish_body(scene, direction, false);
  }
  tunnel_ = std::make_unique<Conversation>(Layer::inner);
  if (lacks_answer) tunnel_->gap(scene, Direction::to_client, kUnknownSize);
}

}  // namespace wxsec::flow
