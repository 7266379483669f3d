// How much of what was delivered is remembered, and for how long.
#include "lib/flow/past.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace wxsec;
using namespace wxsec::flow;

namespace {

constexpr std::uint32_t kPiece = 1448;
constexpr std::size_t kMiB = std::size_t{1} << 20;

// A stream that said "abcd" at first, and others that say much afterwards.
struct Wire {
  Past past;
  std::uint64_t stream = past.remember(0, 100, core::as_bytes("abcd"));
  std::uint64_t other = 0;
  std::uint32_t other_at = 0;
  std::int64_t now_ns = 0;

  void traffic(std::size_t bytes, std::int64_t ns_per_byte, std::size_t piece_size = kPiece) {
    const core::Bytes piece(piece_size, 'x');
    for (std::size_t sent = 0; sent < bytes; sent += piece.size()) {
      past.now(now_ns += static_cast<std::int64_t>(piece.size()) * ns_per_byte);
      // Not in a row, so that each has a record of its own.
      other = past.remember(other, other_at, piece);
      other_at += static_cast<std::uint32_t>(piece.size()) + 1;
    }
  }
  void say(std::string_view text) { stream = past.remember(0, 100, core::as_bytes(text)); }
  std::uint64_t again(std::string_view text) {
    return past.differing(stream, 100, core::as_bytes(text));
  }
};

constexpr std::int64_t kFast = 10;      // ns per byte: 100 MB/s
constexpr std::int64_t kSlow = 10'000;  // 100 kB/s

}  // namespace

TEST_CASE("flow/past: in the first 4 MiB nothing is forgotten, however fast they come") {
  Wire wire;
  wire.traffic(3 * kMiB, kFast);
  CHECK(wire.again("abXX") == 2);
  CHECK(wire.past.not_compared() == 0);
}

TEST_CASE(
    "flow/past: slow traffic of less than 4 MiB makes nothing forgotten, whatever was before") {
  Wire wire;
  wire.traffic(30 * kMiB, kFast);
  CHECK(wire.past.capacity() < kMiB);
  wire.traffic(kMiB, kSlow);
  wire.say("abcd");
  wire.traffic(3 * kMiB, kSlow);
  CHECK(wire.again("Xbcd") == 1);
  wire.traffic(40 * kMiB, kSlow);
  CHECK(wire.past.capacity() == Past::kMost);
}

TEST_CASE("flow/past: fast traffic has a small memory, which grows where it was too small") {
  Wire wire;
  wire.traffic(30 * kMiB, kFast);
  CHECK(wire.past.capacity() == kMiB / 4);
  for (std::uint64_t missed = 1; missed <= 4; ++missed) {
    wire.say("abcd");
    wire.traffic(wire.past.capacity() + kMiB / 8, kFast);
    CHECK(wire.again("abXX") == 0);
    CHECK(wire.past.not_compared() == missed);
    CHECK(wire.past.capacity() == kMiB / 4 << missed);
  }
  wire.traffic(30 * kMiB, kFast);
  wire.say("abcd");
  wire.traffic(3 * kMiB, kFast);
  CHECK(wire.again("abXX") == 2);
  wire.traffic(5 * kMiB, kFast);
  CHECK(wire.again("abXX") == 0);
  CHECK(wire.past.not_compared() == 5);
}

TEST_CASE("flow/past: what is remembered survives that the memory changes its size") {
  Wire wire;
  wire.traffic(Past::kMost - 100'000, kFast);
  wire.say("abcd");
  wire.traffic(110'000, kFast);  // now it is small
  CHECK(wire.past.capacity() == kMiB / 4);
  CHECK(wire.again("aXcd") == 1);
  const std::uint64_t newest = std::exchange(wire.stream, wire.past.remember(0, 1, {}));
  wire.say("gone");
  wire.traffic(kMiB / 4, kFast);
  CHECK(wire.again("XXXX") == 0);  // and grows
  CHECK(wire.past.capacity() == kMiB / 2);
  CHECK(wire.past.differing(newest, 100, core::as_bytes("XXXX")) == 0);
  const core::Bytes last(kPiece, 'y');
  CHECK(wire.past.differing(wire.other, wire.other_at - kPiece - 1, last) == kPiece);
}

TEST_CASE("flow/past: small pieces are bounded in number, and none is mixed up with another") {
  Wire wire;
  wire.traffic(2 * kMiB, kFast, 4);
  CHECK(wire.again("XXXX") == 0);
  CHECK(wire.past.not_compared() == 1);
  wire.say("abcd");
  wire.traffic(kMiB / 8, kFast, 4);
  CHECK(wire.again("aXXd") == 2);
}

TEST_CASE("flow/past: what was never there is not missed") {
  Past past;
  std::uint64_t stream = past.remember(0, 1000, core::as_bytes("abcd"));
  stream = past.remember(stream, 2000, core::as_bytes("efgh"));  // a gap in between
  CHECK(past.differing(stream, 900, core::as_bytes("what came before the capture")) == 0);
  CHECK(past.differing(stream, 1500, core::as_bytes("what the capture lacks")) == 0);
  CHECK(past.differing(0, 1500, core::as_bytes("nothing came at all")) == 0);
  CHECK(past.not_compared() == 0);
}
