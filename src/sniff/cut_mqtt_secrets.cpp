#include "src/sniff/cut_mqtt_secrets.h"
#include "src/sniff/field_secret.h"

#include <algorithm>

#include "lib/proto/mqtt_packet.h"
#include "lib/wire/reader.h"
#include "src/sniff/secret_names.h"

namespace wxsec::sniff {
namespace {

constexpr std::uint8_t kUserProperty = 0x26;  // MQTT 5 2.2.2.2
constexpr std::size_t kLongestName = 64;

// `bytes` stand behind the identifier, if it is one: a name and a value, each with its length. How
// many of them a secret takes, 0 if there is none.
std::size_t user_property(core::ByteView bytes, SecretsSeen& out) {
  wire::Reader in(bytes);
  if (in.left() < 2) return 0;
  const std::size_t name_size = in.u16();
  if (name_size == 0 || name_size > kLongestName || name_size + 2 > in.left()) return 0;
  const std::string_view name = in.text(name_size);
  const std::size_t size = in.u16();
  const bool cut = size > in.left();
  const std::string_view value = in.text(std::min(size, in.left()));
  if (!is_secret(name, value)) return 0;
  add_field(out, cut ? "mqtt user property (cut)" : "mqtt user property", name, std::string(value),
            value);
  return in.offset();
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
    // Not within what was taken: nobody may make us copy the same bytes again and again.
    const std::size_t taken = user_property(packet.subspan(behind), out);
    at = std::find(at + 1 + static_cast<std::ptrdiff_t>(taken), packet.end(), kUserProperty);
  }
}

}  // namespace wxsec::sniff
