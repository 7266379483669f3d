// TLS makes a connection dear and a message cheap: the handshake moves certificates once, and then
// each message grows by some twenty bytes of header and tag. One average over a short session would
// mix the two up, so they are measured apart.
#include "src/lab/measure.h"

#include <algorithm>
#include <map>
#include <optional>

#include "src/sniff/session.h"
#include "src/weather/payload.h"
#include "src/weather/station.h"

namespace wxsec::lab {
namespace {

using core::Code;
using core::fail;
using core::Result;

constexpr std::uint64_t kRecordOverhead = 5 + 1 + 16;  // header, content type, tag: RFC 8446 5.2

std::uint64_t payload_of(const flow::FlowFacts& facts) { return facts.bytes[0] + facts.bytes[1]; }

std::int64_t nanoseconds(core::Instant at) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
}

Result<void> read_capture(const core::Path& capture, const core::Path& key_log,
                          const flow::EventSink& sink) {
  sniff::SessionOptions options;
  options.file = capture;
  options.key_log = key_log;
  sniff::SessionCallbacks callbacks;
  callbacks.on_event = sink;
  WXSEC_TRY(sniff::run(options, callbacks, std::stop_token{}));
  return {};
}

}  // namespace

ReadingsSeen readings_in_clear(const sniff::Exposure& wire) {
  ReadingsSeen out;
  for (const sniff::ClearText& message : wire.messages) {
    const auto topic = weather::parse_topic(message.subject);
    if (message.protocol != "mqtt" || !topic || topic->kind != weather::Kind::reading) continue;
    const auto reading = weather::decode_reading(message.text);
    if (!reading) continue;
    ++out.copies;
    out.distinct.emplace(std::string(topic->station), reading->sequence);
  }
  return out;
}

bool in_clear(const sniff::FlowCard& flow) {
  return flow.verdict == flow::Verdict::plaintext || flow.verdict == flow::Verdict::mixed;
}

std::size_t count_in_clear(const sniff::Exposure& wire) {
  return static_cast<std::size_t>(std::count_if(wire.flows.begin(), wire.flows.end(), in_clear));
}

Result<std::uint64_t> bytes_in(const core::Path& capture, std::uint16_t port,
                               const Window& window) {
  struct Payload {
    std::optional<std::uint64_t> before;
    std::uint64_t within = 0;
  };
  std::map<std::uint64_t, Payload> flows;
  const std::int64_t from = nanoseconds(window.from);
  const std::int64_t to = nanoseconds(window.to);
  WXSEC_TRY(read_capture(capture, {}, [&](const flow::Event& event) {
    if (event.flow->server.port != port || event.time_ns > to) return;
    Payload& payload = flows[event.flow->id];
    if (event.time_ns <= from) payload.before = payload_of(*event.flow);
    payload.within = payload_of(*event.flow);
  }));
  std::uint64_t sum = 0;
  for (const auto& [id, payload] : flows) {
    if (payload.before) sum += payload.within - *payload.before;
  }
  return sum;
}

// Read at the CONNACK: session tickets, which belong to the handshake, come before it, but may come
// after the CONNECT.
Result<HandshakeCost> handshake_cost(const core::Path& capture, const core::Path& key_log) {
  std::optional<HandshakeCost> cost;
  std::optional<std::uint64_t> flow;
  std::uint64_t mqtt = 0;
  WXSEC_TRY(read_capture(capture, key_log, [&](const flow::Event& event) {
    const auto* message = std::get_if<flow::MqttMessage>(&event.what);
    if (cost || message == nullptr || !event.decrypted) return;
    const proto::MqttType type = message->packet->type;
    if (!flow && type == proto::MqttType::connect) flow = event.flow->id;
    if (flow != event.flow->id) return;
    mqtt += message->raw.size() + kRecordOverhead;
    const std::uint64_t all = payload_of(*event.flow);
    if (type == proto::MqttType::connack)
      cost = HandshakeCost{all - std::min(mqtt, all), event.packet};
  }));
  if (!cost) return fail(Code::not_found, "the key log opens no MQTT connection of the capture");
  return *cost;
}

}  // namespace wxsec::lab
