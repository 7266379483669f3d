// Two properties may stand in a packet more than once and become arrays; of the others the first
// counts.
#include "src/sniff/json_properties.h"

#include <string>
#include <utility>
#include <vector>

#include "lib/proto/mqtt_properties.h"
#include "src/sniff/json_payload.h"
#include "src/sniff/masking.h"
#include "src/sniff/secret_names.h"

namespace wxsec::sniff {
namespace {

using json::LineWriter;
using proto::MqttProperty;
using proto::MqttPropertyId;
using proto::MqttPropertyKind;

struct PropertiesWriter {
  LineWriter& line;
  Secrets secrets;
  const Masks& hidden;
  std::vector<std::pair<std::string_view, std::string_view>> user = {};
  std::vector<std::uint32_t> subscriptions = {};
  std::uint64_t told = 0;  // a bit for each that was

  bool is_repeated(const MqttProperty& one) {
    if (one.id == MqttPropertyId::user_property ||
        one.id == MqttPropertyId::subscription_identifier)
      return false;
    const std::uint64_t bit = std::uint64_t{1} << (static_cast<unsigned>(one.id) & 63U);
    const bool before = (told & bit) != 0;
    told |= bit;
    return before;
  }
  void binary(std::string_view name, const MqttProperty& one) const {
    if (one.id == MqttPropertyId::authentication_data && secrets == Secrets::masked) {
      line.text(name, mask(one.text));
    } else if (hidden.empty()) {
      line.base64(name, core::as_bytes(one.text));
    } else {
      line.base64(name, core::as_bytes(hidden.copy(one.text)));
    }
  }
  void take(const MqttProperty& one) {
    const std::string_view name = proto::mqtt_property_name(static_cast<std::uint8_t>(one.id));
    switch (one.kind) {
      case MqttPropertyKind::pair: user.emplace_back(one.key, one.text); break;
      case MqttPropertyKind::text: clean_text(line, name, one.text, hidden); break;
      case MqttPropertyKind::binary: binary(name, one); break;
      default:
        if (one.id == MqttPropertyId::subscription_identifier) {
          subscriptions.push_back(one.number);
        } else {
          line.number(name, one.number);
        }
        break;
    }
  }
  // MQTT 5.0 3.3.2.3.8: a PUBLISH that several subscriptions asked for names all of them.
  void subscription_identifiers() const {
    constexpr std::string_view kName = "subscription_identifier";
    if (subscriptions.size() == 1) line.number(kName, subscriptions.front());
    if (subscriptions.size() < 2) return;
    line.open_array(kName);
    for (const std::uint32_t one : subscriptions) line.item(std::uint64_t{one});
    line.close_array();
  }
  void user_properties() const {
    if (user.empty()) return;
    line.open_array("user_property");
    for (const auto& [name, value] : user) {
      line.open_item_object();
      clean_text(line, "name", name, hidden);
      if (secrets == Secrets::masked && is_secret_name(name)) {
        line.text("value", mask(value));
      } else {
        clean_text(line, "value", value, hidden);
      }
      line.close_object();
    }
    line.close_array();
  }
};

}  // namespace

void write_properties(LineWriter& line, core::ByteView raw, Secrets secrets, const Masks& hidden) {
  if (raw.empty()) return;
  line.open_object("properties");
  PropertiesWriter writer{line, secrets, hidden};
  proto::MqttPropertyReader reader(raw);
  while (const auto one = reader.next()) {
    if (!writer.is_repeated(*one)) writer.take(*one);
  }
  writer.subscription_identifiers();
  writer.user_properties();
  line.close_object();
}

}  // namespace wxsec::sniff
