#include "lib/core/time.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

#include "lib/core/counted.h"

namespace wxsec::core {
namespace {

namespace chr = std::chrono;

// A left-to-right reader of fixed-width decimal fields; any miss makes it fail for good.
class Fields {
 public:
  explicit Fields(std::string_view text) : text_(text) {}

  int digits(std::size_t count) {
    if (text_.size() < count) return miss();
    int value = 0;
    for (const char c : text_.substr(0, count)) {
      if (c < '0' || c > '9') return miss();
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(count);
    return value;
  }
  // One character out of `any`; returns it.
  char one_of(std::string_view any) {
    if (text_.empty() || any.find(text_.front()) == std::string_view::npos) {
      miss();
      return '\0';
    }
    const char c = text_.front();
    text_.remove_prefix(1);
    return c;
  }
  // ".123456" -> 123; nothing there -> 0.
  int optional_milliseconds() {
    if (text_.empty() || text_.front() != '.') return 0;
    text_.remove_prefix(1);
    int value = 0;
    int seen = 0;
    for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; ++seen) {
      if (seen < 3) value = value * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    if (seen == 0) return miss();
    for (; seen < 3; ++seen) value *= 10;
    return value;
  }
  bool done() const { return ok_ && text_.empty(); }

 private:
  int miss() {
    ok_ = false;
    text_ = {};
    return 0;
  }
  std::string_view text_;
  bool ok_ = true;
};

chr::minutes read_offset(Fields& in) {
  const char sign = in.one_of("Zz+-");
  if (sign != '+' && sign != '-') return chr::minutes{0};
  const int hours = in.digits(2);
  in.one_of(":");
  const int minutes = in.digits(2);
  if (hours > 23 || minutes > 59) in.one_of("");
  const chr::minutes offset{hours * 60 + minutes};
  return sign == '+' ? offset : -offset;
}

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<Unit, 5> kUnits{
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};

}  // namespace

std::string rfc3339(Instant at) {
  const auto day = chr::floor<chr::days>(at);
  const chr::year_month_day date{day};
  const chr::hh_mm_ss time{at - day};
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  time.hours().count(), time.minutes().count(), time.seconds().count());
  if (time.subseconds().count() != 0) text += fmt::format(".{:03}", time.subseconds().count());
  return text + 'Z';
}

std::string utc_date(Instant at) { return rfc3339(at).substr(0, 10); }

Result<Instant> parse_rfc3339(std::string_view text) {
  const auto bad = [&] {
    return fail(Code::malformed, fmt::format("'{}' is not an RFC 3339 time", text));
  };
  Fields in(text);
  const chr::year year{in.digits(4)};
  in.one_of("-");
  const chr::month month{static_cast<unsigned>(in.digits(2))};
  in.one_of("-");
  const chr::day day{static_cast<unsigned>(in.digits(2))};
  in.one_of("Tt ");
  const int hour = in.digits(2);
  in.one_of(":");
  const int minute = in.digits(2);
  in.one_of(":");
  const int second = in.digits(2);
  const int milliseconds = in.optional_milliseconds();
  const chr::minutes offset = read_offset(in);
  const chr::year_month_day date{year, month, day};
  if (!in.done() || !date.ok() || hour > 23 || minute > 59 || second > 60) return bad();
  const auto within =
      second == 60 ? chr::milliseconds{59'999} : chr::milliseconds{second * 1'000 + milliseconds};
  return Instant{chr::sys_days{date}} + chr::hours{hour} + chr::minutes{minute} + within - offset;
}

Result<chr::milliseconds> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& known : kUnits) {
    if (error != std::errc{} || count < 0 || unit != known.name) continue;
    if (count > std::numeric_limits<std::int64_t>::max() / 4 / known.milliseconds) break;
    return chr::milliseconds{count * known.milliseconds};
  }
  return fail(Code::usage, fmt::format("'{}' is not a duration", text),
              "write a number and a unit: 90d, 6h, 15m, 30s, 250ms");
}

std::string human_duration(chr::milliseconds span) {
  const std::int64_t seconds = (span.count() < 0 ? -span : span).count() / 1'000;
  if (seconds >= 2 * 86'400) return counted(static_cast<std::uint64_t>(seconds / 86'400), "day");
  if (seconds >= 2 * 3'600) return counted(static_cast<std::uint64_t>(seconds / 3'600), "hour");
  if (seconds >= 2 * 60) return counted(static_cast<std::uint64_t>(seconds / 60), "minute");
  return counted(static_cast<std::uint64_t>(seconds), "second");
}

}  // namespace wxsec::core
