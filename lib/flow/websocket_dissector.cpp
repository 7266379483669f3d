// Frames to messages: unmask, join fragments, inflate where permessage-deflate was agreed on
// (RFC 7692: the deflate window may go on from message to message, so there is one inflater per
// direction). The messages' bytes are then a stream of their own, as MQTT-over-WebSocket wants it.
//
// Small frames are waited for, and their message is told at its end. Of one that grows beyond
// kMaxMessage the beginning is told; the rest is only handed on to what is carried, as it comes, so
// that this stays in step. The same happens where bytes of a frame are missing.
#include "lib/flow/websocket_dissector.h"

#include <algorithm>
#include <utility>

#include "lib/flow/inflate_budget.h"

namespace wxsec::flow {
namespace {

constexpr std::size_t kMaxMessage = std::size_t{1} << 20;
constexpr std::size_t kMostUndecided = 64;  // messages
constexpr std::uint8_t kBinary = 2;
constexpr std::uint8_t kControl = 8;  // and above

bool is_control(const proto::WebSocketFrame& frame) {
  return static_cast<std::uint8_t>(frame.opcode) >= kControl;
}

}  // namespace

WebSocketDissector::WebSocketDissector(std::string_view extensions) {
  const auto agreed = [&](std::string_view what) {
    return extensions.find(what) != std::string_view::npos;
  };
  deflates_ = agreed("permessage-deflate");
  sides_[index(Direction::to_server)].takeover = !agreed("client_no_context_takeover");
  sides_[index(Direction::to_client)].takeover = !agreed("server_no_context_takeover");
}

Progress WebSocketDissector::consume(Scene& scene, Direction direction, core::ByteView bytes) {
  Progress progress;
  scene.facts->protocol =
      scene.facts->protocol == Protocol::http ? Protocol::websocket : scene.facts->protocol;
  while (!bytes.empty()) {
    if (sides_[index(direction)].frame_left > 0) {
      const std::size_t part = part_of_frame(scene, direction, bytes);
      progress.consumed += part;
      bytes = bytes.subspan(part);
      continue;
    }
    const proto::WebSocketFrame header = proto::peek_websocket_frame(bytes);
    if (header.state == proto::FrameState::bad) {
      constexpr std::size_t kSample = 512;
      scene.emit(direction, UnknownData{bytes.first(std::min(bytes.size(), kSample))});
      progress.lost = true;
      return progress;
    }
    if (header.state == proto::FrameState::need_more) {
      progress.need = bytes.size() + 1;
      return progress;
    }
    std::size_t size = header.header_size;
    if (header.payload_size > kMaxMessage) {
      begin_frame(sides_[index(direction)], header);
    } else {
      size += static_cast<std::size_t>(header.payload_size);
      progress.need = size;
      if (size > bytes.size()) return progress;
      frame(scene, direction, header, bytes.subspan(header.header_size, size - header.header_size));
      count_held();
    }
    progress.consumed += size;
    progress.need = 0;
    bytes = bytes.subspan(size);
  }
  return progress;
}

// A frame that is taken as it comes.
void WebSocketDissector::begin_frame(Side& side, const proto::WebSocketFrame& frame) {
  side.frame = frame;
  side.frame_at = 0;
  side.frame_left = frame.payload_size;
}

std::size_t WebSocketDissector::part_of_frame(Scene& scene, Direction direction,
                                              core::ByteView bytes) {
  Side& side = sides_[index(direction)];
  const core::ByteView part =
      bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), side.frame_left)));
  const bool control = is_control(side.frame);  // one that has a hole
  if (!control) payload(scene, direction, side.frame, side.frame_at, part);
  side.frame_at += part.size();
  side.frame_left -= part.size();
  if (side.frame_left == 0 && side.frame.final && !control) end_message(scene, direction);
  count_held();
  return part.size();
}

void WebSocketDissector::frame(Scene& scene, Direction direction,
                               const proto::WebSocketFrame& frame, core::ByteView bytes) {
  if (is_control(frame)) {  // may stand between fragments
    core::Bytes plain;
    proto::unmask(frame, 0, bytes, plain);
    scene.emit(direction, WebSocketMessage{static_cast<std::uint8_t>(frame.opcode), plain});
    return;
  }
  payload(scene, direction, frame, 0, bytes);
  if (frame.final) end_message(scene, direction);
}

