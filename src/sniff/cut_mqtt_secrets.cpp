#include "src/sniff/cut_mqtt_secrets.h"

#include <algorithm>

#include "lib/proto/mqtt_packet.h"
#include "lib/wire/reader.h"
#include "src/sniff/secret_names.h"

namespace wxsec::sniff {
namespace {

constexpr std::uint8_t kUserProperty = 0x26;  // MQTT 5 2.2.2.2
constexpr std::size_t kLongestName = 64;

// `bytes` stand behind the identifier, if it is one: a name and a value, each with its length.
void user_property(core::ByteView bytes, SecretsSeen& out) {
  wire::Reader in(bytes);
  if (in.left() < 2) return;
  const std::size_t name_size = in.u16();
  if (name_size == 0 || name_size > kLongestName || name_size + 2 > in.left()) return;
  const std::string_view name = in.text(name_size);
  const std::size_t size = in.u16();
  const std::string_view value = in.text(std::min(size, in.left()));
  if (is_secret(name, value))
    add_secret(out, "mqtt user property", name, std::string(value), value);
}

// Of an exchange of proofs nothing but proofs is of interest, and where they begin is not known.
bool is_all_secret(std::uint8_t first) {
  const auto type = static_cast<proto::MqttType>(first >> 4U);
  return type == proto::MqttType::auth || type == proto::MqttType::connack;
}

}  // namespace

void scan_cut_mqtt(core::ByteView packet, SecretsSeen& out) {
  constexpr std::size_t kFixedHeader = 2;
  if (packet.size() <= kFixedHeader) return;
  if (is_all_secret(packet[0])) return add_hidden(out, core::as_text(packet.subspan(kFixedHeader)));
  auto at = std::find(packet.begin(), packet.end(), kUserProperty);
  while (at != packet.end()) {
    const auto behind = static_cast<std::size_t>(at - packet.begin()) + 1;
    user_property(packet.subspan(behind), out);
    at = std::find(at + 1, packet.end(), kUserProperty);
  }
}

}  // namespace wxsec::sniff
