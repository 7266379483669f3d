// What the sniffer reported, held against what the generator knows to have sent.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "lib/flow/event.h"
#include "tests/support/traffic.h"

namespace wxsec::test {

// The generator's words for a message, made from what the sniffer saw; nothing for other events and
// for messages that are reported as damaged.
inline std::optional<std::string> message_text(const flow::Event& event) {
  if (const auto* mqtt = std::get_if<flow::MqttMessage>(&event.what)) {
    const std::string type(proto::mqtt_type_name(mqtt->packet->type));
    if (const auto* connect = std::get_if<proto::MqttConnect>(&mqtt->packet->body))
      return "connect " + std::string(connect->client_id);
    if (const auto* ack = std::get_if<proto::MqttAck>(&mqtt->packet->body))
      return fmt::format("{} {}", type, ack->packet_id);
    if (const auto* publish = std::get_if<proto::MqttPublish>(&mqtt->packet->body))
      return fmt::format("publish {} {} {:x}", publish->packet_id, mqtt->topic,
                         digest(core::as_text(publish->payload)));
    return type;
  }
  if (const auto* http = std::get_if<flow::HttpMessage>(&event.what)) {
    if (http->incomplete) return std::nullopt;
    const std::uint64_t body = digest(core::as_text(http->body));
    if (http->head->request)
      return fmt::format("{} {} {:x}", http->head->method, http->head->target, body);
    return fmt::format("{} {:x}", http->head->status, body);
  }
  if (const auto* tls = std::get_if<flow::TlsRecordSeen>(&event.what))
    return fmt::format("record {} {} {:x}", static_cast<unsigned>(tls->record.type),
                       tls->record.length, digest(core::as_text(tls->raw.subspan(5))));
  return std::nullopt;
}

class TrafficCheck {
 public:
  struct Result {
    std::uint64_t sent = 0;
    std::uint64_t whole = 0;             // nothing of them is missing in the capture
    std::uint64_t missed = 0;            // of the whole ones, not reported
    std::uint64_t damaged_reported = 0;  // not whole, and yet right: only unimportant bytes lacked
    std::uint64_t phantoms = 0;          // reported and never sent, or twice, or out of order
    std::vector<std::string> examples;   // of what went wrong
  };

  // All of them before the first event.
  void sent(const TrafficMessage& message) {
    ++result_.sent;
    result_.whole += message.whole ? 1U : 0U;
    streams_[{message.client, message.port, message.to_server}].messages.push_back(
        {message.text, message.whole});
  }

  void reported(const flow::Event& event) {
    const std::optional<std::string> text = message_text(event);
    if (!text) return;
    const auto& address = event.flow->client.address;
    std::uint32_t client = 0;
    for (std::size_t i = 0; i < 4; ++i) client = (client << 8) | address.byte(i);
    const bool to_server = event.direction == flow::Direction::to_server;
    const auto found = streams_.find({client, event.flow->client.port, to_server});
    if (found == streams_.end() || !match(found->second, *text))
      wrong(result_.phantoms, fmt::format("phantom: packet {}: {}", event.packet, *text));
  }

  Result finish() {
    for (auto& [key, stream] : streams_) {
      for (; stream.at < stream.messages.size(); ++stream.at) miss(stream);
    }
    return std::move(result_);
  }

 private:
  struct Expected {
    std::string text;
    bool whole = true;
  };
  struct Stream {
    std::vector<Expected> messages;
    std::size_t at = 0;  // those before have been reported, or passed over
  };

  // The next one with these words; one that is not whole only if no whole one comes.
  bool match(Stream& stream, const std::string& text) {
    const auto begin = stream.messages.begin() + static_cast<std::ptrdiff_t>(stream.at);
    const auto same = [&](const Expected& one) { return one.text == text; };
    const auto good = [&](const Expected& one) { return one.whole && one.text == text; };
    auto found = std::find_if(begin, stream.messages.end(), good);
    if (found == stream.messages.end()) found = std::find_if(begin, stream.messages.end(), same);
    if (found == stream.messages.end()) return false;
    result_.damaged_reported += found->whole ? 0U : 1U;
    while (stream.messages.begin() + static_cast<std::ptrdiff_t>(stream.at) != found) {
      miss(stream);
      ++stream.at;
    }
    ++stream.at;
    return true;
  }

  void miss(const Stream& stream) {
    const Expected& one = stream.messages[stream.at];
    if (one.whole) wrong(result_.missed, "missed: " + one.text);
  }
  void wrong(std::uint64_t& counter, std::string text) {
    ++counter;
    if (result_.examples.size() < 20) result_.examples.push_back(std::move(text));
  }

  std::map<std::tuple<std::uint32_t, std::uint16_t, bool>, Stream> streams_;
  Result result_;
};

}  // namespace wxsec::test
