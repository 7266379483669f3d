// The whole pipeline on a capture file, as `wxsec sniff` runs it: reader, link layers, IP, TCP,
// decoders, the secrets that a pcapng carries, JSON, text, findings, and in the end the tables and
// the page. What goes to a terminal holds no escape of the network's.
#include <cstdlib>

#include "lib/capture/source.h"
#include "lib/flow/engine.h"
#include "src/sniff/exposure.h"
#include "src/sniff/json_lines.h"
#include "src/sniff/print.h"

using namespace wxsec;

namespace {

struct Outputs {
  sniff::JsonLines json{sniff::Secrets::masked};
  sniff::TextLines text;
  std::string out;
  json::Buffer lines;

  explicit Outputs(const sniff::PrintOptions& options) : text(term::Style(false), options) {}

  void start() {
    out.clear();
    lines.clear();
  }
  void check() const {
    if (out.find('\x1b') != std::string::npos) std::abort();
    if (lines.text().find('\x1b') != std::string_view::npos) std::abort();
  }
};

flow::EngineLimits small() {
  flow::EngineLimits limits;
  limits.max_flows = 64;
  limits.max_held = 64 * 1024;
  limits.max_remembered = 32 * 1024;
  return limits;
}

void take_all(capture::Source& source, flow::Engine& engine) {
  capture::Packet packet;
  std::size_t known = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto next = source.next(packet);
    if (!next || *next != capture::Next::packet) break;
    if (source.key_log().size() > known) {
      engine.keys().add(source.key_log().substr(known));
      known = source.key_log().size();
      engine.keys_grew();
    }
    engine.take(packet);
  }
  engine.finish();
}

// The tables and the page cost many times what the rest does. A sum over all bytes (FNV-1a) decides
// for one input in 64, so that what is made from a shown input is not always shown, too.
bool is_shown(core::ByteView data) {
  std::uint32_t sum = 2166136261U;
  for (const std::uint8_t byte : data) sum = (sum ^ byte) * 16777619U;
  return (sum >> 16U) % 64 == 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto source = capture::open_bytes(core::ByteView(data, size), "");
  if (!source) return 0;
  sniff::PrintOptions options;
  options.hexdump = options.every_record = true;
  Outputs outputs(options);
  sniff::Collector collector(core::system_clock());
  collector.on_finding([&](const report::Finding& finding, const sniff::FindingCase& one) {
    outputs.text.append(outputs.out, finding, one);
    outputs.json.append(outputs.lines, finding, one, "unknown");
  });
  flow::Engine engine(small(), [&](const flow::Event& event) {
    outputs.start();
    outputs.json.append(outputs.lines, event);
    outputs.text.append(outputs.out, event);
    collector.take(event);
    outputs.check();
  });
  take_all(**source, engine);
  const sniff::Exposure seen = collector.finish();
  if (seen.flows.empty() || !is_shown(core::ByteView(data, size))) return 0;
  const sniff::Summary summary;
  (void)sniff::render_summary(seen, summary, term::Style(true), options);
  sniff::render_summary_json(seen, summary, sniff::Secrets::masked, [](std::string_view) {});
  (void)sniff::render_page(seen, summary, core::Instant(), sniff::Secrets::masked);
  return 0;
}
