// Segments made from the input (three bytes of header each): order, overlap, loss and both
// directions are the fuzzer's to choose, headers are always valid.
#include "lib/flow/engine.h"
#include "tests/support/tcp_talk.h"

using namespace wxsec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  flow::EngineLimits limits;
  limits.max_flows = 8;
  limits.max_held = 16 * 1024;
  limits.max_remembered = 32 * 1024;
  flow::Engine engine(limits, [](const flow::Event&) {});
  wire::Reader in(core::ByteView(data, size));
  std::uint32_t next[2] = {1, 1};
  std::uint64_t number = 0;
  while (in.left() >= 3 && number < 2000) {
    const std::uint8_t control = in.u8();
    const std::uint8_t jump = in.u8();
    const std::size_t length = in.u8();
    test::Segment segment;
    segment.from_client = (control & 1U) == 0;
    std::uint32_t& mine = next[control & 1U];
    segment.sequence = mine;
    if ((control & 2U) != 0) segment.sequence += jump;
    if ((control & 4U) != 0) segment.sequence -= jump;
    segment.acknowledgement = next[1 - (control & 1U)];
    segment.flags = (control & 0xF0U) == 0xF0   ? "FA"
                    : (control & 0xF0U) == 0xE0 ? "S"
                    : (control & 0xF0U) == 0xD0 ? "R"
                                                : "A";
    segment.payload = in.text(std::min(length, in.left()));
    if ((control & 8U) == 0) mine += static_cast<std::uint32_t>(segment.payload.size());
    const core::Bytes bytes = test::ethernet(segment);
    capture::Packet packet;
    packet.bytes = bytes;
    packet.number = ++number;
    packet.time_ns = static_cast<std::int64_t>(number) * 10'000'000;
    engine.take(packet);
  }
  engine.finish();
  return 0;
}
