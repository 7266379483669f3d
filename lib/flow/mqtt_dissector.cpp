// Packets one after the other, each with its length before it. What has to be remembered between
// them: the version, which only CONNECT tells, and in MQTT 5 the topics for which a number stands.
#include "lib/flow/mqtt_dissector.h"

#include <algorithm>

#include "lib/flow/guess.h"

namespace wxsec::flow {
namespace {

constexpr std::size_t kMaxPacket = std::size_t{1} << 20;
constexpr std::size_t kMaxAliasBytes = std::size_t{1} << 20;  // of one connection's aliases
constexpr std::size_t kAliasCost = 96;                        // of one, beside its topic

bool printable(core::ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) {
    return byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r';
  });
}

// Without CONNECT the version is unknown, and a 5.0 PUBLISH also parses as 3.1.1, its properties
// as part of the payload: then it begins with a byte that text does not begin with.
bool rather_version_5(const proto::MqttPublish& as_311, core::ByteView raw) {
  if (as_311.payload.empty() || as_311.payload[0] >= 0x20) return false;
  proto::MqttPacket other;
  if (!proto::decode_mqtt(raw, proto::MqttVersion::v5, other)) return false;
  const auto* publish = std::get_if<proto::MqttPublish>(&other.body);
  return publish != nullptr && !publish->payload.empty() && printable(publish->payload);
}

}  // namespace

bool MqttDissector::decode(core::ByteView raw, proto::MqttPacket& packet) {
  if (version_ != proto::MqttVersion::unknown || (raw[0] >> 4) == 1)
    return proto::decode_mqtt(raw, version_, packet);
  if (proto::decode_mqtt(raw, proto::MqttVersion::v311, packet)) {
    const auto* publish = std::get_if<proto::MqttPublish>(&packet.body);
    if (publish == nullptr || !rather_version_5(*publish, raw)) return true;
  }
  proto::MqttPacket other;
  if (!proto::decode_mqtt(raw, proto::MqttVersion::v5, other)) return false;
  version_ = proto::MqttVersion::v5;
  packet = other;
  return true;
}

std::string_view MqttDissector::topic_of(Direction direction, const proto::MqttPublish& publish) {
  if (version_ != proto::MqttVersion::v5 || publish.properties.empty()) return publish.topic;
  const auto alias =
      proto::find_mqtt_property(publish.properties, proto::MqttPropertyId::topic_alias);
  if (!alias) return publish.topic;
  if (!publish.topic.empty()) {
    bind(direction, alias->number, publish.topic);
    return publish.topic;
  }
  const auto& known = aliases_[index(direction)];
  const auto found = known.find(alias->number);
  return found == known.end() ? std::string_view{} : std::string_view(found->second);
}

// What has no room is forgotten, too: the topic before it is no longer meant.
void MqttDissector::bind(Direction direction, std::uint32_t alias, std::string_view topic) {
  const auto known = aliases_[index(direction)].find(alias);
  const bool same = known != aliases_[index(direction)].end() && known->second == topic;
  if (same) return;
  unbind(direction, alias);
  if (alias_bytes_ + kAliasCost + topic.size() <= kMaxAliasBytes) {
    aliases_[index(direction)].emplace(alias, topic);
    alias_bytes_ += kAliasCost + topic.size();
  }
  count_held();
}

void MqttDissector::unbind(Direction direction, std::uint32_t alias) {
  const auto known = aliases_[index(direction)].find(alias);
  if (known == aliases_[index(direction)].end()) return;
  alias_bytes_ -= kAliasCost + known->second.size();
  aliases_[index(direction)].erase(known);
}

void MqttDissector::forget_aliases(Direction direction) {
  for (const auto& [alias, topic] : aliases_[index(direction)])
    alias_bytes_ -= kAliasCost + topic.size();
  aliases_[index(direction)].clear();
  count_held();
}

// A packet that is not read may give an alias another topic: unless its beginning says which, none
// is sure any more.
void MqttDissector::follow_damaged(Direction direction, core::ByteView tail) {
  const proto::MqttFrame frame = proto::peek_mqtt_frame(tail);
  if (frame.state == proto::FrameState::done && frame.type != proto::MqttType::publish) return;
  proto::MqttPacket packet;
  if (version_ == proto::MqttVersion::v5 && frame.state == proto::FrameState::done &&
      proto::decode_mqtt_beginning(tail, version_, packet)) {
    topic_of(direction, std::get<proto::MqttPublish>(packet.body));
  } else {
    forget_aliases(direction);
  }
}

