// Where a message begins: a head that is whole, one that comes slowly, one that is too long or was
// cut, and one behind which nobody knows where the body ends.
#include "lib/flow/http_dissector.h"

#include <algorithm>
#include <utility>

namespace wxsec::flow {
namespace {

constexpr std::size_t kWholeMessage = 64 * 1024;  // up to here a message is waited for, not copied
constexpr std::size_t kRoomForEnd = 4;            // of a head

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

PendingRequests::Asked asked(const Scene& scene) {
  using Asked = PendingRequests::Asked;
  if (scene.facts->lost[index(Direction::to_server)] > 0) return Asked::lacks;
  return scene.facts->mid_stream ? Asked::from_the_middle : Asked::seen_whole;
}

}  // namespace

proto::FrameState HttpDissector::begins_response(core::ByteView bytes) {
  if (bytes.empty()) return proto::FrameState::need_more;
  return bytes[0] == 'H' ? proto::looks_like_http(bytes) : proto::FrameState::bad;
}

// Where it is not known what a response answers it may be a HEAD, and then the next response comes
// where the body would.
proto::HttpBodyFraming HttpDissector::framing_of(const proto::HttpHead& head,
                                                 std::string_view request_method,
                                                 core::ByteView rest) {
  const bool unasked = !head.request && request_method.empty();
  if (unasked && begins_response(rest) == proto::FrameState::done) return {};
  return proto::http_body_framing(head, request_method);
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
  if (!head.request) {
    answers = requests_.take(head, asked(scene), scene.time_ns);
    note_answer(head, answers);
  }
  const proto::HttpBodyFraming framing = framing_of(head, answers.method, bytes.subspan(head.size));
  if (head.request) {
    const bool waits = requests_.add(head, scene.packet, scene.time_ns);
    note_upgrade(head);
    note_connect(scene, head, waits);
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
  const bool unasked = !head.request && answers.method.empty();
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
  if (bad) return not_http(scene, direction, bytes);
  const core::ByteView fresh = bytes.subspan(std::min<std::size_t>(seen.bytes, bytes.size()));
  const bool goes_on = seen.bytes > 0 && !has_line_end(fresh) && is_printable(fresh);
  const bool hopeless =
      !seen.start_line && !goes_on && proto::looks_like_http(bytes) == proto::FrameState::bad;
  seen.start_line = seen.start_line || has_line_end(fresh);
  seen.bytes = static_cast<std::uint32_t>(bytes.size());
  return hopeless ? not_http(scene, direction, bytes) : Progress{0, bytes.size() + 1};
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

// A head breaks off: its whole lines, and the beginning of the last, were readable. False if not
// even the first line was.
bool HttpDissector::cut_head(Scene& scene, Direction direction, core::ByteView tail) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  core::Bytes whole = core::to_bytes(tail);
  whole.insert(whole.end(), kEnd.begin(), kEnd.end());
  proto::HttpHead head;
  if (proto::decode_http_head(whole, head) != proto::FrameState::done) return false;
  Request answers;
  if (head.request) {
    note_connect(scene, head, requests_.add(head, scene.packet, scene.time_ns));
  } else {
    answers = requests_.take(head, asked(scene), scene.time_ns);
  }
  HttpMessage out;
  out.incomplete = true;
  out.raw = core::ByteView(whole).first(tail.size());
  message(scene, direction, head, answers, out);
  return true;
}

// A hole in a head, or between messages. What is told of a response here answers its request, so
// that it is none of those whose response is missing altogether.
Recovery HttpDissector::lose_head(Scene& scene, Direction direction, core::ByteView tail,
                                  std::uint64_t gap) {
  const bool told = !tail.empty() && cut_head(scene, direction, tail);
  if (tunnel_) {
    tunnel_->gap(scene, direction, gap);
    return {true, 0};
  }
  seen_[index(direction)] = {};
  if (direction == Direction::to_server) {
    requests_.lost_requests(scene.packet);
  } else {
    requests_.lost_responses(!told);
  }
  return {};
}

}  // namespace wxsec::flow
