#include "src/weather/station.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace wxsec::weather {
namespace {

constexpr std::size_t kMaxLabel = 63;  // RFC 1035 2.3.4
constexpr std::string_view kRoot = "wx/";
constexpr std::array kKinds{Kind::reading, Kind::status, Kind::stored, Kind::cmd};

bool is_label_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

}  // namespace

bool is_station_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLabel && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), is_label_character);
}

core::Result<void> check_station_id(std::string_view text) {
  if (is_station_id(text)) return {};
  std::string_view problem = "must be of the characters a-z 0-9 and -";
  if (text.empty()) problem = "must not be empty";
  if (text.size() > kMaxLabel) problem = "must not be longer than 63 characters";
  if (text.starts_with('-') || text.ends_with('-')) problem = "must not begin or end with a hyphen";
  return core::fail(core::Code::malformed,
                    fmt::format("station id '{}' {}", text.substr(0, kMaxLabel), problem));
}

std::string station_name(unsigned number) { return fmt::format("station-{:04}", number); }

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::reading: return "reading";
    case Kind::status: return "status";
    case Kind::stored: return "stored";
    case Kind::cmd: return "cmd";
  }
  return "";
}

std::string topic(std::string_view station, Kind kind) {
  return fmt::format("{}{}/{}", kRoot, station, kind_name(kind));
}

std::string topic_of_all(Kind kind) { return topic("+", kind); }

std::optional<Topic> parse_topic(std::string_view text) {
  if (!text.starts_with(kRoot)) return std::nullopt;
  text.remove_prefix(kRoot.size());
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || !is_station_id(text.substr(0, slash))) return std::nullopt;
  const std::string_view name = text.substr(slash + 1);
  const auto kind =
      std::find_if(kKinds.begin(), kKinds.end(), [&](Kind k) { return kind_name(k) == name; });
  if (kind == kKinds.end()) return std::nullopt;
  return Topic{text.substr(0, slash), *kind};
}

}  // namespace wxsec::weather
