// Good captures, cut: the file at every byte, and every packet at every length. Nothing may crash,
// no run may take longer than a second of processor time, and what was whole before the cut is
// still told. "All" is much: a capture of n bytes has n beginnings, and together they are n * n / 2
// bytes to dissect. So WXSEC_EVERY_BYTE chooses:
//
//     (nothing)  a few places in each capture; for every save, and under the sanitizers in CI
//     small      every byte of the first 1.5 KB, and the borders of packets +- 1 within 16 KB;
//                half a minute of a release build (tests/net/sniff_captures_test.sh does)
//     all        every byte of the first 8 KB, which is all of two captures in three, and the
//                borders of packets +- 1 within 256 KB; for a night under the sanitizers
//
// The captures are ours (tests/captures) and, where they are there, those of ../shared/captures:
// traffic of our own lab and of other people, three hundred in all, with their key logs.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <set>

#include "lib/capture/source.h"
#include "lib/core/file.h"
#include "lib/flow/engine.h"
#include "src/sniff/exposure.h"
#include "src/sniff/json_lines.h"
#include "src/sniff/print.h"

using namespace wxsec;

namespace {

const core::Path kCaptures = WXSEC_SOURCE_DIR "/tests/captures";
const core::Path kShared = WXSEC_SOURCE_DIR "/../shared/captures";
constexpr std::size_t kWhole = 262144;  // of a packet
constexpr std::size_t kMostBytes = 4 << 20;

// Every byte of so many at the beginning, borders of packets up to `borders`, and evenly spread
// places.
struct Depth {
  std::size_t every_byte = 0;
  std::size_t borders = 0;
  std::size_t spread = 3;
};

Depth depth() {
  const char* const chosen = std::getenv("WXSEC_EVERY_BYTE");
  const std::string_view every = chosen == nullptr ? "" : chosen;
  if (every == "small") return {1500, 16 << 10, 11};
  if (every == "all") return {8 << 10, 256 << 10, 100};
  return {};
}

struct Capture {
  std::string bytes;
  std::string key_log;
};

// JSON lines of everything but the flows' ends, which a cut changes rightly.
std::string pipeline(core::ByteView file, std::string_view key_log, std::size_t snap_length) {
  json::Buffer json;
  std::string text;
  auto source = capture::open_bytes(file, "");
  if (!source) return {};
  sniff::Collector collector(core::system_clock());
  sniff::JsonLines json_lines(sniff::Secrets::masked);
  sniff::PrintOptions options;
  options.hexdump = options.every_record = true;
  sniff::TextLines text_lines(term::Style(true), options);
  flow::EngineLimits limits;
  limits.max_remembered = std::size_t{256} << 10;  // more costs a sanitizer more than the capture
  flow::Engine engine(limits, [&](const flow::Event& event) {
    collector.take(event);
    text_lines.append(text, event);
    if (!std::holds_alternative<flow::FlowEnd>(event.what)) json_lines.append(json, event);
  });
  engine.keys().add(key_log);
  capture::Packet packet;
  while (true) {
    const auto next = (*source)->next(packet);
    if (!next || *next != capture::Next::packet) break;
    packet.bytes = packet.bytes.first(std::min(packet.bytes.size(), snap_length));
    engine.take(packet);
  }
  const std::string before_the_end(json.text());
  engine.finish();
  (void)collector.finish();
  return before_the_end;
}

// Where packets begin and end, in bytes of the file: the source's views point into it.
void add_borders(core::ByteView file, std::size_t most, std::set<std::size_t>& out) {
  auto source = capture::open_bytes(file, "");
  capture::Packet packet;
  while (source) {
    const auto next = (*source)->next(packet);
    if (!next || *next != capture::Next::packet) return;
    const auto begin = static_cast<std::size_t>(packet.bytes.data() - file.data());
    for (const std::size_t border : {begin, begin + packet.bytes.size()}) {
      if (border <= most) out.insert({border - 1, border, border + 1});
    }
  }
}

std::set<std::size_t> places(core::ByteView file, const Depth& wanted) {
  std::set<std::size_t> out;
  for (std::size_t at = 0; at < std::min(wanted.every_byte, file.size()); ++at) out.insert(at);
  for (std::size_t i = 0; i < wanted.spread; ++i) out.insert(file.size() * i / wanted.spread);
  if (wanted.borders > 0) add_borders(file, wanted.borders, out);
  out.erase(out.lower_bound(file.size()), out.end());
  return out;
}

double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

struct Counted {
  std::size_t captures = 0;
  std::size_t cuts = 0;
  double slowest_s = 0;
};

void cut_everywhere(const Capture& capture, const Depth& wanted, Counted& counted) {
  const core::ByteView bytes = core::as_bytes(capture.bytes);
  const std::string whole = pipeline(bytes, capture.key_log, kWhole);
  for (const std::size_t size : places(bytes, wanted)) {
    CAPTURE(size);
    const double before = processor_seconds();
    const bool same = whole.starts_with(pipeline(bytes.first(size), capture.key_log, kWhole));
    const double took = processor_seconds() - before;
    CHECK(same);
    CHECK(took < 1.0);
    counted.slowest_s = std::max(counted.slowest_s, took);
    ++counted.cuts;
  }
  ++counted.captures;
}

std::string text_or_nothing(const core::Path& path) {
  return core::read_file(path, kMostBytes).value_or("");
}

// Every capture below `folder`.
Counted cut_all_of(const core::Path& folder) {
  const Depth wanted = depth();
  Counted counted;
  std::set<core::Path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string kind = entry.path().extension();
    if (kind == ".pcap" || kind == ".pcapng" || kind == ".trace") files.insert(entry.path());
  }
  for (const core::Path& path : files) {
    CAPTURE(path.string());
    core::Path keys = path;
    const auto bytes = core::read_file(path, kMostBytes);
    REQUIRE(bytes);
    cut_everywhere({*bytes, text_or_nothing(keys.replace_extension(".keys"))}, wanted, counted);
  }
  MESSAGE(folder.filename().string() << ": " << counted.captures << " captures, " << counted.cuts
                                     << " cuts, the slowest took " << counted.slowest_s << " s");
  return counted;
}

}  // namespace

TEST_CASE("sniff/truncation: a capture that breaks off says what it said before, and no more") {
  CHECK(cut_all_of(kCaptures).captures >= 10);
}

TEST_CASE("sniff/truncation: so do those of other programs and people [slow]") {
  for (const char* const folder : {"own", "public"}) {
    if (!std::filesystem::exists(kShared / folder)) {
      MESSAGE("skipped: no " << (kShared / folder).string());
      continue;
    }
    CHECK(cut_all_of(kShared / folder).captures >= 50);
  }
}

TEST_CASE("sniff/truncation: packets cut by the snap length at every byte") {
  const std::size_t step = depth().every_byte > 0 ? 1 : 36;
  for (const char* name : {"mqtt5_every_packet.pcap", "http_secrets.pcap", "tls13_hrr.pcap"}) {
    CAPTURE(name);
    const auto file = core::read_file(kCaptures / name, kMostBytes);
    REQUIRE(file);
    const core::ByteView bytes = core::as_bytes(*file);
    const std::string whole = pipeline(bytes, "", kWhole);
    for (std::size_t length = 0; length < 400; length += step) {
      const std::string cut = pipeline(bytes, "", length);
      // A cut packet must not invent a message: nothing was published that is not there.
      for (const char* type : {"\"type\":\"connect\"", "\"type\":\"client_hello\""})
        CHECK((cut.find(type) == std::string::npos || whole.find(type) != std::string::npos));
    }
  }
}
