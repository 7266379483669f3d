#include "src/acme/headers.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "lib/core/number.h"
#include "lib/core/time.h"

namespace wxsec::acme {
namespace {

constexpr std::chrono::seconds kLongestWait = std::chrono::hours(240);
constexpr std::size_t kMaxLinks = 32;
constexpr std::size_t kMaxNonce = 256;
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "Wed, 21 Oct 2026 07:28:00 GMT": IMF-fixdate, the one form that may still be sent (RFC
// 9110 5.6.7).
std::optional<core::Instant> parse_http_date(std::string_view text) {
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT")
    return std::nullopt;
  const auto* const month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  if (month == kMonths.end()) return std::nullopt;
  const auto at = core::parse_rfc3339(fmt::format("{}-{:02}-{}T{}Z", text.substr(12, 4),
                                                  month - kMonths.begin() + 1, text.substr(5, 2),
                                                  text.substr(17, 8)));
  if (!at) return std::nullopt;
  return *at;
}

// One ;name=value or ;name="value" from the front of `rest`; false at the end of this link.
struct Parameter {
  std::string_view name;
  std::string_view value;
};
std::optional<Parameter> next_parameter(std::string_view& rest) {
  rest = trimmed(rest);
  if (rest.empty() || rest.front() != ';') return std::nullopt;
  rest.remove_prefix(1);
  const std::size_t name_end = std::min(rest.find_first_of("=;,"), rest.size());
  Parameter parameter{trimmed(rest.substr(0, name_end)), {}};
  rest.remove_prefix(name_end);
  if (rest.empty() || rest.front() != '=') return parameter;
  rest = trimmed(rest.substr(1));
  const bool quoted = !rest.empty() && rest.front() == '"';
  if (quoted) rest.remove_prefix(1);
  const std::size_t end =
      std::min(quoted ? rest.find('"') : rest.find_first_of(";, "), rest.size());
  parameter.value = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), end + (quoted ? 1U : 0U)));
  return parameter;
}

}  // namespace

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, core::Instant now) {
  value = trimmed(value);
  if (const auto seconds = core::parse_number<std::int64_t>(value, 0, 0xFFFF'FFFF))
    return std::min(std::chrono::seconds(*seconds), kLongestWait);
  const auto at = parse_http_date(value);
  if (!at) return std::nullopt;
  const auto span = std::chrono::ceil<std::chrono::seconds>(*at - now);
  return std::clamp(span, std::chrono::seconds(0), kLongestWait);
}

std::vector<Link> parse_links(std::string_view value) {
  std::vector<Link> links;
  std::string_view rest = value;
  while (links.size() < kMaxLinks) {
    const std::size_t open = rest.find('<');
    const std::size_t close = open == std::string_view::npos ? open : rest.find('>', open);
    if (close == std::string_view::npos) break;
    Link link{std::string(trimmed(rest.substr(open + 1, close - open - 1))), {}};
    rest.remove_prefix(close + 1);
    while (const auto parameter = next_parameter(rest))
      if (parameter->name == "rel" && link.relation.empty()) link.relation = parameter->value;
    links.push_back(std::move(link));
  }
  return links;
}

bool is_nonce(std::string_view value) {
  return !value.empty() && value.size() <= kMaxNonce &&
         std::all_of(value.begin(), value.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

}  // namespace wxsec::acme
