// What arrives is cut into packets by their own length, which is bounded before anything is kept;
// what is no answer to our question but a message is kept and acknowledged. Whatever ends the
// connection is told with everything that is known about it.
#include "lib/mqtt/raw_session.h"

#include <fmt/core.h>

#include <array>
#include <optional>

#include "lib/core/escape.h"

namespace wxsec::mqtt {

using core::ByteView;
using core::Code;
using core::Deadline;
using proto::MqttType;
using proto::MqttVersion;

constexpr std::size_t kMaxKept = 10'000;  // messages waiting to be fetched; more end the connection

std::string reason_text(MqttType type, MqttVersion version, std::uint8_t reason,
                        ByteView properties) {
  std::string text(proto::mqtt_reason_name(type, version, reason));
  const auto said = proto::find_mqtt_property(properties, proto::MqttPropertyId::reason_string);
  if (said && !said->text.empty()) text += fmt::format(" ({})", core::escape_terminal(said->text));
  return text;
}

Refusal protocol_refusal(std::string what) {
  return {.stage = Stage::mqtt,
          .error = {Code::protocol, std::move(what), {}},
          .tls = {},
          .reason = {}};
}

Refusal said_no(std::string_view what, std::uint8_t reason, const std::string& text) {
  return {.stage = Stage::mqtt,
          .error = {Code::denied, fmt::format("{}: {} (code 0x{:02x})", what, text, reason), {}},
          .tls = {},
          .reason = reason};
}

bool RawSession::fail_with(const core::Error& error) {
  Refusal why{.stage = Stage::mqtt, .error = error, .tls = {}, .reason = {}};
  const tls::Failure* const failure = stream->failure();
  if (failure != nullptr && failure->cause != tls::Cause::none) why.tls = *failure;
  if (why.tls.alert) why.stage = Stage::tls;
  why.closed_without_a_word =
      !why.tls.alert && error.code != Code::timeout && error.code != Code::protocol;
  return fail_with(std::move(why));
}

bool RawSession::send(ByteView bytes) {
  const Deadline deadline = Deadline::in(timeout);
  const auto sent = stream->write(bytes, deadline);
  if (sent) return true;
  // The peer may have said why before it closed: that is worth more than "broken pipe".
  std::array<std::uint8_t, 512> rest{};
  const auto last_words = stream->read(rest, deadline);
  return fail_with(last_words ? sent.error() : last_words.error());
}

bool RawSession::fill(const Deadline& deadline) {
  std::array<std::uint8_t, 16384> chunk{};
  const auto count = stream->read(chunk, deadline);
  if (!count) return fail_with(count.error());
  if (*count == 0)
    return fail_with(core::Error{Code::refused, "the peer closed the connection", {}});
  buffer.insert(buffer.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(*count));
  return true;
}

bool RawSession::take_packet(const Deadline& deadline) {
  for (;;) {
    const proto::MqttFrame frame = proto::peek_mqtt_frame(buffer);
    if (frame.state == proto::FrameState::bad)
      return fail_with(protocol_refusal("the peer does not speak MQTT"));
    if (frame.state == proto::FrameState::done && frame.size > RawClient::kMaxPacket)
      return fail_with(protocol_refusal("the peer sends a packet of more than 1 MiB"));
    if (frame.state == proto::FrameState::done && buffer.size() >= frame.size) {
      const auto end = buffer.begin() + static_cast<std::ptrdiff_t>(frame.size);
      packet.assign(buffer.begin(), end);
      buffer.erase(buffer.begin(), end);
      return true;
    }
    if (!fill(deadline)) return false;
  }
}

bool RawSession::take_decoded(const Deadline& deadline) {
  if (!take_packet(deadline)) return false;
  decoded = {};
  if (proto::decode_mqtt(packet, version, decoded)) return true;
  return fail_with(
      protocol_refusal(fmt::format("the peer sends broken MQTT: {}", decoded.problem)));
}

// A PUBLISH that came between: kept, and acknowledged so that the broker sends the next.
bool RawSession::keep_message() {
  const auto& publish = std::get<proto::MqttPublish>(decoded.body);
  if (kept.size() >= kMaxKept)
    return fail_with(protocol_refusal("more messages came than anybody fetched"));
  kept.push_back({{std::string(publish.topic), std::string(core::as_text(publish.payload)),
                   publish.qos == 0 ? Qos::at_most_once : Qos::at_least_once,
                   publish.retain ? Retain::yes : Retain::no},
                  publish.packet_id});
  if (publish.qos == 0) return true;
  const MqttType type = publish.qos == 1 ? MqttType::puback : MqttType::pubrec;
  return answer(type, publish.packet_id);
}

bool RawSession::answer(MqttType type, std::uint16_t id) {
  return send(
      proto::encode_mqtt_ack(type, {.packet_id = id, .reason = 0, .properties = {}}, version));
}

namespace {

// The id of a packet that answers another; nothing for those that have none.
std::optional<std::uint16_t> id_of(const proto::MqttBody& body) {
  return std::visit(
      [](const auto& one) -> std::optional<std::uint16_t> {
        if constexpr (requires { one.packet_id; }) return one.packet_id;
        return std::nullopt;
      },
      body);
}

}  // namespace

bool RawSession::await_packet(MqttType type, std::uint16_t id) {
  const Deadline deadline = Deadline::in(timeout);
  while (take_decoded(deadline)) {
    if (decoded.type == MqttType::publish) {
      if (!keep_message()) return false;
    } else if (decoded.type == MqttType::pubrel) {
      if (!answer(MqttType::pubcomp, id_of(decoded.body).value_or(0))) return false;
    } else if (decoded.type == MqttType::disconnect) {
      const auto& bye = std::get<proto::MqttReason>(decoded.body);
      return fail_with(said_no("the peer disconnects us", bye.reason,
                               reason_text(decoded.type, version, bye.reason, bye.properties)));
    } else if (decoded.type != type) {
      return fail_with(protocol_refusal(fmt::format("the peer sends {} where {} was due",
                                                    proto::mqtt_type_name(decoded.type),
                                                    proto::mqtt_type_name(type))));
    } else if (id_of(decoded.body).value_or(id) == id) {
      return true;  // otherwise it is the answer to an older question
    }
  }
  return false;
}

}  // namespace wxsec::mqtt
