#include "lib/pki/der.h"

#include <fmt/core.h>

#include <array>
#include <chrono>

namespace wxsec::pki {
namespace {

// Length octets (X.690 8.1.3): one below 128, else 0x80 | count and the big-endian length.
struct Length {
  std::array<std::uint8_t, 9> bytes{};
  std::size_t size = 0;
};

Length encode_length(std::size_t length) {
  Length out;
  if (length < 0x80) {
    out.bytes[0] = static_cast<std::uint8_t>(length);
    out.size = 1;
    return out;
  }
  std::size_t count = 0;
  for (std::size_t rest = length; rest != 0; rest >>= 8) ++count;
  out.bytes[0] = static_cast<std::uint8_t>(0x80U | count);
  for (std::size_t i = 0; i < count; ++i)
    out.bytes[count - i] = static_cast<std::uint8_t>(length >> (8 * i) & 0xFFU);
  out.size = count + 1;
  return out;
}

}  // namespace

DerWriter::Mark DerWriter::open(std::uint8_t tag) {
  out_.push_back(tag);
  return out_.size();
}

void DerWriter::close(Mark mark) {
  const Length length = encode_length(out_.size() - mark);
  out_.insert(out_.begin() + static_cast<std::ptrdiff_t>(mark), length.bytes.begin(),
              length.bytes.begin() + static_cast<std::ptrdiff_t>(length.size));
}

void DerWriter::value(std::uint8_t tag, core::ByteView content) {
  out_.push_back(tag);
  const Length length = encode_length(content.size());
  out_.insert(out_.end(), length.bytes.begin(),
              length.bytes.begin() + static_cast<std::ptrdiff_t>(length.size));
  raw(content);
}

void DerWriter::object_id(std::initializer_list<std::uint8_t> encoded) {
  value(kObjectId, core::ByteView(encoded.begin(), encoded.size()));
}

void DerWriter::integer(std::uint64_t number) {
  std::array<std::uint8_t, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[bytes.size() - 1 - i] = static_cast<std::uint8_t>(number >> (8 * i) & 0xFFU);
  unsigned_integer(bytes);
}

void DerWriter::unsigned_integer(core::ByteView big_endian) {
  while (big_endian.size() > 1 && big_endian.front() == 0) big_endian = big_endian.subspan(1);
  const Mark mark = open(kInteger);
  if (big_endian.empty() || (big_endian.front() & 0x80U) != 0) byte(0);
  raw(big_endian);
  close(mark);
}

void DerWriter::time(core::Instant at) {
  namespace chr = std::chrono;
  const auto seconds = chr::floor<chr::seconds>(at);
  const auto day = chr::floor<chr::days>(seconds);
  const chr::year_month_day date{day};
  const chr::hh_mm_ss clock{seconds - day};
  const int year = static_cast<int>(date.year());
  const bool utc = year >= 1950 && year < 2050;
  const std::string rest =
      fmt::format("{:02}{:02}{:02}{:02}{:02}Z", static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(),
                  clock.seconds().count());
  if (utc) return value(kUtcTime, fmt::format("{:02}", year % 100) + rest);
  value(kGeneralizedTime, fmt::format("{:04}", year) + rest);
}

}  // namespace wxsec::pki
