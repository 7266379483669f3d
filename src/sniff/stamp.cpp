#include "src/sniff/stamp.h"

#include "lib/core/time.h"

namespace wxsec::sniff {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::size_t kDigits = 6;

}  // namespace

std::string_view Stamp::rfc3339(std::int64_t time_ns) {
  const std::int64_t second = time_ns / kSecond - (time_ns % kSecond < 0 ? 1 : 0);
  if (second != second_) {
    second_ = second;
    text_ = core::rfc3339(core::Instant(std::chrono::seconds(second)));
    text_.insert(text_.size() - 1, ".000000");
  }
  auto micros = static_cast<std::uint32_t>((time_ns - second * kSecond) / 1000);
  char* digit = &text_[text_.size() - 2];
  for (std::size_t i = 0; i < kDigits; ++i) {
    *digit-- = static_cast<char>('0' + micros % 10);
    micros /= 10;
  }
  return text_;
}

std::string_view Stamp::clock(std::int64_t time_ns) {
  std::string_view text = rfc3339(time_ns);
  text.remove_prefix(text.find('T') + 1);
  text.remove_suffix(1);
  return text;
}

}  // namespace wxsec::sniff
