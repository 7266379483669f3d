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

// Segments put into an engine one by one, each as a packet with the next number and time.
class SegmentFeed {
 public:
  explicit SegmentFeed(flow::Engine& engine, std::uint32_t base = 1000,
                       std::int64_t step_ns = 1'000'000)
      : engine_(engine), base_(base), step_ns_(step_ns) {}

  void put(const Segment& segment) {
    const core::Bytes bytes = ethernet(segment, base_);
    capture::Packet packet;
    packet.bytes = bytes;
    packet.original_size = static_cast<std::uint32_t>(bytes.size());
    packet.number = ++number_;
    packet.time_ns = now_ += step_ns_;
    engine_.take(packet);
  }
  void wait(std::int64_t milliseconds) { now_ += milliseconds * 1'000'000; }
  std::uint64_t packets() const { return number_; }

 private:
  flow::Engine& engine_;
  std::uint32_t base_;
  std::int64_t step_ns_;
  std::uint64_t number_ = 0;
  std::int64_t now_ = 0;
};

// All of them, to the capture's end. Returns what the engine counted.
inline flow::EngineCounters run_segments(const std::vector<Segment>& segments,
                                         const flow::EventSink& sink, RunOptions options = {}) {
  flow::Engine engine(options.limits, sink);
  SegmentFeed feed(engine, options.base, options.step_ns);
  for (const Segment& segment : segments) feed.put(segment);
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
