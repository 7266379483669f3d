// Times of packets as text, fast: consecutive packets share their second.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace wxsec::sniff {

class Stamp {
 public:
  // "2026-11-22T10:31:00.123456Z", with nine digits where a capture is that exact; valid until the
  // next call.
  std::string_view rfc3339(std::int64_t time_ns);
  // "10:31:00.123456", UTC; valid until the next call.
  std::string_view clock(std::int64_t time_ns);
  // "2026-11-22", UTC; valid until the next call.
  std::string_view day(std::int64_t time_ns);

 private:
  std::uint32_t fraction(std::int64_t time_ns);  // nanoseconds of its second, which text_ shows
  std::int64_t second_ = std::numeric_limits<std::int64_t>::min();
  std::string text_;
};

}  // namespace wxsec::sniff
