#include <doctest/doctest.h>

#include <string>

#include "src/sniff/print.h"

using namespace wxsec;
using namespace wxsec::sniff;

namespace {

std::string as_json(const Summary& summary) {
  std::string out;
  render_summary_json({}, summary, Secrets::masked, [&](std::string_view text) { out += text; });
  return out;
}

}  // namespace

TEST_CASE("sniff/summary: packets that a filter could not judge are told, where there are any") {
  Summary summary;
  CHECK(as_json(summary).find("not_filtered") == std::string::npos);
  summary.counters.not_filtered = 2;
  CHECK(as_json(summary).find("\"not_filtered\": 2") != std::string::npos);
}

TEST_CASE(
    "sniff/summary: retransmissions that could not be compared are told, where there are any") {
  Summary summary;
  const term::Style plain(false);
  CHECK(render_summary({}, summary, plain, {}).find("compared") == std::string::npos);
  CHECK(as_json(summary).find("compared") == std::string::npos);
  summary.not_compared = 2;
  CHECK(render_summary({}, summary, plain, {}).find("2 retransmissions came too late") !=
        std::string::npos);
  CHECK(as_json(summary).find("\"not_compared\": 2") != std::string::npos);
}
