// Good captures, cut: the file at every byte, and every packet at every length. Nothing may crash,
// and what was whole before the cut is still told. WXSEC_EVERY_BYTE=small cuts the small ones at
// every byte (tests/net/sniff_captures_test.sh does), =all really all (for a release build, or a
// night); without it, at a few places.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "lib/capture/source.h"
#include "lib/core/file.h"
#include "lib/flow/engine.h"
#include "src/sniff/exposure.h"
#include "src/sniff/json_lines.h"
#include "src/sniff/print.h"

using namespace wxsec;

namespace {

const std::string kCaptures = WXSEC_SOURCE_DIR "/tests/captures/";
constexpr std::size_t kPlaces = 11;
constexpr std::size_t kSmall = 1500;

// JSON lines of everything but the flows' ends, which a cut changes rightly.
std::string pipeline(core::ByteView file, std::size_t snap_length) {
  json::Buffer json;
  std::string text;
  auto source = capture::open_bytes(file, "");
  if (!source) return {};
  sniff::Collector collector(core::system_clock());
  sniff::JsonLines json_lines(sniff::Secrets::masked);
  sniff::PrintOptions options;
  options.hexdump = options.every_record = true;
  sniff::TextLines text_lines(term::Style(true), options);
  flow::Engine engine(flow::EngineLimits{}, [&](const flow::Event& event) {
    collector.take(event);
    text_lines.append(text, event);
    if (!std::holds_alternative<flow::FlowEnd>(event.what)) json_lines.append(json, event);
  });
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

std::size_t stride(std::size_t size) {
  const char* const every = std::getenv("WXSEC_EVERY_BYTE");
  const bool one = every != nullptr && (size <= kSmall || std::string_view(every) == "all");
  return one ? 1 : size / kPlaces;
}

}  // namespace

TEST_CASE("sniff/truncation: a capture that breaks off says what it said before, and no more") {
  const auto names = core::list_directory(kCaptures);
  REQUIRE(names);
  int captures = 0;
  for (const std::string& name : *names) {
    if (!name.ends_with(".pcap")) continue;
    CAPTURE(name);
    const auto file = core::read_file(kCaptures + name, 1 << 20);
    REQUIRE(file);
    const core::ByteView bytes = core::as_bytes(*file);
    const std::string whole = pipeline(bytes, 262144);
    for (std::size_t size = 0; size < bytes.size(); size += stride(bytes.size()))
      CHECK(whole.starts_with(pipeline(bytes.first(size), 262144)));
    ++captures;
  }
  CHECK(captures >= 10);
}

TEST_CASE("sniff/truncation: packets cut by the snap length at every byte") {
  for (const char* name : {"mqtt5_every_packet.pcap", "http_secrets.pcap", "tls13_hrr.pcap"}) {
    CAPTURE(name);
    const auto file = core::read_file(kCaptures + std::string(name), 1 << 20);
    REQUIRE(file);
    const core::ByteView bytes = core::as_bytes(*file);
    const std::string whole = pipeline(bytes, 262144);
    for (std::size_t length = 0; length < 400; length += stride(400)) {
      const std::string cut = pipeline(bytes, length);
      // A cut packet must not invent a message: nothing was published that is not there.
      for (const char* type : {"\"type\":\"connect\"", "\"type\":\"client_hello\""})
        CHECK((cut.find(type) == std::string::npos || whole.find(type) != std::string::npos));
    }
  }
}
