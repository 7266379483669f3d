// The decoder in lib/proto judges packets and stops at the first fault. An eavesdropper does not: a
// password in a packet that the broker refuses is read all the same. Nothing is checked here but
// the lengths, and a field that is longer than the packet ends where the packet ends.
#include "src/sniff/broken_connect.h"

#include <algorithm>

#include "lib/proto/mqtt_packet.h"
#include "lib/wire/reader.h"

namespace wxsec::sniff {
namespace {

struct Field {
  std::string_view text;
  bool cut = false;
};

Field field(wire::Reader& in) {
  const std::size_t length = in.u16();
  const bool cut = length > in.left();
  return {in.text(std::min(length, in.left())), cut};
}

// MQTT 5.0 1.5.5.
core::ByteView properties(wire::Reader& in) {
  std::size_t length = 0;
  for (unsigned shift = 0; shift < 28; shift += 7) {
    const std::uint8_t byte = in.u8();
    length |= static_cast<std::size_t>(byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) break;
  }
  return in.bytes(std::min(length, in.left()));
}

// The reader of properties stops in front of one whose end is missing.
Field authentication_data(core::ByteView properties) {
  constexpr auto kId = proto::MqttPropertyId::authentication_data;
  proto::MqttPropertyReader reader(properties);
  std::size_t read = 0;
  while (const auto one = reader.next()) {
    if (one->id == kId) return {one->text};
    read = reader.offset();
  }
  wire::Reader in(properties.subspan(read));
  return in.u8() == static_cast<std::uint8_t>(kId) ? field(in) : Field{};
}

}  // namespace

std::optional<BrokenConnect> read_broken_connect(core::ByteView packet) {
  const proto::MqttFrame frame = proto::peek_mqtt_frame(packet);
  if (frame.state != proto::FrameState::done || frame.type != proto::MqttType::connect)
    return std::nullopt;
  wire::Reader in(packet.subspan(frame.header_size));
  field(in);  // the protocol's name
  const bool v5 = in.u8() == static_cast<std::uint8_t>(proto::MqttVersion::v5);
  const std::uint8_t flags = in.u8();
  in.u16();  // keep alive
  BrokenConnect out;
  if (v5) {
    const Field data = authentication_data(properties(in));
    out.authentication_data = data.text;
    out.authentication_data_cut = data.cut;
  }
  field(in);  // client id
  if ((flags & 0x04U) != 0) {
    if (v5) properties(in);
    field(in);  // will topic and payload
    field(in);
  }
  if ((flags & 0x80U) != 0) out.username = field(in).text;
  out.beginning = packet.first(frame.header_size + in.offset());
  if ((flags & 0x40U) != 0) {
    const Field password = field(in);
    out.password = password.text;
    out.password_cut = password.cut;
  }
  out.rest = core::as_text(in.rest());
  return out;
}

}  // namespace wxsec::sniff
