#include "src/sniff/stamp.h"

#include "lib/core/time.h"

namespace wxsec::sniff {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::size_t kFraction = 20;  // where the digits begin: behind "2026-11-22T10:31:00."

void digits(char* first, std::size_t count, std::uint32_t value) {
  for (std::size_t i = count; i > 0; --i) {
    first[i - 1] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace

std::uint32_t Stamp::fraction(std::int64_t time_ns) {
  const std::int64_t second = time_ns / kSecond - (time_ns % kSecond < 0 ? 1 : 0);
  if (second != second_) {
    second_ = second;
    text_ = core::rfc3339(core::Instant(std::chrono::seconds(second)));
    text_.replace(text_.size() - 1, 1, ".000000000Z");
  }
  return static_cast<std::uint32_t>(time_ns - second * kSecond);
}

std::string_view Stamp::rfc3339(std::int64_t time_ns) {
  const std::uint32_t nanoseconds = fraction(time_ns);
  const bool whole_micros = nanoseconds % 1000 == 0;
  const std::size_t count = whole_micros ? 6 : 9;
  digits(&text_[kFraction], count, whole_micros ? nanoseconds / 1000 : nanoseconds);
  text_[kFraction + count] = 'Z';
  return std::string_view(text_).substr(0, kFraction + count + 1);
}

std::string_view Stamp::clock(std::int64_t time_ns) {
  constexpr std::size_t kClock = 11;  // behind "2026-11-22T"
  digits(&text_[kFraction], 6, fraction(time_ns) / 1000);
  return std::string_view(text_).substr(kClock, kFraction - kClock + 6);
}

std::string_view Stamp::day(std::int64_t time_ns) {
  fraction(time_ns);
  return std::string_view(text_).substr(0, 10);
}

}  // namespace wxsec::sniff
