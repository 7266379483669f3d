// One connection, one question at a time: send a packet, read until its answer is there. Messages
// that arrive in between are kept (and acknowledged) for next() and fence(). Whatever ends the
// connection is told with everything that is known about it, because under TLS 1.3 the reason for
// a refused certificate arrives only now, as an alert in place of the CONNACK.
#include "lib/mqtt/raw_client.h"

#include <algorithm>
#include <iterator>

#include "lib/mqtt/raw_session.h"

namespace wxsec::mqtt {
namespace {

using core::Bytes;
using core::ByteView;
using core::Deadline;
using proto::MqttType;
using proto::MqttVersion;

constexpr std::uint8_t kFirstFailure = 0x80;  // MQTT 5 2.4, and SUBACK in 3.1.1

MqttVersion wire_version(Version version) {
  return version == Version::v5 ? MqttVersion::v5 : MqttVersion::v311;
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

struct RawClient::State : RawSession {};

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
