// Every packet type has its fields, and MQTT 5 adds properties to nearly all of them.
#include "src/sniff/json_mqtt.h"

#include <string>
#include <utility>
#include <vector>

#include "src/sniff/json_payload.h"
#include "src/sniff/masking.h"
#include "src/sniff/secret_names.h"

namespace wxsec::sniff {
namespace {

using json::LineWriter;

// MQTT 5.0 3.3.2.3.8: a PUBLISH that several subscriptions asked for names all of them.
void subscription_identifiers(LineWriter& line, const std::vector<std::uint32_t>& numbers) {
  constexpr std::string_view kName = "subscription_identifier";
  if (numbers.size() == 1) line.number(kName, numbers.front());
  if (numbers.size() < 2) return;
  line.open_array(kName);
  for (const std::uint32_t one : numbers) line.item(std::uint64_t{one});
  line.close_array();
}

void properties(LineWriter& line, std::string_view key, core::ByteView raw, Secrets secrets) {
  if (raw.empty()) return;
  line.open_object(key);
  std::vector<std::pair<std::string_view, std::string_view>> user;
  std::vector<std::uint32_t> subscriptions;
  std::uint64_t told = 0;  // a bit for each: the first counts where only one is allowed
  proto::MqttPropertyReader reader(raw);
  while (const auto one = reader.next()) {
    const std::string_view name = proto::mqtt_property_name(static_cast<std::uint8_t>(one->id));
    const bool several = one->id == proto::MqttPropertyId::user_property ||
                         one->id == proto::MqttPropertyId::subscription_identifier;
    const std::uint64_t bit = std::uint64_t{1} << (static_cast<unsigned>(one->id) & 63U);
    if (!several && (told & bit) != 0) continue;
    told |= bit;
    switch (one->kind) {
      case proto::MqttPropertyKind::pair: user.emplace_back(one->key, one->text); break;
      case proto::MqttPropertyKind::text: line.text(name, one->text); break;
      case proto::MqttPropertyKind::binary:
        if (one->id == proto::MqttPropertyId::authentication_data && secrets == Secrets::masked) {
          line.text(name, mask(one->text));
        } else {
          line.base64(name, core::as_bytes(one->text));
        }
        break;
      default:
        if (one->id == proto::MqttPropertyId::subscription_identifier) {
          subscriptions.push_back(one->number);
        } else {
          line.number(name, one->number);
        }
        break;
    }
  }
  subscription_identifiers(line, subscriptions);
  if (!user.empty()) {
    line.open_array("user_property");
    for (const auto& [name, value] : user) {
      const bool named = secrets == Secrets::masked && is_secret_name(name);
      line.open_item_object().text("name", name);
      line.text("value", named ? mask(value) : std::string(value)).close_object();
    }
    line.close_array();
  }
  line.close_object();
}

struct MqttWriter {
  LineWriter& line;
  const flow::MqttMessage& message;
  Secrets secrets;
  const SecretsSeen& found;  // to be masked

  void reason(std::uint8_t code) const {
    line.number("reason_code", code);
    line.plain("reason", proto::mqtt_reason_name(message.packet->type, message.version, code));
  }
  void operator()(std::monostate) const {}
  void operator()(const proto::MqttPing&) const {}
  void operator()(const proto::MqttConnect& packet) const {
    line.text("version", proto::mqtt_version_name(packet.version));
    line.text("client_id", packet.client_id);
    line.boolean("clean_start", packet.clean_start).number("keep_alive_s", packet.keep_alive_s);
    if (packet.username) line.text("username", *packet.username);
    if (packet.password) {
      if (secrets == Secrets::shown) {
        payload(line, "password", "password_base64", *packet.password);
      } else {
        line.text("password", mask(core::as_text(*packet.password)));
      }
    }
    if (packet.will) {
      line.open_object("will").text("topic", packet.will->topic);
      payload(line, "payload", "payload_base64", packet.will->payload, found);
      line.number("qos", packet.will->qos).boolean("retain", packet.will->retain);
      properties(line, "properties", packet.will->properties, secrets);
      line.close_object();
    }
    properties(line, "properties", packet.properties, secrets);
  }
  void operator()(const proto::MqttConnack& packet) const {
    line.boolean("session_present", packet.session_present);
    reason(packet.reason);
    properties(line, "properties", packet.properties, secrets);
  }
  void operator()(const proto::MqttPublish& packet) const {
    line.text("topic", message.topic);
    if (message.topic_unresolved()) line.boolean("topic_unresolved", true);
    payload(line, "payload", "payload_base64", packet.payload, found);
    line.number("qos", packet.qos).boolean("retain", packet.retain);
    if (packet.duplicate) line.boolean("duplicate", true);
    if (packet.qos > 0) line.number("packet_id", packet.packet_id);
    if (message.truncated) line.boolean("truncated", true);
    if (message.incomplete) line.boolean("incomplete", true);
    properties(line, "properties", packet.properties, secrets);
  }
  void operator()(const proto::MqttAck& packet) const {
    line.number("packet_id", packet.packet_id);
    if (message.version == proto::MqttVersion::v5) reason(packet.reason);
    properties(line, "properties", packet.properties, secrets);
  }
  template <class Packet>
  void filters(const Packet& packet) const {
    line.number("packet_id", packet.packet_id).open_array("filters");
    proto::MqttFilterReader reader(packet);
    while (const auto filter = reader.next()) {
      line.open_item_object().text("topic", filter->topic);
      if constexpr (std::is_same_v<Packet, proto::MqttSubscribe>) {
        line.number("qos", filter->options & 3U);
        if (message.version == proto::MqttVersion::v5)
          line.boolean("no_local", (filter->options & 4U) != 0)
              .boolean("retain_as_published", (filter->options & 8U) != 0)
              .number("retain_handling", (filter->options >> 4) & 3U);
      }
      line.close_object();
    }
    line.close_array();
    properties(line, "properties", packet.properties, secrets);
  }
  void operator()(const proto::MqttSubscribe& packet) const { filters(packet); }
  void operator()(const proto::MqttUnsubscribe& packet) const { filters(packet); }
  void operator()(const proto::MqttSuback& packet) const {
    line.number("packet_id", packet.packet_id).open_array("reason_codes");
    for (const std::uint8_t code : packet.codes) line.item(std::uint64_t{code});
    line.close_array().open_array("reasons");
    for (const std::uint8_t code : packet.codes)
      line.item(proto::mqtt_reason_name(message.packet->type, message.version, code));
    line.close_array();
    properties(line, "properties", packet.properties, secrets);
  }
  void operator()(const proto::MqttReason& packet) const {
    if (message.version == proto::MqttVersion::v5) reason(packet.reason);
    properties(line, "properties", packet.properties, secrets);
  }
};

}  // namespace

void write_mqtt(LineWriter& line, const flow::MqttMessage& message, Secrets secrets,
                const SecretsSeen& hidden) {
  std::visit(MqttWriter{line, message, secrets, hidden}, message.packet->body);
}

}  // namespace wxsec::sniff
