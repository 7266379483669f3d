// A packet may have a quarter of a gigabyte. Of those above our limit the beginning is kept and the
// rest only counted; such a packet is told when it is complete, as others are, or where it breaks
// off.
#include <algorithm>
#include <utility>

#include "lib/flow/mqtt_dissector.h"

namespace wxsec::flow {
namespace {

constexpr std::size_t kShownOfLarger = 64 * 1024;

}  // namespace

Progress MqttDissector::oversized(Scene& scene, Direction direction, core::ByteView bytes,
                                  std::size_t size) {
  if (bytes.size() < kShownOfLarger) return {0, kShownOfLarger};
  const std::size_t here = std::min(bytes.size(), size);  // what carries it may give all at once
  const core::ByteView shown = bytes.first(kShownOfLarger);
  proto::MqttPacket& packet = scene.scratch->mqtt_packet;
  if (!proto::decode_mqtt_beginning(shown, version_, packet)) {
    ++scene.facts->messages;
    follow_damaged(direction, shown);
    scene.emit(direction, MqttProblem{packet.type, "larger than our limit", shown});
    return {here, 0, size - here};
  }
  understood_[index(direction)] = true;
  large_[index(direction)] = std::make_unique<Large>();
  Large& large = *large_[index(direction)];
  large.beginning = core::to_bytes(shown);
  large.left = size - here;
  if (large.left == 0) {
    tell_large(scene, direction);
    large_[index(direction)].reset();
  }
  count_held();
  return {here};
}

// How much of so many bytes belongs to it.
std::size_t MqttDissector::pass_large(Scene& scene, Direction direction, std::size_t size) {
  Large& large = *large_[index(direction)];
  const auto passed = static_cast<std::size_t>(std::min<std::uint64_t>(size, large.left));
  large.left -= passed;
  if (large.left > 0) return passed;
  tell_large(scene, direction);
  large_[index(direction)].reset();
  count_held();
  return passed;
}

Recovery MqttDissector::lose_in_large(Scene& scene, Direction direction, std::uint64_t gap) {
  Large& large = *large_[index(direction)];
  large.damaged = true;
  const bool in_step = gap <= large.left;
  large.left -= std::min(gap, large.left);
  if (large.left > 0) return {true};
  tell_large(scene, direction);
  large_[index(direction)].reset();
  if (!in_step) forget_aliases(direction);
  count_held();
  return {in_step};
}

void MqttDissector::tell_large(Scene& scene, Direction direction) {
  const Large& large = *large_[index(direction)];
  const core::Bytes beginning = std::exchange(large_[index(direction)]->beginning, {});
  if (beginning.empty()) return;
  proto::MqttPacket& packet = scene.scratch->mqtt_packet;
  if (!proto::decode_mqtt_beginning(beginning, version_, packet)) return;
  ++scene.facts->messages;
  scene.facts->mqtt_version = version_;
  const auto& publish = std::get<proto::MqttPublish>(packet.body);
  scene.emit(direction, MqttMessage{&packet, version_, topic_of(direction, publish), beginning,
                                    true, large.damaged});
}

void MqttDissector::count_held() {
  std::size_t total = alias_bytes_;
  for (const auto& one : large_) total += one ? sizeof(*one) + one->beginning.capacity() : 0;
  holds(total);
}

}  // namespace wxsec::flow
