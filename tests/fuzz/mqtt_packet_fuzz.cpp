// First byte: the version; the rest: one packet, then the same bytes as a stream.
#include "lib/proto/mqtt_packet.h"

using namespace wxsec::proto;

namespace {

void walk(const MqttPacket& packet) {
  if (const auto* a = std::get_if<MqttSubscribe>(&packet.body)) {
    MqttFilterReader reader(*a);
    while (reader.next()) {
    }
  }
  if (const auto* a = std::get_if<MqttConnect>(&packet.body)) encode_mqtt(*a);
  (void)mqtt_reason_name(packet.type, MqttVersion::v5, packet.flags);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const auto version = static_cast<MqttVersion>(data[0] % 6);
  const wxsec::core::ByteView bytes(data + 1, size - 1);
  MqttPacket packet;
  if (decode_mqtt(bytes, version, packet)) walk(packet);
  decode_mqtt_beginning(bytes, version, packet);
  return 0;
}
