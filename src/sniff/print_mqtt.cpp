// Names and topics are the network's, so all of them go through shown().
#include "src/sniff/print_mqtt.h"

#include "src/sniff/masking.h"
#include "src/sniff/secret_names.h"
#include "src/sniff/shown.h"

namespace wxsec::sniff {
namespace {

struct MqttText {
  const term::Style& style;
  const flow::MqttMessage& message;
  Secrets secrets;
  std::size_t most;    // bytes of a payload
  const Masks& found;  // to be masked

  std::string clean(std::string_view text, std::size_t most_shown = kMaxText) const {
    if (found.empty()) return shown(text, most_shown);
    return shown(found.copy(text), most_shown);
  }
  std::string clean(core::ByteView bytes, std::size_t most_shown) const {
    return clean(core::as_text(bytes), most_shown);
  }
  std::string property(const proto::MqttProperty& one) const {
    const bool masked = secrets == Secrets::masked;
    const bool secret = one.id == proto::MqttPropertyId::authentication_data;
    if (one.kind == proto::MqttPropertyKind::pair)
      return fmt::format("={}:{}", clean(one.key),
                         masked && is_secret(one.key, one.text) ? mask(one.text) : clean(one.text));
    if (one.text.empty()) return fmt::format("={}", one.number);
    return '=' + (secret && masked ? mask(one.text) : clean(one.text));
  }
  std::string properties(core::ByteView raw) const {
    std::string out;
    proto::MqttPropertyReader reader(raw);
    while (const auto one = reader.next()) {
      out += ' ';
      out += proto::mqtt_property_name(static_cast<std::uint8_t>(one->id));
      out += property(*one);
    }
    return out;
  }
  std::string reason(std::uint8_t code) const {
    const std::string text = fmt::format(
        "{} ({})", proto::mqtt_reason_name(message.packet->type, message.version, code), code);
    return code == 0 ? text : style.yellow(text);
  }
  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(const proto::MqttPing&) const { return ""; }
  std::string operator()(const proto::MqttConnect& packet) const {
    std::string out = fmt::format(" MQTT {} client_id={}", proto::mqtt_version_name(packet.version),
                                  clean(packet.client_id));
    if (packet.username) out += " user=" + style.bad(clean(*packet.username));
    if (packet.password) {
      const std::string_view password = core::as_text(*packet.password);
      out += " password=" + style.bad(secrets == Secrets::shown ? shown(password) : mask(password));
    }
    if (packet.will)
      out += fmt::format(" will={} {}", clean(packet.will->topic),
                         clean(packet.will->payload, kMaxText));
    return out + properties(packet.properties);
  }
  std::string operator()(const proto::MqttConnack& packet) const {
    return ' ' + reason(packet.reason) + properties(packet.properties);
  }
  std::string operator()(const proto::MqttPublish& packet) const {
    std::string out =
        ' ' + style.bold(message.topic_unresolved() ? "(topic unknown)" : clean(message.topic));
    if (packet.qos > 0) out += fmt::format(" qos={} id={}", packet.qos, packet.packet_id);
    if (packet.retain) out += " retain";
    if (packet.duplicate) out += " dup";
    return out + properties(packet.properties) + ' ' + clean(packet.payload, most);
  }
  std::string operator()(const proto::MqttAck& packet) const {
    std::string out = fmt::format(" id={}", packet.packet_id);
    if (packet.reason != 0) out += ' ' + reason(packet.reason);
    return out + properties(packet.properties);
  }
  template <class Packet>
  std::string filters(const Packet& packet) const {
    std::string out = fmt::format(" id={}", packet.packet_id);
    proto::MqttFilterReader reader(packet);
    while (const auto filter = reader.next()) out += ' ' + clean(filter->topic);
    return out + properties(packet.properties);
  }
  std::string operator()(const proto::MqttSubscribe& packet) const { return filters(packet); }
  std::string operator()(const proto::MqttUnsubscribe& packet) const { return filters(packet); }
  std::string operator()(const proto::MqttSuback& packet) const {
    std::string out = fmt::format(" id={}", packet.packet_id);
    for (const std::uint8_t code : packet.codes) out += ' ' + reason(code);
    return out;
  }
  std::string operator()(const proto::MqttReason& packet) const {
    if (message.version != proto::MqttVersion::v5) return "";
    return ' ' + reason(packet.reason) + properties(packet.properties);
  }
};

}  // namespace

std::string mqtt_text(const term::Style& style, const flow::MqttMessage& message, Secrets secrets,
                      std::size_t most, const Masks& hidden) {
  return std::visit(MqttText{style, message, secrets, most, hidden}, message.packet->body);
}

}  // namespace wxsec::sniff
