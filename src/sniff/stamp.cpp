#include "src/sniff/stamp.h"

#include "lib/core/time.h"

namespace wxsec::sniff {

void Stamp::remember(std::int64_t second) {
  if (second == second_) return;
  second_ = second;
  text_ = core::rfc3339(core::Instant(std::chrono::seconds(second)));
  text_.pop_back();  // Z
}

void Stamp::append_fraction(std::string& out, std::int64_t time_ns) const {
  std::int64_t micros = (time_ns - second_ * 1'000'000'000) / 1000;
  char digits[7] = {'.', '0', '0', '0', '0', '0', '0'};
  for (int i = 6; i > 0; --i) {
    digits[i] = static_cast<char>('0' + micros % 10);
    micros /= 10;
  }
  out.append(digits, sizeof(digits));
}

void Stamp::append_rfc3339(std::string& out, std::int64_t time_ns) {
  const std::int64_t second = time_ns / 1'000'000'000 - (time_ns % 1'000'000'000 < 0 ? 1 : 0);
  remember(second);
  out += text_;
  append_fraction(out, time_ns);
  out += 'Z';
}

void Stamp::append_clock(std::string& out, std::int64_t time_ns) {
  const std::int64_t second = time_ns / 1'000'000'000 - (time_ns % 1'000'000'000 < 0 ? 1 : 0);
  remember(second);
  out += std::string_view(text_).substr(std::min<std::size_t>(11, text_.size()));
  append_fraction(out, time_ns);
}

}  // namespace wxsec::sniff