// `bytes` stand at `at` in their frame.
void WebSocketDissector::payload(Scene& scene, Direction direction,
                                 const proto::WebSocketFrame& frame, std::uint64_t at,
                                 core::ByteView bytes) {
  Side& side = sides_[index(direction)];
  if (at == 0 && frame.opcode != proto::WebSocketOpcode::continuation) {
    side.message.clear();
    side.opcode = static_cast<std::uint8_t>(frame.opcode);
    side.compressed = frame.compressed;
    side.unreadable =
        side.compressed && (side.blind || !deflates_ || may_inflate(scene, inflated_) == 0);
    if (side.unreadable) side.blind = side.takeover;
    side.told = side.broken = false;
  }
  if (side.broken) return;
  if (!side.told && !(side.compressed && !side.unreadable) &&
      side.message.size() + bytes.size() <= kMaxMessage)
    return proto::unmask(frame, at, bytes, side.message);
  core::Bytes plain;
  plain.reserve(bytes.size());
  proto::unmask(frame, at, bytes, plain);
  if (side.compressed && !side.unreadable) return inflate(scene, direction, plain, false);
  take(scene, direction, plain);
}

void WebSocketDissector::inflate(Scene& scene, Direction direction, core::ByteView bytes,
                                 bool last) {
  Side& side = sides_[index(direction)];
  if (!side.inflater) side.inflater = std::make_unique<MessageInflater>();
  const auto sink = [&](core::ByteView plain) { take(scene, direction, plain); };
  const std::size_t most = may_inflate(scene, inflated_);
  std::size_t made = 0;
  const bool well = last ? side.inflater->end_message(most, made, sink)
                         : side.inflater->feed(bytes, most, made, sink);
  count_inflated(scene, inflated_, made);
  if (well && last && !side.takeover) side.inflater->begin_anew();
  if (well) return;
  if (!side.told) tell_beginning(scene, direction);
  lose_message(scene, direction);
}

// The next bytes of a message, in clear.
void WebSocketDissector::take(Scene& scene, Direction direction, core::ByteView plain) {
  Side& side = sides_[index(direction)];
  if (side.told) {
    if (side.opcode == kBinary && !side.unreadable) inside_.data(scene, direction, plain);
    return;
  }
  side.message.insert(side.message.end(), plain.begin(), plain.end());
  if (side.message.size() > kMaxMessage) tell_beginning(scene, direction);
}

// Of a message that is too large, or that is cut.
void WebSocketDissector::tell_beginning(Scene& scene, Direction direction) {
  Side& side = sides_[index(direction)];
  side.told = true;
  const core::Bytes plain = std::exchange(side.message, {});
  ++scene.facts->messages;
  const bool carries = side.opcode == kBinary && !side.unreadable;
  if (carries) inside_.data(scene, direction, plain);
  const bool carried = carries && inside_.speaks(direction);
  tell_undecided(scene, direction, carried);
  const core::ByteView shown = core::ByteView(plain).first(std::min(plain.size(), kMaxMessage));
  scene.emit(direction, WebSocketMessage{side.opcode, shown, true, carried, side.unreadable});
}

void WebSocketDissector::end_message(Scene& scene, Direction direction) {
  Side& side = sides_[index(direction)];
  if (side.compressed && !side.unreadable && !side.broken) inflate(scene, direction, {}, true);
  if (!side.told && !side.broken) tell_message(scene, direction);
  if (side.unreadable && side.opcode == kBinary) inside_.gap(scene, direction, kUnknownSize);
  side.broken = true;  // nothing continues it
}

void WebSocketDissector::tell_message(Scene& scene, Direction direction) {
  Side& side = sides_[index(direction)];
  core::Bytes plain = std::exchange(side.message, {});
  ++scene.facts->messages;
  // What is carried speaks first, and then it is clear whether the message needs a line of its own.
  // Only binary messages carry another protocol (MQTT 5.0 6.0 demands it).
  const bool carries = side.opcode == kBinary && !side.unreadable;
  if (carries) inside_.data(scene, direction, plain);
  if (carries && inside_.undecided(direction) && side.undecided.size() < kMostUndecided) {
    side.undecided.push_back({std::move(plain), scene.packet, scene.time_ns});
    return;
  }
  const bool carried = carries && inside_.speaks(direction);
  tell_undecided(scene, direction, carried);
  scene.emit(direction, WebSocketMessage{side.opcode, plain, false, carried, side.unreadable});
}

