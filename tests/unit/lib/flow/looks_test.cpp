#include "lib/flow/looks.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <random>
#include <string>
#include <vector>

#include "lib/core/hex.h"

using namespace wxsec;
using namespace wxsec::flow;

namespace {

core::Bytes noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  core::Bytes out;
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<std::uint8_t>(random() >> 24));
  return out;
}

// As TCP would bring it.
Looks look(const std::vector<core::Bytes>& messages, bool from_beginning = true) {
  constexpr std::size_t kSegment = 1448;
  Looks looks(from_beginning);
  for (const core::Bytes& message : messages) {
    for (std::size_t at = 0; at < message.size(); at += kSegment)
      looks.add(core::ByteView(message).subspan(at, std::min(kSegment, message.size() - at)));
  }
  return looks;
}

core::Bytes text(std::string_view text) { return core::to_bytes(core::as_bytes(text)); }

std::string readings() {
  std::string out;
  for (int i = 0; i < 2000; ++i)
    out += "{\"station\": " + std::to_string(i * 7919 % 1000) +
           ", \"temperature_c\": " + std::to_string(i * 104729 % 400) + "}\n";
  return out;
}

core::Bytes deflated(const std::string& plain, int window) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, window, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  core::Bytes in = text(plain);
  core::Bytes out(in.size() + 1000);
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

core::Bytes ssh_packet(std::uint8_t message, std::size_t payload) {
  constexpr std::uint8_t kPadding = 4;
  core::Bytes out = {0,
                     0,
                     static_cast<std::uint8_t>((payload + 6) >> 8),
                     static_cast<std::uint8_t>((payload + 6) & 0xFF),
                     kPadding,
                     message};
  out.insert(out.end(), payload, 'a');
  out.insert(out.end(), kPadding, 0);
  return out;
}

}  // namespace

TEST_CASE("flow/looks: the first bytes of what nobody claims are text, compressed, or unknown") {
  CHECK(judge_unknown(core::as_bytes("+OK POP3 ready\r\n")) == Verdict::plaintext);
  CHECK(judge_unknown(core::from_hex("1f8b0800000000000003").value()) == Verdict::compressed);
  core::Bytes noise;
  for (unsigned i = 0; i < 256; ++i) noise.push_back(static_cast<std::uint8_t>(i * 167 + 13));
  CHECK(judge_unknown(noise) == Verdict::unknown);
}

TEST_CASE("flow/looks: noise from the first byte on is encrypted, unless it is too short to tell") {
  int encrypted = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    encrypted += look({noise(8192, seed)}).verdict() == Verdict::encrypted ? 1 : 0;
    CHECK(look({noise(1500, seed)}).verdict() == Verdict::unknown);
    // What began before the capture may be the middle of something compressed.
    CHECK(look({noise(8192, seed)}, false).verdict() == Verdict::unknown);
  }
  CHECK(encrypted >= 196);
  CHECK(look({noise(4000, 1)}).verdict() == Verdict::encrypted);
}

TEST_CASE("flow/looks: what is compressed is not called encrypted") {
  for (const int window : {15, -15, 15 + 16}) {
    CAPTURE(window);
    CHECK(look({deflated(readings(), window)}).verdict() == Verdict::compressed);
  }
  // Behind a header of some protocol's own, and without a header that we know.
  core::Bytes framed = {0, 0, 0x20, 0x00, 1, 2, 3, 4};
  const core::Bytes zipped = deflated(readings(), 15 + 16);
  framed.insert(framed.end(), zipped.begin(), zipped.end());
  CHECK(look({framed}).verdict() == Verdict::compressed);
  core::Bytes http2 = core::from_hex("00001204000000000000030000006400040000ffff").value();
  const core::Bytes body = noise(8192, 7);
  http2.insert(http2.end(), 9, 0);
  http2.insert(http2.end(), body.begin(), body.end());
  CHECK(look({http2}).verdict() == Verdict::unknown);
}

TEST_CASE("flow/looks: structure is not noise") {
  core::Bytes counter;
  for (unsigned i = 0; i < 8192; ++i) counter.push_back(static_cast<std::uint8_t>(i * 167 + 13));
  CHECK(look({counter}).verdict() == Verdict::unknown);
  core::Bytes wide;
  for (const char c : readings()) wide.insert(wide.end(), {static_cast<std::uint8_t>(c), 0});
  CHECK(look({wide}).verdict() == Verdict::unknown);
  CHECK(look({text(readings())}).verdict() == Verdict::plaintext);
}

TEST_CASE("flow/looks: text first and noise behind it is mixed") {
  CHECK(look({text("HELLO station-0001\r\n"), noise(3000, 3)}).verdict() == Verdict::mixed);
  CHECK(look({text("HELLO station-0001\r\n"), noise(300, 3)}).verdict() == Verdict::plaintext);
}

TEST_CASE("flow/looks: SSH is encrypted once keys were exchanged, however it is cut") {
  core::Bytes session = text("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
  const auto append = [&](const core::Bytes& more) {
    session.insert(session.end(), more.begin(), more.end());
  };
  append(ssh_packet(20, 1200));
  append(ssh_packet(30, 40));
  append(ssh_packet(21, 1));
  const std::size_t agreed = session.size();
  append(noise(48, 5));
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, session.size()}) {
    Looks looks(true);
    for (std::size_t at = 0; at < session.size(); at += size) {
      const core::ByteView piece =
          core::ByteView(session).subspan(at, std::min(size, session.size() - at));
      looks.add(size == 1 && at == 0 ? core::ByteView(session).first(4) : piece);
      if (size == 1 && at == 0) at += 3;
    }
    CHECK(looks.verdict() == Verdict::encrypted);
    CHECK(looks.settled());
  }
  session.resize(agreed);
  CHECK(look({session}).verdict() == Verdict::unknown);
  CHECK(look({text("SSH-2.0-OpenSSH_9.2p1\r\n")}).verdict() == Verdict::plaintext);
  // A banner, and then something else than SSH's packets.
  CHECK(look({text("SSH-2.0-x\r\n"), noise(3000, 9)}).verdict() == Verdict::mixed);
}
