// One connection, one question at a time: send a packet, read until its answer is there. Messages
// that arrive in between are kept (and acknowledged) for next() and fence(). Whatever ends the
// connection is told with everything that is known about it, because under TLS 1.3 the reason for
// a refused certificate arrives only now, as an alert in place of the CONNACK.
#include "lib/mqtt/raw_client.h"

#include <fmt/core.h>

#include <array>
#include <deque>

#include "lib/core/escape.h"
#include "lib/proto/mqtt_packet.h"

namespace wxsec::mqtt {
namespace {

using core::Bytes;
using core::ByteView;
using core::Code;
using core::Deadline;
using proto::MqttType;
using proto::MqttVersion;

constexpr std::size_t kMaxKept = 10'000;  // messages waiting to be fetched; more end the connection
constexpr std::uint8_t kFirstFailure = 0x80;  // MQTT 5 2.4, and SUBACK in 3.1.1

MqttVersion wire_version(Version version) {
  return version == Version::v5 ? MqttVersion::v5 : MqttVersion::v311;
}

// The peer's own words about its answer, if it has any (MQTT 5 3.2.2.3.9).
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

}  // namespace

std::string_view stage_name(Stage stage) {
  switch (stage) {
    case Stage::resolve: return "resolve";
    case Stage::tcp: return "tcp";
    case Stage::tls: return "tls";
    case Stage::mqtt: return "mqtt";
    case Stage::done: return "done";
  }
  return "?";
}

struct RawClient::State {
  std::unique_ptr<ByteStream> stream;
  std::chrono::milliseconds timeout;
  MqttVersion version = MqttVersion::v311;
  Bytes buffer;  // received, not yet taken
  Bytes packet;  // the one that `decoded` views into
  proto::MqttPacket decoded;
  std::deque<Received> kept;
  std::uint16_t last_id = 0;
  Refusal refusal;  // why the last step failed

