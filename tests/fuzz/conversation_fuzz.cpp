// Every stream decoder (MQTT, HTTP, WebSocket, TLS with a key log, and what is inside them) on any
// bytes in any pieces: two bytes of size and a key log, then pieces of a control byte (direction,
// gap, end) and two bytes of size. What comes out goes through all that looks at events.
#include <algorithm>

#include "lib/flow/conversation.h"
#include "lib/wire/reader.h"
#include "src/sniff/exposure.h"
#include "src/sniff/json_lines.h"
#include "src/sniff/print.h"

using namespace wxsec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wire::Reader in(core::ByteView(data, size));
  decrypt::KeyLog keys;
  const std::size_t log_size = in.u16();
  keys.add(in.text(std::min(log_size, in.left())));
  sniff::Collector collector(core::system_clock());
  sniff::JsonLines json(sniff::Secrets::masked);
  sniff::TextLines text(term::Style(true), sniff::PrintOptions{});
  json::Buffer lines;
  std::string out;
  const flow::EventSink sink = [&](const flow::Event& event) {
    collector.take(event);
    lines.clear();
    out.clear();
    json.append(lines, event);
    text.append(out, event);
  };
  flow::FlowFacts facts;
  facts.id = 1;
  flow::Scratch scratch;
  flow::Scene scene;
  scene.facts = &facts;
  scene.sink = &sink;
  scene.keys = &keys;
  scene.scratch = &scratch;
  flow::Conversation talk(flow::Layer::outer);
  for (int i = 0; i < 500 && in.left() >= 3; ++i) {
    const std::uint8_t control = in.u8();
    const std::size_t length = in.u16();
    const auto direction =
        (control & 1U) == 0 ? flow::Direction::to_server : flow::Direction::to_client;
    ++scene.packet;
    ++facts.packets[flow::index(direction)];
    scene.time_ns += 1'000'000;
    if ((control & 2U) != 0) talk.gap(scene, direction, length + 1);
    if ((control & 2U) == 0) talk.data(scene, direction, in.bytes(std::min(length, in.left())));
    if ((control & 4U) != 0) talk.end(scene, direction);
    if ((control & 8U) != 0) talk.shed(scene);
    (void)talk.held();
  }
  talk.end(scene, flow::Direction::to_server);
  talk.end(scene, flow::Direction::to_client);
  facts.verdict = talk.verdict();
  scene.emit(flow::Direction::to_server, flow::FlowEnd{});
  (void)collector.finish();
  return 0;
}
