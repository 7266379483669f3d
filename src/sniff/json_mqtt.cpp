// Every packet type has its fields, and MQTT 5 adds properties to nearly all of them. Nobody keeps
// people from using the password as a client id or in a topic, so every text is masked.
#include "src/sniff/json_mqtt.h"

#include "src/sniff/json_payload.h"
#include "src/sniff/json_properties.h"
#include "src/sniff/masking.h"

namespace wxsec::sniff {
namespace {

using json::LineWriter;

struct MqttWriter {
  LineWriter& line;
  const flow::MqttMessage& message;
  Secrets secrets;
  const Masks& found;  // to be masked

  void text(std::string_view key, std::string_view value) const {
    clean_text(line, key, value, found);
  }
  void properties(core::ByteView raw) const { write_properties(line, raw, secrets, found); }
  void reason(std::uint8_t code) const {
    line.number("reason_code", code);
    line.plain("reason", proto::mqtt_reason_name(message.packet->type, message.version, code));
  }
  void operator()(std::monostate) const {}
  void operator()(const proto::MqttPing&) const {}
  void operator()(const proto::MqttConnect& packet) const {
    line.text("version", proto::mqtt_version_name(packet.version));
    text("client_id", packet.client_id);
    line.boolean("clean_start", packet.clean_start).number("keep_alive_s", packet.keep_alive_s);
    if (packet.username) text("username", *packet.username);
    if (packet.password) {
      if (secrets == Secrets::shown) {
        payload(line, "password", "password_base64", *packet.password);
      } else {
        line.text("password", mask(core::as_text(*packet.password)));
      }
    }
    if (packet.will) {
      line.open_object("will");
      text("topic", packet.will->topic);
      payload(line, "payload", "payload_base64", packet.will->payload, found);
      line.number("qos", packet.will->qos).boolean("retain", packet.will->retain);
      properties(packet.will->properties);
      line.close_object();
    }
    properties(packet.properties);
  }
  void operator()(const proto::MqttConnack& packet) const {
    line.boolean("session_present", packet.session_present);
    reason(packet.reason);
    properties(packet.properties);
  }
  void operator()(const proto::MqttPublish& packet) const {
    text("topic", message.topic);
    if (message.topic_unresolved()) line.boolean("topic_unresolved", true);
    payload(line, "payload", "payload_base64", packet.payload, found);
    line.number("qos", packet.qos).boolean("retain", packet.retain);
    if (packet.duplicate) line.boolean("duplicate", true);
    if (packet.qos > 0) line.number("packet_id", packet.packet_id);
    if (message.truncated) line.boolean("truncated", true);
    if (message.incomplete) line.boolean("incomplete", true);
    properties(packet.properties);
  }
  void operator()(const proto::MqttAck& packet) const {
    line.number("packet_id", packet.packet_id);
    if (message.version == proto::MqttVersion::v5) reason(packet.reason);
    properties(packet.properties);
  }
  template <class Packet>
  void filters(const Packet& packet) const {
    line.number("packet_id", packet.packet_id).open_array("filters");
    proto::MqttFilterReader reader(packet);
    while (const auto filter = reader.next()) {
      line.open_item_object();
      text("topic", filter->topic);
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
    properties(packet.properties);
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
    properties(packet.properties);
  }
  void operator()(const proto::MqttReason& packet) const {
    if (message.version == proto::MqttVersion::v5) reason(packet.reason);
    properties(packet.properties);
  }
};

}  // namespace

void write_mqtt(LineWriter& line, const flow::MqttMessage& message, Secrets secrets,
                const Masks& hidden) {
  std::visit(MqttWriter{line, message, secrets, hidden}, message.packet->body);
}

}  // namespace wxsec::sniff
