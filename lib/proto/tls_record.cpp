// The record layer's header: type, version, length.
//
//     17 03 03 00 35   application data, "TLS 1.2" (1.3 says so too, for old middleboxes), 53 bytes
//
// What follows is ciphertext for everybody without the keys; that the header is not is why sizes,
// directions and times of messages stay visible under TLS.
#include "lib/proto/tls_record.h"

#include "lib/wire/reader.h"

namespace wxsec::proto {
namespace {

bool plausible_type(std::uint8_t type) { return type >= 20 && type <= 24; }

// Handshake, alert and change_cipher_spec are never empty (RFC 8446 5.1), application data may be.
bool plausible_length(std::uint8_t type, std::size_t length) {
  if (length > kMaxTlsBody) return false;
  return length > 0 || type == 23;
}

}  // namespace

TlsRecordFrame peek_tls_record(core::ByteView stream) {
  TlsRecordFrame frame;
  wire::Reader in(stream);
  const std::uint8_t type = in.u8();
  const std::uint8_t major = in.u8();
  const std::uint8_t minor = in.u8();
  const std::size_t length = in.u16();
  const bool bad = (!stream.empty() && !plausible_type(type)) ||
                   (stream.size() > 1 && major != 3) || (stream.size() > 2 && minor > 4) ||
                   (stream.size() >= kTlsHeaderSize && !plausible_length(type, length));
  if (bad) frame.state = FrameState::bad;
  if (bad || stream.size() < kTlsHeaderSize) return frame;
  frame.state = FrameState::done;
  frame.record = {static_cast<TlsContent>(type), static_cast<std::uint16_t>((major << 8) | minor),
                  length};
  frame.size = kTlsHeaderSize + length;
  return frame;
}

// Two bytes of length with the high bit, type 1, version, then lengths of suites, session,
// challenge.
bool looks_like_sslv2_hello(core::ByteView stream) {
  wire::Reader in(stream);
  const std::uint16_t length = in.u16();
  const std::uint8_t type = in.u8();
  const std::uint16_t version = in.u16();
  const std::size_t suites = in.u16();
  const std::size_t session = in.u16();
  const std::size_t challenge = in.u16();
  return in.ok() && (length & 0x8000U) != 0 && type == 1 &&
         (version == 0x0002 || (version >= 0x0300 && version <= 0x0304)) && suites != 0 &&
         suites % 3 == 0 && challenge >= 16 && challenge <= 32 &&
         (length & 0x7FFFU) == 9 + suites + session + challenge;
}

bool is_grease(std::uint16_t value) {
  return (value & 0x0F0FU) == 0x0A0AU && (value >> 8) == (value & 0xFFU);
}

}  // namespace wxsec::proto