// Fragments of a protocol share the fate of what follows them.
void WebSocketDissector::tell_undecided(const Scene& scene, Direction direction, bool carried) {
  for (const Undecided& one : std::exchange(sides_[index(direction)].undecided, {})) {
    Scene then = scene;
    then.packet = one.packet;
    then.time_ns = one.time_ns;
    then.emit(direction, WebSocketMessage{2, one.payload, false, carried});
  }
}

Recovery WebSocketDissector::lose(Scene& scene, Direction direction, core::ByteView tail,
                                  std::uint64_t gap) {
  Side& side = sides_[index(direction)];
  if (side.frame_left == 0) {
    const proto::WebSocketFrame header = proto::peek_websocket_frame(tail);
    if (header.state == proto::FrameState::done) {
      begin_frame(side, header);
      tail = tail.subspan(header.header_size);
    }
  }
  const bool in_step = lose_in_frame(scene, direction, tail, gap);
  if (!in_step) {
    side.frame_left = 0;
    lose_message(scene, direction);
    inside_.gap(scene, direction, kUnknownSize);
  }
  tell_undecided(scene, direction, inside_.speaks(direction));
  count_held();
  return {in_step, 0};
}

// A hole in a frame whose header we have is counted. Of the message it leaves the beginning, and to
// what is carried it is a hole of the same size, unless deflation hides how large that is.
bool WebSocketDissector::lose_in_frame(Scene& scene, Direction direction, core::ByteView tail,
                                       std::uint64_t gap) {
  Side& side = sides_[index(direction)];
  if (side.frame_left == 0 || side.frame_left < tail.size() + gap) return false;
  const bool control = is_control(side.frame);
  if (!control) lose_in_message(scene, direction, tail, gap);
  side.frame_at += tail.size() + gap;
  side.frame_left -= tail.size() + gap;
  if (side.frame_left == 0 && side.frame.final && !control) side.broken = true;
  return true;
}

void WebSocketDissector::lose_in_message(Scene& scene, Direction direction, core::ByteView tail,
                                         std::uint64_t gap) {
  Side& side = sides_[index(direction)];
  payload(scene, direction, side.frame, side.frame_at, tail);
  if (side.compressed) return lose_message(scene, direction);
  if (side.broken) return;
  if (!side.told) tell_beginning(scene, direction);
  side.broken = side.opcode != kBinary;
  if (!side.broken) inside_.gap(scene, direction, gap);
}

// The rest of this message cannot be read; nor, where messages refer back to each other, can those
// that are compressed and come after it.
void WebSocketDissector::lose_message(Scene& scene, Direction direction) {
  Side& side = sides_[index(direction)];
  if (!side.broken && !side.told && !side.message.empty()) tell_beginning(scene, direction);
  side.broken = true;
  side.blind = side.blind || side.takeover;
  if (side.blind || !side.inflater) {
    side.inflater.reset();
  } else {
    side.inflater->begin_anew();
  }
  if (side.compressed && side.opcode == kBinary) inside_.gap(scene, direction, kUnknownSize);
}

bool WebSocketDissector::resync(Direction direction, core::ByteView segment) {
  const bool from_client = direction == Direction::to_server;
  while (!segment.empty()) {
    const proto::WebSocketFrame header = proto::peek_websocket_frame(segment);
    const std::uint64_t size = header.header_size + header.payload_size;
    if (header.state != proto::FrameState::done || header.masked != from_client ||
        size > segment.size())
      return false;
    segment = segment.subspan(static_cast<std::size_t>(size));
  }
  return true;
}

Beginning WebSocketDissector::find(Direction direction, core::ByteView bytes) {
  const bool deflates = sides_[index(direction)].inflater != nullptr;
  return find_websocket(bytes, {direction == Direction::to_server, deflates}, Surroundings::known);
}

void WebSocketDissector::end(Scene& scene, Direction direction, core::ByteView) {
  inside_.end(scene, direction);
  tell_undecided(scene, direction, inside_.speaks(direction));
  count_held();
}

void WebSocketDissector::count_held() {
  std::size_t total = inside_.held();
  for (const Side& side : sides_) {
    for (const Undecided& one : side.undecided) total += sizeof(one) + one.payload.capacity();
    total += side.message.capacity() + (side.inflater ? MessageInflater::kMemory : std::size_t{0});
  }
  holds(total);
}

}  // namespace wxsec::flow
