// Recorded TLS connections with one packet in the wrong place: what the key log opens stays open.
#include <doctest/doctest.h>

#include <algorithm>

#include "lib/capture/source.h"
#include "lib/core/file.h"
#include "lib/flow/engine.h"

using namespace wxsec;

namespace {

const std::string kCaptures = WXSEC_SOURCE_DIR "/tests/captures/";

struct Frame {
  core::Bytes bytes;
  std::int64_t time_ns = 0;
};

std::vector<Frame> frames_of(const std::string& name) {
  std::vector<Frame> out;
  const auto source = capture::open_file(kCaptures + name + ".pcap", "");
  REQUIRE(source);
  capture::Packet packet;
  while (true) {
    const auto next = (*source)->next(packet);
    REQUIRE(next);
    if (*next != capture::Next::packet) return out;
    out.push_back({core::to_bytes(packet.bytes), packet.time_ns});
  }
}

// Packet `from` (from 1) comes right behind packet `behind`. The times stay where they were.
void move_behind(std::vector<Frame>& frames, std::size_t from, std::size_t behind) {
  std::vector<std::int64_t> times;
  for (const Frame& one : frames) times.push_back(one.time_ns);
  const auto at = [&](std::size_t i) { return frames.begin() + static_cast<std::ptrdiff_t>(i); };
  std::rotate(at(from - 1), at(from), at(behind));
  for (std::size_t i = 0; i < frames.size(); ++i) frames[i].time_ns = times[i];
}

struct Opened {
  int requests = 0;
  int responses = 0;
};

Opened opened(const std::vector<Frame>& frames, const std::string& name) {
  Opened out;
  flow::Engine engine({}, [&](const flow::Event& event) {
    const auto* const http = std::get_if<flow::HttpMessage>(&event.what);
    if (http == nullptr || !event.decrypted) return;
    ++(http->head->request ? out.requests : out.responses);
  });
  const auto keys = core::read_file(kCaptures + name + ".keys", 1 << 20);
  REQUIRE(keys);
  engine.keys().add(*keys);
  std::uint64_t number = 0;
  for (const Frame& one : frames) {
    capture::Packet packet;
    packet.bytes = one.bytes;
    packet.original_size = static_cast<std::uint32_t>(one.bytes.size());
    packet.time_ns = one.time_ns;
    packet.number = ++number;
    engine.take(packet);
  }
  engine.finish();
  return out;
}

struct Case {
  const char* name;
  std::size_t from;  // the server's hello
  std::size_t behind;
};

}  // namespace

TEST_CASE("flow/tls_order: a ServerHello behind what the client says next costs nothing") {
  for (const Case& one : {Case{"tls12", 6, 8}, Case{"tls12_cbc_etm", 6, 8}, Case{"tls13", 6, 8},
                          Case{"tls13_hrr", 9, 10}}) {
    CAPTURE(one.name);
    std::vector<Frame> frames = frames_of(one.name);
    const Opened straight = opened(frames, one.name);
    CHECK(straight.requests > 0);
    move_behind(frames, one.from, one.behind);
    const Opened moved = opened(frames, one.name);
    CHECK(moved.requests == straight.requests);
    CHECK(moved.responses == straight.responses);
  }
}
