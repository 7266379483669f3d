// Hand-made segments through a flow engine, and the messages that they are usually made of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/core/bytes.h"
#include "lib/flow/engine.h"
#include "lib/proto/mqtt_packet.h"
#include "tests/support/tcp_talk.h"

namespace wxsec::test {

struct RunOptions {
  std::uint32_t base = 1000;  // the first sequence number of both sides
  flow::EngineLimits limits = {};
  std::int64_t step_ns = 1'000'000;  // from packet to packet
};

// All of them, to the capture's end. Returns what the engine counted.
inline flow::EngineCounters run_segments(const std::vector<Segment>& segments,
                                         const flow::EventSink& sink, RunOptions options = {}) {
  flow::Engine engine(options.limits, sink);
  std::uint64_t number = 0;
  for (const Segment& segment : segments) {
    const core::Bytes bytes = ethernet(segment, options.base);
    capture::Packet packet;
    packet.bytes = bytes;
    packet.original_size = static_cast<std::uint32_t>(bytes.size());
    packet.number = ++number;
    packet.time_ns = static_cast<std::int64_t>(number) * options.step_ns;
    engine.take(packet);
  }
  engine.finish();
  return engine.counters();
}

inline std::string text_of(const core::Bytes& bytes) { return std::string(core::as_text(bytes)); }

// Of station-0001.
inline std::string mqtt_connect() {
  proto::MqttConnect packet;
  packet.client_id = "station-0001";
  return text_of(proto::encode_mqtt(packet));
}
inline std::string mqtt_publish(std::string_view topic, std::string_view payload = {}) {
  proto::MqttPublish packet;
  packet.topic = topic;
  packet.payload = core::as_bytes(payload);
  return text_of(proto::encode_mqtt(packet, proto::MqttVersion::v311));
}

}  // namespace wxsec::test
