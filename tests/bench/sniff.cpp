// bench_sniff make FILE MB      a capture that mixes MQTT, HTTP and TLS over thousands of flows
// bench_sniff pcap_loop FILE    what libpcap alone costs: counts packets and nothing else
// bench_sniff json|summary FILE what the sniffer costs, CPU seconds, peak memory
// tests/bench/sniff.sh runs them in turns and prints the ratios.
#include <fmt/core.h>
#include <pcap/pcap.h>
#include <sys/resource.h>

#include <cstdlib>
#include <string>

#include "lib/capture/writer.h"
#include "lib/proto/mqtt_packet.h"
#include "src/sniff/present.h"
#include "tests/support/tcp_talk.h"

using namespace wxsec;

namespace {

// One connection that goes on by a request and an answer at a time.
struct Talker {
  std::uint16_t port = 0;
  unsigned kind = 0;
  std::uint32_t next[2] = {1, 1};
  unsigned turn = 0;
};

std::string text_of(const core::Bytes& bytes) { return std::string(core::as_text(bytes)); }

std::string record(std::uint8_t type, std::size_t size) {
  std::string out{static_cast<char>(type), 3, 3, static_cast<char>(size >> 8),
                  static_cast<char>(size & 0xFF)};
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<char>(i * 131 + size));
  return out;
}

std::string request(const Talker& talker) {
  if (talker.kind == 0) {
    proto::MqttPublish publish;
    const std::string topic = fmt::format("wx/station-{:04}/reading", talker.port);
    const std::string payload =
        fmt::format("{{\"temperature_c\":{}.5,\"relative_humidity_pct\":61.2,\"sequence\":{}}}",
                    talker.turn % 40, talker.turn);
    publish.topic = topic;
    publish.payload = core::as_bytes(payload);
    publish.qos = 1;
    publish.packet_id = static_cast<std::uint16_t>(talker.turn);
    if (talker.turn == 0) {
      proto::MqttConnect connect;
      connect.client_id = topic;
      connect.username = "station";
      connect.password = core::as_bytes("secret-of-a-station");
      return text_of(proto::encode_mqtt(connect));
    }
    return text_of(proto::encode_mqtt(publish, proto::MqttVersion::v311));
  }
  if (talker.kind == 1)
    return fmt::format(
        "GET /api/v1/stations/{}/latest HTTP/1.1\r\nHost: api\r\nUser-Agent: bench\r\n\r\n",
        talker.turn);
  return record(23, 120 + talker.turn % 300);
}

std::string answer(const Talker& talker) {
  if (talker.kind == 0) {
    if (talker.turn == 0)
      return text_of(proto::encode_mqtt(proto::MqttConnack{}, proto::MqttVersion::v311));
    return text_of(proto::encode_mqtt_ack(proto::MqttType::puback,
                                          {static_cast<std::uint16_t>(talker.turn), 0, {}},
                                          proto::MqttVersion::v311));
  }
  if (talker.kind == 1) {
    const std::string body(200 + talker.turn % 900, 'x');
    return fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        body.size(), body);
  }
  return record(23, 300 + talker.turn % 1000);
}

int make(const char* path, std::uint64_t megabytes) {
  capture::WriterOptions options;
  options.path = path;
  auto writer = capture::Writer::create(options);
  if (!writer) return 1;
  std::uint64_t bytes = 0;
  std::int64_t now = 1'767'225'600'000'000'000;
  const auto put = [&](const test::Segment& segment) {
    const core::Bytes frame = test::ethernet(segment);
    capture::Packet packet;
    packet.bytes = frame;
    packet.original_size = static_cast<std::uint32_t>(frame.size());
    packet.time_ns = now += 10'000;
    bytes += frame.size() + 16;
    (void)writer->write(packet);
  };
  std::vector<Talker> talkers(4000);
  std::uint16_t port = 20000;
  for (Talker& talker : talkers) {
    talker.port = port++;
    talker.kind = port % 3;
  }
  while (bytes < megabytes << 20) {
    for (Talker& talker : talkers) {
      const std::uint16_t server = talker.kind == 0 ? 1883 : talker.kind == 1 ? 8080 : 8443;
      if (talker.turn == 0) {
        put({.sequence = 0, .flags = "S", .client_port = talker.port, .server_port = server});
        put({.from_client = false,
             .sequence = 0,
             .flags = "SA",
             .acknowledgement = 1,
             .client_port = talker.port,
             .server_port = server});
      }
      for (const bool up : {true, false}) {
        const std::string payload = up ? request(talker) : answer(talker);
        put({.from_client = up,
             .sequence = talker.next[up ? 0 : 1],
             .payload = payload,
             .acknowledgement = talker.next[up ? 1 : 0],
             .client_port = talker.port,
             .server_port = server});
        talker.next[up ? 0 : 1] += static_cast<std::uint32_t>(payload.size());
      }
      put({.sequence = talker.next[0],
           .acknowledgement = talker.next[1],
           .client_port = talker.port,
           .server_port = server});
      ++talker.turn;
    }
  }
  fmt::print("{} packets, {} bytes\n", writer->packets(), bytes);
  return writer->close() ? 0 : 1;
}

void count(u_char* counter, const pcap_pkthdr*, const u_char*) {
  ++*reinterpret_cast<std::uint64_t*>(counter);
}

int bare_loop(const char* path) {
  char reason[PCAP_ERRBUF_SIZE] = "";
  pcap_t* const file = pcap_open_offline(path, reason);
  if (file == nullptr) return 1;
  std::uint64_t packets = 0;
  pcap_loop(file, -1, count, reinterpret_cast<u_char*>(&packets));
  pcap_close(file);
  return packets > 0 ? 0 : 1;
}

int sniff_it(const char* path, sniff::Format format) {
  sniff::PresentOptions options;
  options.session.file = path;
  options.format = format;
  std::uint64_t bytes = 0;
  const auto result = sniff::present(
      options, core::system_clock(), [&](std::string_view text) { bytes += text.size(); },
      [](std::string_view) {}, std::stop_token{});
  return result && bytes > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string what = argv[1];
  int code = 2;
  if (what == "make") return make(argv[2], argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 200);
  if (what == "pcap_loop") code = bare_loop(argv[2]);
  if (what == "json") code = sniff_it(argv[2], sniff::Format::json_lines);
  if (what == "text") code = sniff_it(argv[2], sniff::Format::lines);
  if (what == "summary") code = sniff_it(argv[2], sniff::Format::summary);
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  fmt::print("{:.3f} {}\n", seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss / 1024);
  return code;
}
