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

void properties(LineWriter& line, std::string_view key, core::ByteView raw, Secrets secrets) {
  if (raw.empty()) return;
  line.open_object(key);
  std::vector<std::pair<std::string_view, std::string_view>> user;
  proto::MqttPropertyReader reader(raw);
  while (const auto one = reader.next()) {
    const std::string_view name = proto::mqtt_property_name(static_cast<std::uint8_t>(one->id));
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
      default: line.number(name, one->number); break;
    }
  }
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
    payload(line, "payload", "payload_base64", packet.payload, found);
    line.number("qos", packet.qos).boolean("retain", packet.retain);
    if (packet.duplicate) line.boolean("duplicate", true);
    if (packet.qos > 0) line.number("packet_id", packet.packet_id);
    if (message.truncated) line.boolean("truncated", true);
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
