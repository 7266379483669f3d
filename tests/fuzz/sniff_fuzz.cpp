// The whole pipeline on a capture file: reader, link layers, IP, TCP, decoders, JSON, text and
// exposure.
#include "lib/capture/source.h"
#include "lib/flow/engine.h"
#include "src/sniff/exposure.h"
#include "src/sniff/json_lines.h"
#include "src/sniff/print.h"

using namespace wxsec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto source = capture::open_bytes(core::ByteView(data, size), "");
  if (!source) return 0;
  sniff::Collector collector(core::system_clock());
  sniff::JsonLines json(sniff::Secrets::masked);
  sniff::PrintOptions options;
  options.hexdump = options.every_record = true;
  sniff::TextLines text(term::Style(true), options);
  std::string out;
  json::Buffer lines;
  flow::EngineLimits limits;
  limits.max_flows = 64;
  limits.max_held = 64 * 1024;
  flow::Engine engine(limits, [&](const flow::Event& event) {
    collector.take(event);
    out.clear();
    lines.clear();
    json.append(lines, event);
    text.append(out, event);
  });
  capture::Packet packet;
  for (int i = 0; i < 10'000; ++i) {
    const auto next = (*source)->next(packet);
    if (!next || *next != capture::Next::packet) break;
    engine.take(packet);
  }
  engine.finish();
  collector.finish();
  return 0;
}
