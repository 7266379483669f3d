// MQTT on an ordered stream. Written in two parts: mqtt_dissector.cpp and mqtt_large.cpp.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "lib/flow/dissector.h"

namespace wxsec::flow {

class MqttDissector final : public Dissector {
 public:
  Progress consume(Scene& scene, Direction direction, core::ByteView bytes) override;
  Recovery lose(Scene& scene, Direction direction, core::ByteView tail, std::uint64_t gap) override;
  bool resync(Direction direction, core::ByteView segment) override;
  Beginning find(Direction direction, core::ByteView bytes) override;
  void end(Scene& scene, Direction direction, core::ByteView tail) override;
  Verdict verdict() const override { return Verdict::plaintext; }
  void shed(Scene& scene) override;

 private:
  void message(Scene& scene, Direction direction, core::ByteView raw);
  // A packet above our limit: its beginning is kept until the rest has passed.
  struct Large {
    core::Bytes beginning;  // empty once it was told
    std::uint64_t left = 0;
    bool damaged = false;
  };

  Progress oversized(Scene& scene, Direction direction, core::ByteView bytes, std::size_t size);
  std::size_t pass_large(Scene& scene, Direction direction, std::size_t size);
  Recovery lose_in_large(Scene& scene, Direction direction, std::uint64_t gap);
  void tell_large(Scene& scene, Direction direction);
  void count_held();
  static void tell_cut(const Scene& scene, Direction direction, std::string_view why,
                       core::ByteView tail);
  bool decode(core::ByteView raw, proto::MqttPacket& packet);
  std::string_view topic_of(Direction direction, const proto::MqttPublish& publish);
  void bind(Direction direction, std::uint32_t alias, std::string_view topic);
  void unbind(Direction direction, std::uint32_t alias);
  void forget_aliases(Direction direction);
  void follow_damaged(Direction direction, core::ByteView tail);

  proto::MqttVersion version_ = proto::MqttVersion::unknown;
  bool understood_[2] = {false, false};
  std::unique_ptr<Large> large_[2];  // null: none is passing
  // MQTT 5.0 3.3.2.3.4, per direction: what is sure to stand for which topic.
  std::map<std::uint32_t, std::string> aliases_[2];
  std::size_t alias_bytes_ = 0;  // what both hold
};

}  // namespace wxsec::flow
