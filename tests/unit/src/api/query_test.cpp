#include "src/api/query.h"

#include <doctest/doctest.h>

#include "lib/core/time.h"

using namespace wxsec;
using api::Format;

namespace {

http::Request with_query(http::Fields query) {
  http::Request request;
  request.query = std::move(query);
  return request;
}

// The detail of the refusal, or "accepted".
std::string refusal(http::Fields query) {
  const auto range = api::parse_range(with_query(std::move(query)), "sea");
  const auto* problem = std::get_if<api::Problem>(&range);
  if (problem == nullptr) return "accepted";
  CHECK(problem->status == 400);
  CHECK(problem->type == "invalid-parameter");
  return problem->parameter + ": " + problem->detail;
}

// "csv", or the status of the refusal.
std::string chosen(http::Fields headers, http::Fields query = {}) {
  http::Request request = with_query(std::move(query));
  request.headers = std::move(headers);
  const auto format = api::choose_format(request, {Format::json, Format::csv, Format::senml});
  if (const auto* problem = std::get_if<api::Problem>(&format)) {
    return std::to_string(problem->status);
  }
  return std::string(api::media_type(std::get<Format>(format)));
}

}  // namespace

TEST_CASE("api/query: nothing asked for is a hundred readings, oldest first") {
  const auto range = std::get<store::RangeQuery>(api::parse_range(with_query({}), "sea"));
  CHECK(range.station == "sea");
  CHECK(range.limit == 100);
  CHECK(range.order == store::Order::oldest_first);
  CHECK_FALSE(range.from);
  CHECK_FALSE(range.after);
}

TEST_CASE("api/query: every parameter arrives") {
  const auto range =
      std::get<store::RangeQuery>(api::parse_range(with_query({{"from", "2026-11-22T10:00:00Z"},
                                                               {"to", "2026-11-22T12:00:00+01:00"},
                                                               {"limit", "7"},
                                                               {"order", "desc"},
                                                               {"cursor", "1764000000000.17"}}),
                                                   "sea"));
  CHECK(range.from == *core::parse_rfc3339("2026-11-22T10:00:00Z"));
  CHECK(range.to == *core::parse_rfc3339("2026-11-22T11:00:00Z"));
  CHECK(range.limit == 7);
  CHECK(range.order == store::Order::newest_first);
  REQUIRE(range.after);
  CHECK(range.after->sequence == 17);
  CHECK(range.after->time.time_since_epoch().count() == 1764000000000);
}

TEST_CASE("api/query: a refusal names the parameter") {
  CHECK(refusal({{"form", "x"}}) ==
        "form: there is no parameter form here, only from, to, limit, cursor, order, format");
  CHECK(refusal({{"limit", "1"}, {"limit", "2"}}) == "limit: limit stands there twice");
  for (const char* limit : {"0", "1001", "-1", "1e3", "", "9999999999999999999999", " 5"}) {
    CHECK(refusal({{"limit", limit}}) == "limit: limit must be 1 to 1000");
  }
  CHECK(refusal({{"from", "yesterday"}}) == "from: from is not a time like 2026-11-22T10:31:00Z");
  CHECK(refusal({{"from", "2026-11-22T10:31:00 01:00"}}).find("%2B") != std::string::npos);
  CHECK(refusal({{"from", "2026-11-22T10:00:00Z"}, {"to", "2026-11-21T10:00:00Z"}}) ==
        "from: from is later than to");
  CHECK(refusal({{"order", "ascending"}}) == "order: order must be asc or desc");
  for (const char* cursor :
       {"", ".", "1", "1.", ".1", "1.0", "1.-1", "x.1", "1.1.1", "99999999999999999999.1"}) {
    CHECK(refusal({{"cursor", cursor}}) == "cursor: cursor is not one that we handed out");
  }
  CHECK(refusal({{"limit", "1000"}}) == "accepted");
}

TEST_CASE("api/query: a cursor goes out and comes back") {
  const store::Position position{*core::parse_rfc3339("2026-11-22T10:31:00.250Z"), 17};
  CHECK(api::decode_cursor(api::encode_cursor(position)) == position);
}

TEST_CASE("api/query: the format follows Accept, and ?format= above it") {
  CHECK(chosen({}) == "application/json");
  CHECK(chosen({{"Accept", "*/*"}}) == "application/json");
  CHECK(chosen({{"accept", "text/csv"}}) == "text/csv");
  CHECK(chosen({{"Accept", "text/*"}}) == "text/csv");
  CHECK(chosen({{"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}}) ==
        "application/json");
  CHECK(chosen({{"Accept", "application/json;q=0.5, text/csv;q=0.9"}}) == "text/csv");
  CHECK(chosen({{"Accept", "*/*;q=0.1, application/senml+json"}}) == "application/senml+json");
  CHECK(chosen({{"Accept", "application/json;q=0, */*"}}) == "text/csv");
  CHECK(chosen({{"Accept", "image/png"}}) == "406");
  CHECK(chosen({{"Accept", "application/json;q=much"}}) == "406");
  CHECK(chosen({{"Accept", ", ,;q"}}) == "406");
  CHECK(chosen({{"Accept", "image/png"}}, {{"format", "csv"}}) == "text/csv");
  CHECK(chosen({}, {{"format", "xml"}}) == "400");
  CHECK(chosen({}, {{"format", "geojson"}}) == "400");  // not offered here
}
