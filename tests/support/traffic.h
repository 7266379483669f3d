// Traffic of thousands of connections at once, made for tests and benches of the sniffer, together
// with its own truth: which messages were sent, and which of them are whole in the capture.
//
// Three kinds of connection, by turns of request, answer and acknowledgement: MQTT (3.1.1 and 5; a
// login, readings of about 250 bytes, now and then two in one segment, or one over several),
// HTTP/1.1 (JSON of 0.2 to 5 kB, every fourth answer chunked, every eighth request a POST) and TLS
// 1.3 (hellos, then records of 60 bytes to 6 kB of noise). A connection ends after some dozens of
// turns with FIN or RST, and another one begins. Everything follows from the seed.
//
// Lost segments are missing in the capture, not in the network: the receiver acknowledges them.
// Delayed ones come after one to three later packets of their own connection, at most 5 ms late.
#pragma once

#include <fmt/format.h>

#include <array>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "lib/proto/mqtt_packet.h"
#include "lib/wire/writer.h"

namespace wxsec::test {

struct TrafficOptions {
  std::uint64_t seed = 1;
  std::uint64_t bytes = 1 << 20;   // of the capture, about
  std::size_t connections = 3000;  // at a time
  unsigned lost_per_10000 = 0;     // of the segments that carry data
  unsigned delayed_per_10000 = 0;  // of all segments
};

// One MQTT packet, HTTP message or TLS record.
struct TrafficMessage {
  std::uint32_t client = 0;  // IPv4 address; each connection has another port or address
  std::uint16_t port = 0;
  bool to_server = true;
  bool whole = true;  // nothing of it is missing in the capture
  std::string text;   // as message_text() in traffic_check.h says it
};

inline std::uint64_t digest(std::string_view text) {
  std::uint64_t state = 0xCBF29CE484222325ULL;  // FNV-1a
  for (const char c : text) state = (state ^ static_cast<std::uint8_t>(c)) * 0x100000001B3ULL;
  return state;
}

// splitmix64: small, and the same on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t limit) { return next() % limit; }
  std::size_t between(std::size_t low, std::size_t high) { return low + below(high - low + 1); }
  std::string noise(std::size_t size) {
    std::string out;
    out.reserve(size + 8);
    while (out.size() < size) {
      const std::uint64_t bits = next();
      for (unsigned shift = 0; shift < 64; shift += 8) out += static_cast<char>(bits >> shift);
    }
    out.resize(size);
    return out;
  }

 private:
  std::uint64_t state_;
};

// One TCP segment of `client` with 10.255.0.1; no checksums.
struct FrameOptions {
  std::uint32_t client = 0;
  std::uint16_t port = 0;
  bool to_server = true;
  std::uint16_t server_port = 1883;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint8_t flags = 16;  // 1 FIN, 2 SYN, 4 RST, 8 PSH, 16 ACK
  std::string payload = {};
};

