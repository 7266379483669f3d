// What the sniffer costs, in CPU seconds (user and system) and peak memory, on captures that it
// makes itself. tests/bench/sniff.sh runs these in turns and prints ratios; tests/bench/README.md
// tells how.
//
//     bench_sniff make FILE MB [LOST DELAYED]   traffic of thousands of connections; LOST and
//     DELAYED
//                                               are segments in 10,000; FILE.truth lists what was
//                                               sent
//     bench_sniff half_open FILE COUNT          SYNs and first bytes of so many connections
//     bench_sniff pcap_loop FILE                what libpcap alone costs: counts packets
//     bench_sniff json|summary|text|colour FILE the sniffer; prints CPU seconds, peak MB, bytes
//     written bench_sniff check FILE                    reported messages against FILE.truth
#include <fmt/core.h>
#include <pcap/pcap.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "lib/capture/source.h"
#include "lib/capture/writer.h"
#include "lib/core/number.h"
#include "lib/flow/engine.h"
#include "src/sniff/present.h"
#include "tests/support/traffic_check.h"

using namespace wxsec;

namespace {

unsigned number(const char* text) {
  return core::parse_number<unsigned>(text, 0, 1'000'000'000).value_or(0);
}

core::Result<capture::Writer> create(const char* path) {
  capture::WriterOptions options;
  options.path = path;
  return capture::Writer::create(options);
}

void put(capture::Writer& writer, core::ByteView frame, std::int64_t time_ns) {
  capture::Packet packet;
  packet.bytes = frame;
  packet.original_size = static_cast<std::uint32_t>(frame.size());
  packet.time_ns = time_ns;
  if (!writer.write(packet)) std::abort();  // disk full: nothing to measure
}

int make(const char* path, const test::TrafficOptions& options) {
  auto writer = create(path);
  std::FILE* const truth = std::fopen(fmt::format("{}.truth", path).c_str(), "we");
  if (!writer || truth == nullptr) return 1;
  test::Traffic traffic(
      [&](core::ByteView frame, std::int64_t time_ns) { put(*writer, frame, time_ns); },
      [&](const test::TrafficMessage& one) {
        fmt::print(truth, "{} {} {} {} {}\n", one.client, one.port, one.to_server ? 1 : 0,
                   one.whole ? 1 : 0, one.text);
      });
  traffic.run(options);
  std::fclose(truth);
  fmt::print("{} packets, {} connections\n", writer->packets(), traffic.connections());
  return writer->close() ? 0 : 1;
}

// Every third says the first half of a CONNECT, after a hole: the most that a stranger can make us
// keep for the least that he sends.
int make_half_open(const char* path, std::uint32_t count) {
  auto writer = create(path);
  if (!writer) return 1;
  std::int64_t now = 1'767'225'600'000'000'000;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t client = 0x0A000000U + i / 50'000;
    const auto port = static_cast<std::uint16_t>(10'000 + i % 50'000);
    put(*writer, test::ethernet_v4({.client = client, .port = port, .sequence = i, .flags = 2}),
        now += 1000);
    if (i % 3 != 0) continue;
    put(*writer,
        test::ethernet_v4(
            {.client = client,
             .port = port,
             .sequence = i + (i % 2 == 0 ? 1 : 1000),
             .payload = std::string("\x10\x7f\x00\x04MQTT\x04\x02", 10) + std::string(60, 'x')}),
        now += 1000);
  }
  return writer->close() ? 0 : 1;
}

void count(u_char* counter, const pcap_pkthdr*, const u_char*) {
  ++*reinterpret_cast<std::uint64_t*>(counter);
}

int bare_loop(const char* path, std::uint64_t& packets) {
  char reason[PCAP_ERRBUF_SIZE] = "";
  pcap_t* const file = pcap_open_offline(path, reason);
  if (file == nullptr) return 1;
  pcap_loop(file, -1, count, reinterpret_cast<u_char*>(&packets));
  pcap_close(file);
  return packets > 0 ? 0 : 1;
}

int sniff_it(const char* path, sniff::Format format, bool colour, std::uint64_t& bytes) {
  sniff::PresentOptions options;
  options.session.file = path;
  options.format = format;
  options.style = term::Style(colour);
  const auto result = sniff::present(
      options, core::system_clock(), [&](std::string_view text) { bytes += text.size(); },
      [](std::string_view) {}, std::stop_token{});
  return result && bytes > 0 ? 0 : 1;
}

int measured(const std::string& what, const char* path) {
  std::uint64_t amount = 0;
  int code = 2;
  if (what == "pcap_loop") code = bare_loop(path, amount);
  if (what == "json") code = sniff_it(path, sniff::Format::json_lines, false, amount);
  if (what == "text") code = sniff_it(path, sniff::Format::lines, false, amount);
  if (what == "colour") code = sniff_it(path, sniff::Format::lines, true, amount);
  if (what == "summary") code = sniff_it(path, sniff::Format::summary, false, amount);
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  fmt::print("{:.3f} {} {}\n", seconds(used.ru_utime) + seconds(used.ru_stime),
             used.ru_maxrss / 1024, amount);
  return code;
}

bool read_truth(const char* path, test::TrafficCheck& check) {
  std::FILE* const truth = std::fopen(fmt::format("{}.truth", path).c_str(), "re");
  if (truth == nullptr) return false;
  char line[512];
  while (std::fgets(line, sizeof(line), truth) != nullptr) {
    test::TrafficMessage one;
    unsigned port = 0;
    unsigned to_server = 0;
    unsigned whole = 0;
    int at = 0;
    // NOLINTNEXTLINE(cert-err34-c): our own file, and a wrong number shows as a wrong count.
    if (std::sscanf(line, "%u %u %u %u %n", &one.client, &port, &to_server, &whole, &at) != 4)
      return false;
    one.port = static_cast<std::uint16_t>(port);
    one.to_server = to_server == 1;
    one.whole = whole == 1;
    one.text = line + at;
    while (!one.text.empty() && one.text.back() == '\n') one.text.pop_back();
    check.sent(one);
  }
  std::fclose(truth);
  return true;
}

int check_it(const char* path) {
  test::TrafficCheck check;
  auto source = capture::open_file(path, "");
  if (!source || !read_truth(path, check)) return 1;
  flow::Engine engine(flow::EngineLimits{},
                      [&](const flow::Event& event) { check.reported(event); });
  capture::Packet packet;
  while (true) {
    const auto next = (*source)->next(packet);
    if (!next || *next != capture::Next::packet) break;
    engine.take(packet);
  }
  engine.finish();
  const auto result = check.finish();
  for (const std::string& example : result.examples) fmt::print("  {}\n", example);
  const double missed = static_cast<double>(result.missed) / static_cast<double>(result.whole);
  fmt::print("{} sent, {} whole in the capture, {} of them missed ({:.4f} %), {} phantoms\n",
             result.sent, result.whole, result.missed, 100 * missed, result.phantoms);
  return result.phantoms == 0 && missed <= 0.001 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string what = argv[1];
  if (what == "half_open") return make_half_open(argv[2], argc > 3 ? number(argv[3]) : 1'000'000);
  if (what == "check") return check_it(argv[2]);
  if (what != "make") return measured(what, argv[2]);
  test::TrafficOptions options;
  options.bytes = std::uint64_t{argc > 3 ? number(argv[3]) : 200} << 20;
  options.lost_per_10000 = argc > 4 ? number(argv[4]) : 0;
  options.delayed_per_10000 = argc > 5 ? number(argv[5]) : 0;
  return make(argv[2], options);
}
