// Encrypted bytes are noise, and so is much of what is compressed: over 8 KiB a statistic hardly
// tells zstd's output from a cipher's. But what is compressed begins with a header that says so,
// while a cipher's output begins with noise. So noise is called encrypted only where the stream's
// beginning was seen and nothing in it says "compressed"; of a stream that began before the capture
// nothing is said.
//
// The statistic is Pearson's chi-square of the 256 byte values. For noise it lies around 255, and
// in 999 of 1000 cases between 150 and 330, whatever the amount.
//
// SSH (RFC 4253) is followed up to NEWKEYS, after which its packets are encrypted.
#include "lib/flow/looks.h"

#include <zlib.h>

#include <algorithm>
#include <string_view>

#include "lib/wire/reader.h"

namespace wxsec::flow {
namespace {

constexpr std::uint32_t kEnough = 8192;
constexpr std::uint32_t kFewestForNoise = 2048;
constexpr double kNoiseLeast = 150;
constexpr double kNoiseMost = 330;
constexpr std::uint32_t kLongestBanner = 255;
constexpr std::uint32_t kLongestPacket = 35'000;
constexpr std::uint8_t kKeyExchangeInit = 20;
constexpr std::uint8_t kNewKeys = 21;

constexpr std::array<std::string_view, 9> kCompressedMagic = {
    std::string_view("\x1F\x8B\x08", 3),      // gzip
    std::string_view("PK\x03\x04", 4),        // zip
    std::string_view("\x28\xB5\x2F\xFD", 4),  // zstd
    std::string_view("BZh", 3),               // bzip2
    std::string_view("\xFD"
                     "7zXZ",
                     5),                       // xz
    std::string_view("7z\xBC\xAF", 4),         // 7-Zip
    std::string_view("\x89PNG", 4),            // pictures are compressed, too
    std::string_view("\xFF\xD8\xFF", 3),       // JPEG
    std::string_view("\x04\x22\x4D\x18", 4)};  // LZ4

bool is_text(core::ByteView piece) {
  const auto readable = std::count_if(piece.begin(), piece.end(), [](std::uint8_t byte) {
    return (byte >= 0x20 && byte < 0x7F) || byte == '\r' || byte == '\n' || byte == '\t';
  });
  return static_cast<std::size_t>(readable) * 10 >= piece.size() * 9;
}

// Does it inflate to the end? Noise breaks a rule of RFC 1951 within a few hundred bytes.
bool inflates(core::ByteView piece, int window) {
  constexpr std::size_t kLeast = 64;
  if (piece.size() < kLeast) return false;
  z_stream stream{};
  if (inflateInit2(&stream, window) != Z_OK) return false;
  core::Bytes in = core::to_bytes(piece);
  std::array<std::uint8_t, 4096> out{};
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  int state = Z_OK;
  while (state == Z_OK && stream.total_out < 64 * in.size()) {
    stream.next_out = out.data();
    stream.avail_out = static_cast<uInt>(out.size());
    state = inflate(&stream, Z_NO_FLUSH);
    if (stream.avail_in == 0 && stream.avail_out != 0) break;
  }
  const bool good = state == Z_OK || state == Z_STREAM_END || state == Z_BUF_ERROR;
  const bool grew = stream.total_out > stream.total_in;
  inflateEnd(&stream);
  return good && grew;
}

// RFC 1950 2.2 with its check, or deflate without any header.
bool deflated(core::ByteView beginning) {
  constexpr int kZlib = 15;
  constexpr int kRaw = -15;
  return inflates(beginning, kZlib) || inflates(beginning, kRaw);
}

}  // namespace

Verdict judge_unknown(core::ByteView sample) {
  if (sample.size() < 4) return Verdict::unknown;
  const std::string_view text = core::as_text(sample);
  for (const std::string_view magic : kCompressedMagic) {
    if (text.starts_with(magic)) return Verdict::compressed;
  }
  return is_text(sample) ? Verdict::plaintext : Verdict::unknown;
}

void Looks::add(core::ByteView piece) {
  if (ssh_ == Ssh::unasked) {
    constexpr std::size_t kSample = 512;
    first_ = judge_unknown(piece.first(std::min(piece.size(), kSample)));
    compressed_ = first_ == Verdict::compressed || (first_ == Verdict::unknown && deflated(piece));
    ssh_ = from_beginning_ && core::as_text(piece).starts_with("SSH-") ? Ssh::banner : Ssh::no;
    ssh_left_ = kLongestBanner;
  }
  follow_ssh(piece);
  if (binary_ + text_ >= kEnough) return;
  piece = piece.first(std::min<std::size_t>(piece.size(), kEnough - binary_ - text_));
  const auto size = static_cast<std::uint32_t>(piece.size());
  if (is_text(piece)) {
    text_ += size;
    return;
  }
  // Behind a header of some protocol's own.
  const std::string_view text = core::as_text(piece);
  compressed_ = compressed_ || std::any_of(kCompressedMagic.begin(), kCompressedMagic.end(),
                                           [&](std::string_view magic) {
                                             return text.find(magic) != std::string_view::npos;
                                           });
  for (std::size_t i = 0; i < piece.size() && binary_ + i < beginning_.size(); ++i)
    beginning_[binary_ + i] = piece[i];
  binary_ += size;
  for (const std::uint8_t byte : piece) ++seen_[byte];
}

void Looks::follow_ssh(core::ByteView piece) {
  for (const std::uint8_t byte : piece) {
    if (ssh_ == Ssh::no || ssh_ == Ssh::encrypted) return;
    ssh_byte(byte);
  }
}

void Looks::ssh_byte(std::uint8_t byte) {
  switch (ssh_) {
    case Ssh::banner:
      if (byte == '\n') {
        ssh_ = Ssh::header;
      } else if (--ssh_left_ == 0) {
        ssh_ = Ssh::no;
      }
      return;
    case Ssh::header:
      ssh_header_[ssh_header_size_++] = byte;
      if (ssh_header_size_ == ssh_header_.size()) ssh_header();
      return;
    case Ssh::body:
      if (--ssh_left_ == 0) ssh_ = Ssh::header;
      return;
    case Ssh::last_body:
      if (ssh_left_ == 0) {
        ssh_ = Ssh::encrypted;
      } else {
        --ssh_left_;
      }
      return;
    default: return;
  }
}

// RFC 4253 6: the length counts the padding's length, the payload, whose first byte is the
// message's number, and the padding.
void Looks::ssh_header() {
  ssh_header_size_ = 0;
  wire::Reader in(ssh_header_);
  const std::uint32_t length = in.u32();
  in.skip(1);
  const std::uint8_t message = in.u8();
  const bool fits = ssh_packets_ || message == kKeyExchangeInit;
  if (length <= 2 || length > kLongestPacket || !fits) {
    ssh_ = Ssh::no;
    return;
  }
  ssh_packets_ = true;
  ssh_left_ = length - 2;
  ssh_ = message == kNewKeys ? Ssh::last_body : Ssh::body;
}

bool Looks::settled() const {
  const bool follows = ssh_ != Ssh::no && ssh_ != Ssh::encrypted;
  return ssh_ == Ssh::encrypted || (binary_ + text_ >= kEnough && !follows);
}

// Headers have zeros or words in them, also where noise follows that is only compressed (HTTP/2).
// Of 64 random bytes six are equal, or twelve in a row readable, once in thousands of cases.
bool Looks::begins_as_noise() const {
  constexpr std::ptrdiff_t kMostEqual = 5;
  constexpr int kLongestWord = 11;
  int word = 0;
  for (const std::uint8_t byte : beginning_) {
    if (std::count(beginning_.begin(), beginning_.end(), byte) > kMostEqual) return false;
    word = byte >= 0x20 && byte < 0x7F ? word + 1 : 0;
    if (word > kLongestWord) return false;
  }
  return true;
}

bool Looks::noise() const {
  if (!from_beginning_ || binary_ < kFewestForNoise || !begins_as_noise()) return false;
  const double expected = binary_ / 256.0;
  double sum = 0;
  for (const std::uint16_t count : seen_) sum += (count - expected) * (count - expected) / expected;
  return sum > kNoiseLeast && sum < kNoiseMost;
}

// Keys that are only agreed on have encrypted nothing.
Verdict Looks::verdict() const {
  if (ssh_ == Ssh::encrypted) return Verdict::encrypted;
  if (ssh_ != Ssh::no && ssh_packets_) return Verdict::unknown;
  if (compressed_) return first_ == Verdict::plaintext ? Verdict::plaintext : Verdict::compressed;
  if (noise()) return text_ > 0 ? Verdict::mixed : Verdict::encrypted;
  return first_;
}

}  // namespace wxsec::flow
