#include "src/api/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "lib/core/number.h"
#include "lib/core/time.h"

namespace wxsec::api {
namespace {

constexpr std::size_t kMaxLimit = 1000;

std::string_view format_name(Format format) {
  switch (format) {
    case Format::json: return "json";
    case Format::csv: return "csv";
    case Format::geojson: return "geojson";
    case Format::senml: return "senml";
  }
  return "";
}

Answer<core::Instant> parse_time(std::string_view name, std::string_view text) {
  const auto time = core::parse_rfc3339(text);
  if (time) return *time;
  // The commonest mistake: an unescaped + in an offset reaches us as a space.
  const std::string_view hint =
      text.find(' ') == std::string_view::npos ? "" : " (write + as %2B, or use Z)";
  return invalid_parameter(name,
                           fmt::format("{} is not a time like 2026-11-22T10:31:00Z{}", name, hint));
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view piece = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return trim(piece);
}

struct Range {
  std::string_view type;
  double quality = 1;
};

// One element of Accept: "text/csv;q=0.8". A q that is no number counts as zero.
Range parse_media_range(std::string_view element) {
  Range range{take_until(element, ';')};
  while (!element.empty()) {
    std::string_view parameter = take_until(element, ';');
    if (parameter.starts_with("q=") || parameter.starts_with("Q=")) {
      range.quality = core::parse_number<double>(parameter.substr(2), 0, 1).value_or(0);
    }
  }
  return range;
}

// How well `range` fits: 0 not, 1 by */*, 2 by type/*, 3 exactly.
int fit(std::string_view range, std::string_view media) {
  if (range == media) return 3;
  if (range == "*/*") return 1;
  const std::size_t slash = media.find('/');
  return range.ends_with("/*") && range.substr(0, range.size() - 1) == media.substr(0, slash + 1)
             ? 2
             : 0;
}

// The quality that `accept` gives to `media`: that of the closest range.
double quality_of(std::string_view accept, std::string_view media) {
  double quality = 0;
  int best = 0;
  while (!accept.empty()) {
    const Range range = parse_media_range(take_until(accept, ','));
    const int closeness = fit(range.type, media);
    if (closeness > best) {
      best = closeness;
      quality = range.quality;
    }
  }
  return quality;
}

std::optional<Problem> read_parameter(store::RangeQuery& query, std::string_view name,
                                      std::string_view value) {
  if (name == "from" || name == "to") {
    auto time = parse_time(name, value);
    if (auto* const problem = std::get_if<Problem>(&time)) return std::move(*problem);
    (name == "from" ? query.from : query.to) = std::get<core::Instant>(time);
  } else if (name == "limit") {
    const auto limit = core::parse_number<std::size_t>(value, 1, kMaxLimit);
    if (!limit) return invalid_parameter(name, fmt::format("limit must be 1 to {}", kMaxLimit));
    query.limit = *limit;
  } else if (name == "cursor") {
    query.after = decode_cursor(value);
    if (!query.after) return invalid_parameter(name, "cursor is not one that we handed out");
  } else if (name == "order") {
    if (value != "asc" && value != "desc") {
      return invalid_parameter(name, "order must be asc or desc");
    }
    if (value == "desc") query.order = store::Order::newest_first;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Problem> check_parameters(const http::Request& request,
                                        std::initializer_list<std::string_view> known) {
  for (std::size_t i = 0; i < request.query.size(); ++i) {
    const std::string& name = request.query[i].first;
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return invalid_parameter(name, fmt::format("there is no parameter {} here, only {}", name,
                                                 fmt::join(known, ", ")));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (request.query[j].first == name) {
        return invalid_parameter(name, fmt::format("{} stands there twice", name));
      }
    }
  }
  return std::nullopt;
}

Answer<store::RangeQuery> parse_range(const http::Request& request, std::string station) {
  if (auto problem =
          check_parameters(request, {"from", "to", "limit", "cursor", "order", "format"})) {
    return std::move(*problem);
  }
  store::RangeQuery query;
  query.station = std::move(station);
  for (const auto& [name, value] : request.query) {
    if (auto problem = read_parameter(query, name, value)) return std::move(*problem);
  }
  if (query.from && query.to && *query.from > *query.to) {
    return invalid_parameter("from", "from is later than to");
  }
  return query;
}

std::string encode_cursor(const store::Position& position) {
  return fmt::format("{}.{}", position.time.time_since_epoch().count(), position.sequence);
}

std::optional<store::Position> decode_cursor(std::string_view text) {
  constexpr std::int64_t kFarthest = 1'000'000'000'000'000;  // some 30,000 years
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto time = core::parse_number<std::int64_t>(text.substr(0, dot), -kFarthest, kFarthest);
  const auto sequence =
      core::parse_number<std::uint64_t>(text.substr(dot + 1), 1, weather::kMaxSequence);
  if (!time || !sequence) return std::nullopt;
  return store::Position{core::Instant(std::chrono::milliseconds(*time)), *sequence};
}

std::string_view media_type(Format format) {
  switch (format) {
    case Format::json: return "application/json";
    case Format::csv: return "text/csv";
    case Format::geojson: return "application/geo+json";
    case Format::senml: return "application/senml+json";
  }
  return "";
}

Answer<Format> choose_format(const http::Request& request, std::initializer_list<Format> offered) {
  if (const auto asked = request.query_value("format")) {
    for (const Format format : offered) {
      if (format_name(format) == *asked) return format;
    }
    std::string names;
    for (const Format format : offered) {
      names += fmt::format("{}{}", names.empty() ? "" : ", ", format_name(format));
    }
    return invalid_parameter("format", fmt::format("format must be one of: {}", names));
  }
  const auto accept = request.header("Accept");
  if (!accept || trim(*accept).empty()) return *offered.begin();
  std::optional<Format> best;
  double best_quality = 0;
  std::string types;
  for (const Format format : offered) {
    const double quality = quality_of(*accept, media_type(format));
    if (quality > best_quality) {
      best_quality = quality;
      best = format;
    }
    types += fmt::format("{}{}", types.empty() ? "" : ", ", media_type(format));
  }
  if (best) return *best;
  return Problem{406, "not-acceptable", "Not acceptable",
                 fmt::format("this can be had as {}", types)};
}

}  // namespace wxsec::api
