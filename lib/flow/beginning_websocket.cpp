// A frame's header is two to fourteen bytes with little in them that is fixed, so the payload must
// speak for it: text that is text, MQTT that is MQTT, or else a long chain of frames. Points are
// counted as for MQTT.
#include <algorithm>

#include "lib/flow/beginning.h"
#include "lib/flow/guess.h"
#include "lib/proto/utf8.h"
#include "lib/proto/websocket_frame.h"

namespace wxsec::flow {
namespace {

constexpr unsigned kToTheEnd = 8;
constexpr unsigned kBehind = 12;
constexpr unsigned kStrange = 16;
constexpr unsigned kSpeaks = 16;  // the payload is a protocol's

struct Search {
  WebSocketHabits habits;
  bool strange;
  Effort effort;
};

struct Followed {
  bool sure = false;
  std::size_t need = 0;  // 0: no beginning
};

// RFC 6455 5.2: the shortest form of the length is the only one allowed.
bool may_begin(const proto::WebSocketFrame& frame, const WebSocketHabits& habits) {
  if (frame.state != proto::FrameState::done) return frame.state != proto::FrameState::bad;
  const std::size_t header = frame.header_size - (frame.masked ? 4 : 0);
  const std::uint64_t least = header == 10 ? 65'536 : header == 4 ? 126 : 0;
  return frame.masked == habits.masked && frame.payload_size >= least &&
         (!frame.compressed || habits.deflates);
}

std::uint8_t plain(const proto::WebSocketFrame& frame, core::ByteView payload, std::size_t at) {
  return static_cast<std::uint8_t>(payload[at] ^ (frame.masked ? frame.mask[at % 4] : 0));
}

// How many bytes at its front are no control characters.
std::size_t text_at_front(const proto::WebSocketFrame& frame, core::ByteView payload) {
  std::size_t at = 0;
  for (; at < payload.size(); ++at) {
    const std::uint8_t byte = plain(frame, payload, at);
    if (byte < 0x20 && byte != '\t' && byte != '\r' && byte != '\n') break;
  }
  return at;
}

// RFC 6455 5.6: a fragment may end within a character.
bool is_text(std::string_view text, bool whole) {
  constexpr std::size_t kLongestPart = 3;
  for (std::size_t cut = 0; cut <= std::min(text.size(), whole ? 0 : kLongestPart); ++cut) {
    if (proto::is_mqtt_utf8(text.substr(0, text.size() - cut))) return true;
  }
  return false;
}

// Nothing where the payload contradicts the header.
unsigned text_points(Search& search, const proto::WebSocketFrame& frame, core::ByteView payload) {
  const std::size_t good = text_at_front(frame, payload);
  if (!search.effort.spend(good + 1) || good < payload.size()) return 0;
  core::Bytes text;
  proto::unmask(frame, 0, payload, text);
  search.effort.spend(payload.size());
  if (!is_text(core::as_text(text), frame.final)) return 0;
  return 1 + static_cast<unsigned>(std::min<std::size_t>(payload.size(), kSpeaks));
}

unsigned binary_points(Search& search, const proto::WebSocketFrame& frame, core::ByteView payload) {
  constexpr unsigned kOpaque = 1;
  if (!search.effort.spend(payload.size())) return 0;
  core::Bytes inside;
  proto::unmask(frame, 0, payload, inside);
  return !inside.empty() && looks_like_mqtt(inside) == Certainty::yes ? kSpeaks : kOpaque;
}

unsigned points(Search& search, const proto::WebSocketFrame& frame, core::ByteView payload) {
  constexpr unsigned kControl = 2;
  constexpr unsigned kSilent = 1;
  if (!search.effort.spend(16)) return 0;
  if (frame.opcode >= proto::WebSocketOpcode::close) return kControl;
  if (frame.compressed || frame.opcode == proto::WebSocketOpcode::continuation) return kSilent;
  return frame.opcode == proto::WebSocketOpcode::text ? text_points(search, frame, payload)
                                                      : binary_points(search, frame, payload);
}

Followed follow(Search& search, core::ByteView bytes) {
  unsigned found = 0;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const core::ByteView rest = bytes.subspan(at);
    const proto::WebSocketFrame frame = proto::peek_websocket_frame(rest);
    if (!may_begin(frame, search.habits)) return {};
    if (found >= (search.strange ? kStrange : kBehind)) return {true, 0};
    if (frame.state != proto::FrameState::done) return {false, bytes.size() + 1};
    if (frame.payload_size > kLongestSought) return {};
    const auto payload = static_cast<std::size_t>(frame.payload_size);
    const std::size_t size = frame.header_size + payload;
    if (size > rest.size()) return {false, at + size};
    const unsigned more = points(search, frame, rest.subspan(frame.header_size, payload));
    if (more == 0) return {};
    found += more;
    at += size;
  }
  return {found >= (search.strange ? kStrange : kToTheEnd), at + 1};
}

}  // namespace

Beginning websocket_at_front(core::ByteView bytes, WebSocketHabits habits, Surroundings around) {
  Search search{habits, around == Surroundings::unknown, Effort(bytes)};
  const Followed followed = follow(search, bytes);
  return {0, followed.sure, followed.need};
}

Beginning find_websocket(core::ByteView bytes, WebSocketHabits habits, Surroundings around) {
  Search search{habits, around == Surroundings::unknown, Effort(bytes)};
  Beginning open{bytes.size(), false, 1};
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const Followed followed = follow(search, bytes.subspan(at));
    if (search.effort.over()) return {bytes.size(), false, 1};
    if (followed.sure) return {at, true, 0};
    if (followed.need > 0 && open.at == bytes.size()) open = {at, false, followed.need};
  }
  return open;
}

}  // namespace wxsec::flow