void MqttDissector::shed(Scene& scene) {
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    Large* const large = large_[index(direction)].get();
    if (large != nullptr) large->damaged = true;  // as far as is known
    if (large != nullptr) tell_large(scene, direction);
    forget_aliases(direction);
  }
}

void MqttDissector::message(Scene& scene, Direction direction, core::ByteView raw) {
  ++scene.facts->messages;
  understood_[index(direction)] = true;
  proto::MqttPacket& packet = scene.scratch->mqtt_packet;
  if (!decode(raw, packet)) {
    scene.emit(direction, MqttProblem{packet.type, packet.problem, raw});
    return;
  }
  if (const auto* connect = std::get_if<proto::MqttConnect>(&packet.body))
    version_ = connect->version;
  scene.facts->mqtt_version = version_;
  const auto* publish = std::get_if<proto::MqttPublish>(&packet.body);
  const std::string_view topic = publish == nullptr ? "" : topic_of(direction, *publish);
  scene.emit(direction, MqttMessage{&packet, version_, topic, raw});
}

Progress MqttDissector::consume(Scene& scene, Direction direction, core::ByteView bytes) {
  Progress progress;
  while (!bytes.empty()) {
    if (large_[index(direction)]) {
      const std::size_t passed = pass_large(scene, direction, bytes.size());
      progress.consumed += passed;
      bytes = bytes.subspan(passed);
      continue;
    }
    const proto::MqttFrame frame = proto::peek_mqtt_frame(bytes);
    // The first bytes must be sane: a TLS server's alert is framed like a malformed CONNECT.
    const bool first = !understood_[index(direction)];
    if (frame.state == proto::FrameState::bad ||
        (first && !proto::plausible_mqtt_beginning(frame, bytes))) {
      if (!first) scene.emit(direction, MqttProblem{frame.type, "impossible fixed header", bytes});
      forget_aliases(direction);  // whatever comes until this direction is understood again
      progress.lost = true;
      return progress;
    }
    progress.need = frame.state == proto::FrameState::done ? frame.size : bytes.size() + 1;
    if (frame.size > kMaxPacket) {
      const Progress more = oversized(scene, direction, bytes, frame.size);
      progress = {progress.consumed + more.consumed, more.need, more.skip};
      if (more.consumed == 0 || more.skip > 0) return progress;
      bytes = bytes.subspan(more.consumed);
      continue;
    }
    if (progress.need > bytes.size()) return progress;
    message(scene, direction, bytes.first(frame.size));
    progress.consumed += frame.size;
    progress.need = 0;
    bytes = bytes.subspan(frame.size);
  }
  return progress;
}

// A packet whose header we have tells where the next one begins, even if its own middle is missing.
Recovery MqttDissector::lose(Scene& scene, Direction direction, core::ByteView tail,
                             std::uint64_t gap) {
  if (large_[index(direction)]) return lose_in_large(scene, direction, gap);
  if (!tail.empty()) tell_cut(scene, direction, "bytes of this packet are missing", tail);
  const proto::MqttFrame frame = proto::peek_mqtt_frame(tail);
  if (frame.state != proto::FrameState::done || tail.size() + gap > frame.size) {
    forget_aliases(direction);
    return {};
  }
  follow_damaged(direction, tail);
  return {true, frame.size - tail.size() - gap};
}

// Inside a connection that is known to be MQTT, whole packets that fill a segment are evidence
// enough, be they as small as an acknowledgement.
bool MqttDissector::resync(Direction, core::ByteView segment) {
  if (looks_like_mqtt(segment) == Certainty::yes) return true;
  while (!segment.empty()) {
    const proto::MqttFrame frame = proto::peek_mqtt_frame(segment);
    if (frame.state != proto::FrameState::done || frame.size > segment.size()) return false;
    proto::MqttPacket packet;
    if (!proto::decode_mqtt(segment.first(frame.size), version_, packet)) return false;
    segment = segment.subspan(frame.size);
  }
  return true;
}

Beginning MqttDissector::find(Direction, core::ByteView bytes) {
  return find_mqtt(bytes, version_, Surroundings::known);
}

void MqttDissector::end(Scene& scene, Direction direction, core::ByteView tail) {
  if (large_[index(direction)]) lose_in_large(scene, direction, kUnknownSize);
  if (!tail.empty()) tell_cut(scene, direction, "the connection ended inside this packet", tail);
}

void MqttDissector::tell_cut(const Scene& scene, Direction direction, std::string_view why,
                             core::ByteView tail) {
  scene.emit(direction, MqttProblem{static_cast<proto::MqttType>(tail[0] >> 4), why, tail});
}

}  // namespace wxsec::flow