inline core::Bytes ethernet_v4(const FrameOptions& frame) {
  constexpr std::uint32_t kServer = 0x0AFF0001;
  wire::Writer out;
  out.u64(0x0200'0000'0001'0200);
  out.u32(0x0000'0002);
  out.u16(0x0800);
  out.u16(0x4500);
  out.u16(static_cast<std::uint16_t>(40 + frame.payload.size()));
  out.u32(0x0000'4000);
  out.u32(0x4006'0000);
  out.u32(frame.to_server ? frame.client : kServer);
  out.u32(frame.to_server ? kServer : frame.client);
  out.u16(frame.to_server ? frame.port : frame.server_port);
  out.u16(frame.to_server ? frame.server_port : frame.port);
  out.u32(frame.sequence);
  out.u32(frame.acknowledgement);
  out.u8(0x50);
  out.u8(frame.flags);
  out.u16(1024);
  out.u32(0);
  out.text(frame.payload);
  return out.take();
}

class Traffic {
 public:
  using Frame = std::function<void(core::ByteView ethernet, std::int64_t time_ns)>;
  using Told = std::function<void(const TrafficMessage&)>;

  // `frame` gets every packet of the capture in order; `told` (may be null) every message that was
  // sent, once its packets were.
  Traffic(Frame frame, Told told) : frame_(std::move(frame)), told_(std::move(told)) {}

  // Once only.
  void run(const TrafficOptions& options) {
    options_ = options;
    dice_ = Dice(options.seed);
    talkers_.resize(options_.connections);
    while (bytes_ < options_.bytes) turn(talkers_[dice_.below(talkers_.size())]);
    for (Talker& talker : talkers_) release(talker, 0);
  }
  std::uint64_t connections() const { return connections_; }

 private:
  static constexpr std::size_t kSegment = 1448;
  enum class Kind : std::uint8_t { mqtt, http, tls };

  struct Message {
    std::string bytes;
    std::string text;
  };
  struct Delayed {
    core::Bytes frame;
    std::int64_t until_ns = 0;
    unsigned packets = 0;
  };
  struct Talker {
    bool open = false;
    Kind kind = Kind::mqtt;
    bool version_5 = false;
    std::uint32_t client = 0;
    std::uint16_t port = 0;
    std::uint16_t packet_id = 0;
    unsigned turns = 0;  // left
    unsigned done = 0;
    std::uint32_t next[2] = {0, 0};  // sequence numbers, client's and server's
    std::vector<Delayed> delayed;
  };

  proto::MqttVersion version(const Talker& talker) const {
    return talker.version_5 ? proto::MqttVersion::v5 : proto::MqttVersion::v311;
  }
  static std::uint16_t server_port(Kind kind) {
    constexpr std::uint16_t kPorts[] = {1883, 8080, 8443};
    return kPorts[static_cast<std::size_t>(kind)];
  }

  void turn(Talker& talker) {
    if (!talker.open) return begin(talker);
    if (talker.done++ == talker.turns) return finish(talker);
    switch (talker.kind) {
      case Kind::mqtt: return mqtt(talker);
      case Kind::http: return http(talker);
      case Kind::tls: return tls(talker);
    }
  }

  void begin(Talker& talker) {
    talker = Talker{};
    talker.open = true;
    talker.kind = static_cast<Kind>(connections_ % 3);
    talker.version_5 = connections_ % 2 == 0;
    talker.client = 0x0A000000U + static_cast<std::uint32_t>(connections_ / 20'000 * 256) +
                    static_cast<std::uint32_t>(connections_ % 200) + 2;
    talker.port = static_cast<std::uint16_t>(20'000 + connections_ % 40'000);
    ++connections_;
    talker.turns = static_cast<unsigned>(dice_.between(10, 120));
    for (std::uint32_t& number : talker.next) number = static_cast<std::uint32_t>(dice_.next());
    send(talker, true, "", 2);
    send(talker, false, "", 2 | 16);
    send(talker, true, "", 16);
  }

  void finish(Talker& talker) {
    if (talker.kind == Kind::mqtt)
      say(talker, true,
          {{text_of(proto::encode_mqtt_reason(proto::MqttType::disconnect, {}, version(talker))),
            "disconnect"}});
    if (dice_.below(8) == 0) {
      send(talker, true, "", 4);
    } else {
      send(talker, true, "", 1 | 16);
      send(talker, false, "", 1 | 16);
      send(talker, true, "", 16);
    }
    release(talker, 0);
    talker.open = false;
  }

  // --- what is said ---
  static std::string text_of(const core::Bytes& bytes) { return std::string(core::as_text(bytes)); }

  Message publish(Talker& talker, std::size_t extra) {
    proto::MqttPublish packet;
    const std::string topic = fmt::format("wx/station-{:04}/reading", talker.port % 10'000);
    std::string payload = fmt::format(
        "{{\"schema\":1,\"station\":\"station-{:04}\",\"sequence\":{},\"observed_at\":"
        "\"2026-11-22T10:31:00Z\",\"temperature_c\":{}.5,\"relative_humidity_pct\":61.2,"
        "\"pressure_hpa\":1013.2,\"wind_speed_ms\":3.4,\"battery_v\":3.71,\"note\":\"{}\"}}",
        talker.port % 10'000, talker.done, talker.done % 40, dice_.next());
    payload += dice_.noise(extra);
    packet.topic = topic;
    packet.payload = core::as_bytes(payload);
    packet.qos = 1;
    packet.packet_id = ++talker.packet_id == 0 ? ++talker.packet_id : talker.packet_id;
    return {text_of(proto::encode_mqtt(packet, version(talker))),
            fmt::format("publish {} {} {:x}", packet.packet_id, topic, digest(payload))};
  }
  Message ack(const Talker& talker, std::uint16_t packet_id) const {
    return {text_of(proto::encode_mqtt_ack(proto::MqttType::puback, {packet_id, 0, {}},
                                           version(talker))),
            fmt::format("puback {}", packet_id)};
  }

  void mqtt(Talker& talker) {
    if (talker.done == 1) {
      proto::MqttConnect connect;
      const std::string id = fmt::format("station-{:04}", talker.port % 10'000);
      connect.version = version(talker);
      connect.client_id = id;
      connect.username = id;
      connect.password = core::as_bytes("secret-of-a-station");
      say(talker, true, {{text_of(proto::encode_mqtt(connect)), "connect " + id}});
      return answer(talker, {{text_of(proto::encode_mqtt(proto::MqttConnack{}, version(talker))),
                              "connack"}});
    }
    const std::size_t kind = dice_.below(32);
    if (kind == 0) {
      say(talker, true, {{text_of(proto::encode_mqtt_ping(proto::MqttType::pingreq)), "pingreq"}});
      return answer(talker,
                    {{text_of(proto::encode_mqtt_ping(proto::MqttType::pingresp)), "pingresp"}});
    }
    std::vector<Message> readings = {publish(talker, kind == 1 ? dice_.between(500, 6000) : 0)};
    std::vector<Message> acks = {ack(talker, talker.packet_id)};
    if (kind == 2) {
      readings.push_back(publish(talker, 0));
      acks.push_back(ack(talker, talker.packet_id));
    }
    say(talker, true, readings);
    answer(talker, acks);
  }

  void http(Talker& talker) {
    const bool post = dice_.below(8) == 0;
    const std::string target =
        fmt::format("/api/v1/stations/{}/latest?n={}", talker.port % 10'000, talker.done);
    std::string request = fmt::format(
        "{} {} HTTP/1.1\r\nHost: api.weather.example\r\nUser-Agent: station/1.0\r\nAccept: "
        "application/json\r\n",
        post ? "POST" : "GET", target);
    std::string sent;
    if (post) {
      sent = fmt::format("{{\"note\":\"{:x}\"}}", dice_.next());
      request +=
          fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", sent.size());
    }
    request += "\r\n" + sent;
    say(talker, true,
        {{request, fmt::format("{} {} {:x}", post ? "POST" : "GET", target, digest(sent))}});
    const std::string body = json_body(dice_.between(2, dice_.below(16) == 0 ? 60 : 14));
    const bool chunked = dice_.below(4) == 0;
    std::string response = "HTTP/1.1 200 OK\r\nServer: wx\r\nContent-Type: application/json\r\n";
    response += chunked ? "Transfer-Encoding: chunked\r\n\r\n"
                        : fmt::format("Content-Length: {}\r\n\r\n", body.size());
    response += chunked ? fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", body.size(), body) : body;
    answer(talker, {{response, fmt::format("200 {:x}", digest(body))}});
  }
  std::string json_body(std::size_t rows) {
    std::string out = "[";
    for (std::size_t i = 0; i < rows; ++i)
      out += fmt::format("{}{{\"t\":{},\"temperature_c\":{}.25,\"humidity\":{},\"id\":\"{:x}\"}}",
                         i == 0 ? "" : ",", i, i % 40, 50 + i % 50, dice_.next());
    return out + "]";
  }

  static std::string framed(std::uint8_t type, const std::string& body) {
    wire::Writer out;
    out.u8(type);
    out.u16(0x0303);
    out.u16(static_cast<std::uint16_t>(body.size()));
    out.text(body);
    return text_of(out.take());
  }
  static Message record(std::uint8_t type, const std::string& body) {
    return {framed(type, body), fmt::format("record {} {} {:x}", type, body.size(), digest(body))};
  }
  // RFC 8446 4.1.2 and 4.1.3, with the extensions that a TLS 1.3 handshake cannot do without.
  std::string hello(bool client) {
    wire::Writer out;
    out.u8(client ? 1 : 2);
    const std::size_t length = out.open_length(3);
    out.u16(0x0303);
    out.text(dice_.noise(32));
    out.u8(32);
    out.text(dice_.noise(32));
    if (client) {
      out.u16(6);
      out.u16(0x1301);
      out.u16(0x1302);
      out.u16(0x1303);
      out.u16(0x0100);
    } else {
      out.u16(0x1302);
      out.u8(0);
    }
    const std::size_t extensions = out.open_length(2);
    if (client) {
      out.u16(0);  // server name
      out.u16(24);
      out.u16(22);
      out.u8(0);
      out.u16(19);
      out.text("api.weather.example");
      out.u16(43);
      out.u16(3);
      out.u8(2);
    } else {
      out.u16(43);
      out.u16(2);
    }
    out.u16(0x0304);
    out.close_length(extensions, 2);
    out.close_length(length, 3);
    return text_of(out.take());
  }

  void tls(Talker& talker) {
    if (talker.done == 1) {
      say(talker, true, {record(22, hello(true))});
      return answer(talker, {record(22, hello(false)), record(20, "\x01"),
                             record(23, dice_.noise(dice_.between(900, 2000)))});
    }
    say(talker, true, {record(23, dice_.noise(dice_.between(60, 500)))});
    const std::size_t most = dice_.below(16) == 0 ? 6000 : 1200;
    answer(talker, {record(23, dice_.noise(dice_.between(60, most)))});
  }

  // --- how it travels ---
  void answer(Talker& talker, const std::vector<Message>& messages) {
    say(talker, false, messages);
    send(talker, true, "", 16);
  }

  // The messages back to back, cut into segments.
  void say(Talker& talker, bool to_server, const std::vector<Message>& messages) {
    std::string stream;
    for (const Message& one : messages) stream += one.bytes;
    std::vector<std::pair<std::size_t, std::size_t>> holes;
    for (std::size_t at = 0; at < stream.size(); at += kSegment) {
      const std::string part = stream.substr(at, kSegment);
      if (!send(talker, to_server, part, 16 | 8)) holes.emplace_back(at, at + part.size());
    }
    std::size_t begin = 0;
    for (const Message& one : messages) {
      const std::size_t end = begin + one.bytes.size();
      bool whole = true;
      for (const auto& [from, to] : holes) whole = whole && (to <= begin || from >= end);
      if (told_) told_({talker.client, talker.port, to_server, whole, one.text});
      begin = end;
    }
  }

  // False if the capture lacks it.
  bool send(Talker& talker, bool to_server, const std::string& payload, std::uint8_t flags) {
    std::uint32_t& mine = talker.next[to_server ? 0 : 1];
    const core::Bytes frame =
        ethernet_v4({talker.client, talker.port, to_server, server_port(talker.kind), mine,
                     (flags & 16U) != 0 ? talker.next[to_server ? 1 : 0] : 0, flags, payload});
    mine += static_cast<std::uint32_t>(payload.size()) + ((flags & 3U) != 0 ? 1 : 0);
    now_ns_ += 10'000;
    if (!payload.empty() && dice_.below(10'000) < options_.lost_per_10000) return false;
    const bool late = dice_.below(10'000) < options_.delayed_per_10000;
    if (late) {
      talker.delayed.push_back(
          {frame, now_ns_ + 5'000'000, static_cast<unsigned>(dice_.between(1, 3))});
      waiting_.push_back(&talker);
      return true;
    }
    put(frame);
    release(talker, 1);
    while (!waiting_.empty() && release_due(*waiting_.front())) waiting_.pop_front();
    return true;
  }

  // `packets` more of this connection went by; 0: all that waits goes out.
  void release(Talker& talker, unsigned packets) {
    for (std::size_t i = 0; i < talker.delayed.size();) {
      Delayed& one = talker.delayed[i];
      one.packets = packets == 0 ? 0 : one.packets - std::min(one.packets, packets);
      if (one.packets > 0) {
        ++i;
        continue;
      }
      put(one.frame);
      talker.delayed.erase(talker.delayed.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  // False if something of it must still wait.
  bool release_due(Talker& talker) {
    for (const Delayed& one : talker.delayed) {
      if (one.until_ns > now_ns_) return false;
    }
    release(talker, 0);
    return true;
  }

  void put(const core::Bytes& frame) {
    bytes_ += frame.size() + 16;
    frame_(frame, now_ns_);
  }

  TrafficOptions options_;
  Frame frame_;
  Told told_;
  Dice dice_{0};
  std::vector<Talker> talkers_;
  std::deque<Talker*> waiting_;  // those with something delayed, in order
  std::int64_t now_ns_ = 1'767'225'600'000'000'000;
  std::uint64_t bytes_ = 0;
  std::uint64_t connections_ = 0;
};

}  // namespace wxsec::test
