// Frames to messages: unmask, join fragments, inflate where permessage-deflate was agreed on
// (RFC 7692: the deflate window may go on from message to message, so there is one inflater per
// direction). The messages' bytes are then a stream of their own, as MQTT-over-WebSocket wants it.
#include "lib/flow/websocket_dissector.h"

#include <zlib.h>

#include <algorithm>

namespace wxsec::flow {
namespace {

constexpr std::size_t kMaxMessage = std::size_t{1} << 20;
constexpr std::size_t kMostUndecided = 64;  // messages

}  // namespace

class WebSocketDissector::Inflater {
 public:
  Inflater() { inflateInit2(&stream_, -15); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  core::Bytes message(core::Bytes input) {
    // RFC 7692 7.2.2: the sender took these four bytes off.
    input.insert(input.end(), {0x00, 0x00, 0xFF, 0xFF});
    core::Bytes out;
    stream_.next_in = input.data();
    stream_.avail_in = static_cast<uInt>(input.size());
    while (out.size() < kMaxMessage) {
      const std::size_t before = out.size();
      out.resize(before + 16 * 1024);
      stream_.next_out = out.data() + before;
      stream_.avail_out = 16 * 1024;
      const int state = inflate(&stream_, Z_SYNC_FLUSH);
      out.resize(out.size() - stream_.avail_out);
      if (state == Z_STREAM_END) inflateReset(&stream_);
      if (state != Z_OK || (stream_.avail_in == 0 && stream_.avail_out != 0)) break;
    }
    return out;
  }

 private:
  z_stream stream_{};
};

WebSocketDissector::WebSocketDissector(std::string_view extensions) {
  if (extensions.find("permessage-deflate") == std::string_view::npos) return;
  for (Side& side : sides_) side.inflater = std::make_unique<Inflater>();
}

WebSocketDissector::~WebSocketDissector() = default;

Progress WebSocketDissector::consume(Scene& scene, Direction direction, core::ByteView bytes) {
  Progress progress;
  scene.facts->protocol =
      scene.facts->protocol == Protocol::http ? Protocol::websocket : scene.facts->protocol;
  while (!bytes.empty()) {
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
    if (header.payload_size > kMaxMessage) {  // not waited for
      Side& side = sides_[index(direction)];
      side.truncated = true;
      progress.skip =
          header.header_size + header.payload_size -
          std::min<std::uint64_t>(bytes.size(), header.header_size + header.payload_size);
      progress.consumed += static_cast<std::size_t>(
          std::min<std::uint64_t>(bytes.size(), header.header_size + header.payload_size));
      return progress;
    }
    const std::size_t size = header.header_size + static_cast<std::size_t>(header.payload_size);
    progress.need = size;
    if (size > bytes.size()) return progress;
    frame(scene, direction, header, bytes.subspan(header.header_size, size - header.header_size));
    count_held();
    progress.consumed += size;
    progress.need = 0;
    bytes = bytes.subspan(size);
  }
  return progress;
}

void WebSocketDissector::frame(Scene& scene, Direction direction,
                               const proto::WebSocketFrame& frame, core::ByteView payload) {
  Side& side = sides_[index(direction)];
  const auto opcode = static_cast<std::uint8_t>(frame.opcode);
  if (opcode >= 8) {  // control frames may stand between fragments
    core::Bytes plain;
    proto::unmask(frame, 0, payload, plain);
    scene.emit(direction, WebSocketMessage{opcode, plain});
    return;
  }
  if (opcode != 0) {
    side.message.clear();
    side.opcode = opcode;
    side.compressed = frame.compressed;
    side.truncated = false;
  }
  if (side.message.size() + payload.size() <= kMaxMessage) {
    proto::unmask(frame, 0, payload, side.message);
  } else {
    side.truncated = true;
  }
  if (frame.final) message(scene, direction, side);
}

void WebSocketDissector::message(Scene& scene, Direction direction, Side& side) {
  core::Bytes plain = std::exchange(side.message, {});
  if (side.compressed && side.inflater) plain = side.inflater->message(std::move(plain));
  ++scene.facts->messages;
  // What is carried speaks first, and then it is clear whether the message needs a line of its own.
  // Only binary messages carry another protocol (MQTT 5.0 6.0 demands it).
  const bool binary = side.opcode == 2;
  if (binary && side.truncated) inside_.gap(scene, direction, 1);
  if (binary && !side.truncated) inside_.data(scene, direction, plain);
  if (binary && !side.truncated && inside_.undecided(direction) &&
      side.undecided.size() < kMostUndecided) {
    side.undecided.push_back({std::move(plain), scene.packet, scene.time_ns});
    return;
  }
  const bool carried = binary && inside_.speaks(direction);
  tell_undecided(scene, direction, carried);
  scene.emit(direction, WebSocketMessage{side.opcode, plain, side.truncated, carried});
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
  const proto::WebSocketFrame header = proto::peek_websocket_frame(tail);
  sides_[index(direction)].message.clear();
  inside_.gap(scene, direction, gap);
  tell_undecided(scene, direction, inside_.speaks(direction));
  count_held();
  if (header.state != proto::FrameState::done) return {};
  const std::uint64_t size = header.header_size + header.payload_size;
  if (tail.size() + gap > size) return {};
  return {true, size - tail.size() - gap};
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
  std::size_t undecided = 0;
  for (const Side& side : sides_) {
    for (const Undecided& one : side.undecided) undecided += sizeof(one) + one.payload.capacity();
  }
  holds(undecided + inside_.held() + sides_[0].message.capacity() + sides_[1].message.capacity());
}

}  // namespace wxsec::flow