  std::uint16_t next_id() {
    last_id = last_id == 65535 ? std::uint16_t{1} : static_cast<std::uint16_t>(last_id + 1);
    return last_id;
  }
  bool fail_with(Refusal why) {
    refusal = std::move(why);
    return false;
  }
  bool fail_with(const core::Error& error);
  bool send(ByteView bytes);
  bool fill(const Deadline& deadline);
  bool take_packet(const Deadline& deadline);
  bool take_decoded(const Deadline& deadline);
  bool keep_message();
  bool answer(MqttType type, std::uint16_t id);
  template <class Body>
  const Body* await(MqttType type, std::uint16_t id);
};

// Names what broke the connection: TLS first, since its alert is the true reason.
bool RawClient::State::fail_with(const core::Error& error) {
  Refusal why{.stage = Stage::mqtt, .error = error, .tls = {}, .reason = {}};
  const tls::Failure* const failure = stream->failure();
  if (failure != nullptr && failure->cause != tls::Cause::none) why.tls = *failure;
  if (why.tls.alert) why.stage = Stage::tls;
  why.closed_without_a_word =
      !why.tls.alert && error.code != Code::timeout && error.code != Code::protocol;
  return fail_with(std::move(why));
}

bool RawClient::State::send(ByteView bytes) {
  const Deadline deadline = Deadline::in(timeout);
  const auto sent = stream->write(bytes, deadline);
  if (sent) return true;
  // The peer may have said why before it closed: that is worth more than "broken pipe".
  std::array<std::uint8_t, 512> rest{};
  const auto last_words = stream->read(rest, deadline);
  return fail_with(last_words ? sent.error() : last_words.error());
}

bool RawClient::State::fill(const Deadline& deadline) {
  std::array<std::uint8_t, 16384> chunk{};
  const auto count = stream->read(chunk, deadline);
  if (!count) return fail_with(count.error());
  if (*count == 0)
    return fail_with(core::Error{Code::refused, "the peer closed the connection", {}});
  buffer.insert(buffer.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(*count));
  return true;
}

bool RawClient::State::take_packet(const Deadline& deadline) {
  for (;;) {
    const proto::MqttFrame frame = proto::peek_mqtt_frame(buffer);
    if (frame.state == proto::FrameState::bad)
      return fail_with(protocol_refusal("the peer does not speak MQTT"));
    if (frame.state == proto::FrameState::done && frame.size > kMaxPacket)
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

bool RawClient::State::take_decoded(const Deadline& deadline) {
  if (!take_packet(deadline)) return false;
  decoded = {};
  if (proto::decode_mqtt(packet, version, decoded)) return true;
  return fail_with(
      protocol_refusal(fmt::format("the peer sends broken MQTT: {}", decoded.problem)));
}

// A PUBLISH that came between: kept, and acknowledged so that the broker sends the next.
bool RawClient::State::keep_message() {
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

bool RawClient::State::answer(MqttType type, std::uint16_t id) {
  return send(
      proto::encode_mqtt_ack(type, {.packet_id = id, .reason = 0, .properties = {}}, version));
}

// Reads until a packet of `type` with this id (0: any) is there; its views live until the next
// call. Null after a refusal; a DISCONNECT of the peer (MQTT 5) is one.
template <class Body>
const Body* RawClient::State::await(MqttType type, std::uint16_t id) {
  const Deadline deadline = Deadline::in(timeout);
  while (take_decoded(deadline)) {
    if (decoded.type == MqttType::publish) {
      if (!keep_message()) return nullptr;
      continue;
    }
    if (decoded.type == MqttType::pubrel) {
      if (!answer(MqttType::pubcomp, std::get<proto::MqttAck>(decoded.body).packet_id))
        return nullptr;
      continue;
    }
    if (decoded.type == MqttType::disconnect) {
      const auto& bye = std::get<proto::MqttReason>(decoded.body);
      fail_with(said_no("the peer disconnects us", bye.reason,
                        reason_text(decoded.type, version, bye.reason, bye.properties)));
      return nullptr;
    }
    const Body* const body = std::get_if<Body>(&decoded.body);
    if (decoded.type != type || body == nullptr) {
      fail_with(protocol_refusal(fmt::format("the peer sends {} where {} was due",
                                             proto::mqtt_type_name(decoded.type),
                                             proto::mqtt_type_name(type))));
      return nullptr;
    }
    if constexpr (requires { body->packet_id; }) {
      if (body->packet_id != id) continue;  // the answer to an older question
    }
    return body;
  }
  return nullptr;
}

RawClient::RawClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
RawClient::~RawClient() = default;

std::unique_ptr<RawClient> RawClient::over(std::unique_ptr<ByteStream> stream,
                                           std::chrono::milliseconds timeout) {
  auto state = std::make_unique<State>();
  state->stream = std::move(stream);
  state->timeout = timeout;
  return std::unique_ptr<RawClient>(new RawClient(std::move(state)));
}

RawResult<Accepted> RawClient::connect(const RawConnect& connect) {
  State& state = *state_;
  state.version = wire_version(connect.version);
  proto::MqttConnect packet;
  packet.version = state.version;
  packet.clean_start = connect.session == Session::clean;
  packet.keep_alive_s = static_cast<std::uint16_t>(
      std::min<std::chrono::seconds::rep>(connect.keep_alive.count(), 65535));
  packet.client_id = connect.client_id;
  proto::MqttPropertyWriter properties;
  if (connect.session_expiry)
    properties.number(proto::MqttPropertyId::session_expiry_interval,
                      static_cast<std::uint32_t>(connect.session_expiry->count()));
  packet.properties = properties.view();
  if (connect.username) {
    packet.username = *connect.username;
    if (!connect.password.empty()) packet.password = connect.password.reveal_bytes();
  }
  if (connect.will) {
    packet.will = proto::MqttWill{.topic = connect.will->topic,
                                  .payload = core::as_bytes(connect.will->payload),
                                  .qos = static_cast<std::uint8_t>(connect.will->qos),
                                  .retain = connect.will->retain == Retain::yes,
                                  .properties = {}};
  }
  if (!state.send(proto::encode_mqtt(packet))) return {std::nullopt, state.refusal};
  const auto* ack = state.await<proto::MqttConnack>(MqttType::connack, 0);
  if (ack == nullptr) return {std::nullopt, state.refusal};
  const std::string text =
      reason_text(MqttType::connack, state.version, ack->reason, ack->properties);
  if (ack->reason != 0) return {std::nullopt, said_no("connection refused", ack->reason, text)};
  return {Accepted{ack->reason, text, ack->session_present}, {}};
}

RawResult<Accepted> RawClient::publish(const Message& message) {
  State& state = *state_;
  const bool wants_ack = message.qos != Qos::at_most_once;
  const std::uint16_t id = wants_ack ? state.next_id() : std::uint16_t{0};
  const proto::MqttPublish packet{.topic = message.topic,
                                  .payload = core::as_bytes(message.payload),
                                  .qos = static_cast<std::uint8_t>(message.qos),
                                  .retain = message.retain == Retain::yes,
                                  .duplicate = false,
                                  .packet_id = id,
                                  .properties = {}};
  if (!state.send(proto::encode_mqtt(packet, state.version))) return {std::nullopt, state.refusal};
  if (!wants_ack) return {Accepted{}, {}};
  const auto* ack = state.await<proto::MqttAck>(MqttType::puback, id);
  if (ack == nullptr) return {std::nullopt, state.refusal};
  const std::string text =
      reason_text(MqttType::puback, state.version, ack->reason, ack->properties);
  if (ack->reason >= kFirstFailure)
    return {std::nullopt, said_no("publish refused", ack->reason, text)};
  return {Accepted{ack->reason, text, false}, {}};
}

RawResult<Accepted> RawClient::subscribe(std::string_view filter, Qos qos) {
  State& state = *state_;
  const std::uint16_t id = state.next_id();
  const proto::MqttFilter one{filter, static_cast<std::uint8_t>(qos)};
  if (!state.send(proto::encode_mqtt_subscribe(id, {&one, 1}, {}, state.version)))
    return {std::nullopt, state.refusal};
  const auto* ack = state.await<proto::MqttSuback>(MqttType::suback, id);
  if (ack == nullptr) return {std::nullopt, state.refusal};
  if (ack->codes.size() != 1)
    return {std::nullopt, protocol_refusal("the SUBACK does not answer one filter")};
  const std::uint8_t reason = ack->codes.front();
  const std::string text = reason_text(MqttType::suback, state.version, reason, ack->properties);
  if (reason >= kFirstFailure) return {std::nullopt, said_no("subscription refused", reason, text)};
  return {Accepted{reason, text, false}, {}};
}

RawResult<Received> RawClient::next(std::chrono::milliseconds timeout) {
  State& state = *state_;
  const Deadline deadline = Deadline::in(timeout);
  while (state.kept.empty()) {
    if (!state.take_decoded(deadline)) return {std::nullopt, state.refusal};
    if (state.decoded.type == MqttType::publish && !state.keep_message())
      return {std::nullopt, state.refusal};
  }
  Received message = std::move(state.kept.front());
  state.kept.pop_front();
  return {std::move(message), {}};
}

RawResult<std::vector<Received>> RawClient::fence() {
  State& state = *state_;
  if (!state.send(proto::encode_mqtt_ping(MqttType::pingreq)) ||
      state.await<proto::MqttPing>(MqttType::pingresp, 0) == nullptr)
    return {std::nullopt, state.refusal};
  std::vector<Received> out(std::make_move_iterator(state.kept.begin()),
                            std::make_move_iterator(state.kept.end()));
  state.kept.clear();
  return {std::move(out), {}};
}

void RawClient::disconnect() {
  state_->send(proto::encode_mqtt_reason(MqttType::disconnect, {}, state_->version));
  state_->stream = closed_stream();
}

RawResult<Accepted> RawClient::send_bytes(ByteView bytes) {
  if (!state_->send(bytes)) return {std::nullopt, state_->refusal};
  return {Accepted{}, {}};
}

RawResult<Bytes> RawClient::next_packet() {
  if (!state_->take_packet(Deadline::in(state_->timeout))) return {std::nullopt, state_->refusal};
  return {state_->packet, {}};
}

const tls::Peer* RawClient::peer() const { return state_->stream->peer(); }

}  // namespace wxsec::mqtt
