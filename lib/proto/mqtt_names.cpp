// The names behind MQTT's numbers: packet types, versions, return and reason codes.
#include "lib/proto/mqtt_packet.h"

namespace wxsec::proto {
namespace {

// MQTT 3.1.1 table 3.1.
std::string_view connack_name(std::uint8_t code) {
  switch (code) {
    case 0: return "accepted";
    case 1: return "unacceptable protocol version";
    case 2: return "identifier rejected";
    case 3: return "server unavailable";
    case 4: return "bad user name or password";
    case 5: return "not authorized";
    default: return "unknown";
  }
}

std::string_view success_name(MqttType type, std::uint8_t code) {
  const bool subscription = type == MqttType::suback;
  switch (code) {
    case 0x00:
      if (type == MqttType::disconnect) return "normal disconnection";
      return subscription ? "granted QoS 0" : "success";
    case 0x01: return subscription ? "granted QoS 1" : "unknown";
    case 0x02: return subscription ? "granted QoS 2" : "unknown";
    case 0x04: return "disconnect with will message";
    case 0x10: return "no matching subscribers";
    case 0x11: return "no subscription existed";
    case 0x18: return "continue authentication";
    case 0x19: return "re-authenticate";
    default: return "unknown";
  }
}

// MQTT 5.0 table 2-6.
std::string_view error_name(std::uint8_t code) {
  switch (code) {
    case 0x80: return "unspecified error";
    case 0x81: return "malformed packet";
    case 0x82: return "protocol error";
    case 0x83: return "implementation specific error";
    case 0x84: return "unsupported protocol version";
    case 0x85: return "client identifier not valid";
    case 0x86: return "bad user name or password";
    case 0x87: return "not authorized";
    case 0x88: return "server unavailable";
    case 0x89: return "server busy";
    case 0x8A: return "banned";
    case 0x8B: return "server shutting down";
    case 0x8C: return "bad authentication method";
    case 0x8D: return "keep alive timeout";
    case 0x8E: return "session taken over";
    case 0x8F: return "topic filter invalid";
    case 0x90: return "topic name invalid";
    case 0x91: return "packet identifier in use";
    case 0x92: return "packet identifier not found";
    case 0x93: return "receive maximum exceeded";
    case 0x94: return "topic alias invalid";
    case 0x95: return "packet too large";
    case 0x96: return "message rate too high";
    case 0x97: return "quota exceeded";
    case 0x98: return "administrative action";
    case 0x99: return "payload format invalid";
    case 0x9A: return "retain not supported";
    case 0x9B: return "QoS not supported";
    case 0x9C: return "use another server";
    case 0x9D: return "server moved";
    case 0x9E: return "shared subscriptions not supported";
    case 0x9F: return "connection rate exceeded";
    case 0xA0: return "maximum connect time";
    case 0xA1: return "subscription identifiers not supported";
    case 0xA2: return "wildcard subscriptions not supported";
    default: return "unknown";
  }
}

}  // namespace

std::string_view mqtt_type_name(MqttType type) {
  switch (type) {
    case MqttType::reserved: return "reserved";
    case MqttType::connect: return "connect";
    case MqttType::connack: return "connack";
    case MqttType::publish: return "publish";
    case MqttType::puback: return "puback";
    case MqttType::pubrec: return "pubrec";
    case MqttType::pubrel: return "pubrel";
    case MqttType::pubcomp: return "pubcomp";
    case MqttType::subscribe: return "subscribe";
    case MqttType::suback: return "suback";
    case MqttType::unsubscribe: return "unsubscribe";
    case MqttType::unsuback: return "unsuback";
    case MqttType::pingreq: return "pingreq";
    case MqttType::pingresp: return "pingresp";
    case MqttType::disconnect: return "disconnect";
    case MqttType::auth: return "auth";
  }
  return "reserved";
}

std::string_view mqtt_version_name(MqttVersion version) {
  switch (version) {
    case MqttVersion::v31: return "3.1";
    case MqttVersion::v311: return "3.1.1";
    case MqttVersion::v5: return "5.0";
    case MqttVersion::unknown: break;
  }
  return "?";
}

std::string_view mqtt_reason_name(MqttType type, MqttVersion version, std::uint8_t code) {
  if (type == MqttType::connack && version != MqttVersion::v5) return connack_name(code);
  if (type == MqttType::suback && version != MqttVersion::v5 && code == 0x80) return "failure";
  return code < 0x80 ? success_name(type, code) : error_name(code);
}

}  // namespace wxsec::proto
