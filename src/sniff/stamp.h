// Times of packets as text, fast: consecutive packets share their second.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

namespace wxsec::sniff {

class Stamp {
 public:
  // "2026-11-22T10:31:00.123456Z".
  void append_rfc3339(std::string& out, std::int64_t time_ns);
  // "10:31:00.123456", UTC.
  void append_clock(std::string& out, std::int64_t time_ns);

 private:
  void remember(std::int64_t second);
  void append_fraction(std::string& out, std::int64_t time_ns) const;

  std::int64_t second_ = std::numeric_limits<std::int64_t>::min();
  std::string text_;  // "2026-11-22T10:31:00"
};

}  // namespace wxsec::sniff
