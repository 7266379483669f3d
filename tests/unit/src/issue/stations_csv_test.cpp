#include "src/issue/stations_csv.h"

#include <doctest/doctest.h>

using namespace wxsec;
using namespace wxsec::certs;

namespace {

std::vector<FleetMember> good(std::string_view text) {
  auto members = parse_stations_csv(text);
  REQUIRE_MESSAGE(members.has_value(), (members ? "" : members.error().what));
  return std::move(*members);
}

void refused(std::string_view text, std::string_view why) {
  const auto members = parse_stations_csv(text);
  INFO(text);
  REQUIRE_FALSE(members.has_value());
  CHECK(members.error().code == core::Code::usage);
  CHECK_MESSAGE(members.error().what.find(why) != std::string::npos, members.error().what);
}

}  // namespace

TEST_CASE("certs/stations_csv: columns in any order, quotes, several names in a cell, CRLF") {
  const auto members = good(
      "\xEF\xBB\xBFlifetime,Name,dns,ip\r\n"
      "90d,hill,,\r\n"
      "\r\n"
      ",lake,\"lake.wx.test  *.lake.wx.test\",2001:db8::7\r\n"
      "6d, \"pond\" ,pond.wx.test,192.0.2.1 192.0.2.2");
  REQUIRE(members.size() == 3);
  CHECK(members[0].name == "hill");
  CHECK(members[0].names.empty());
  CHECK(members[0].lifetime == std::chrono::days(90));
  CHECK(members[1].names.size() == 3);
  CHECK_FALSE(members[1].lifetime.has_value());
  CHECK(members[2].names.size() == 3);
  CHECK(good("name;uri\nhill;urn:wx:7\n")[0].names[0].kind == pki::NameKind::uri);
  CHECK(good("name\temail\nhill\tops@wx.test\n")[0].names[0].kind == pki::NameKind::email);
}

TEST_CASE("certs/stations_csv: what is wrong is told with its line and column") {
  refused("", "line 1: the file is empty");
  refused("dns\nx.wx.test\n", "line 1: there is no column 'name'");
  refused("name,colour\nhill,red\n", "line 1: there is no column 'colour'");
  refused("name,name\nhill,hill\n", "twice");
  refused("name\n", "no row");
  refused("name,dns\nhill\n", "line 2: 1 cells where the header has 2");
  refused("name\nhill\n\n../etc\n", "line 4: column name");
  refused("name\nhill\nlake\nhill\n", "line 4: 'hill' is in line 2 already");
  refused("name,dns\nhill,bad name_\n", "line 2: column dns");
  refused("name,ip\nhill,300.1.2.3\n", "line 2: column ip");
  refused("name,lifetime\nhill,soon\n", "line 2: column lifetime");
  refused("name,lifetime\nhill,0d\n", "line 2: column lifetime");
  refused("name,dns\nhill,\"x.wx.test\n", "line 2: a quote that is not closed");
  refused("name,dns\nhill,\"x.wx.test\"y\n", "line 2: text behind a closing quote");
  refused("name,dns\n\"a\nb\",x.wx.test\n", "line 2: column name");
  refused("name,dns\nhill," + std::string(5000, 'x') + "\n", "4096");
}

TEST_CASE("certs/stations_csv: the line is the file's own, also behind a cell of two lines") {
  refused("name,dns\nhill,\"a.wx.test\n\"\nlake,nonsense_\n", "line 2: column dns");
}

TEST_CASE("certs/stations_csv: no row takes the name of an identity that has rights") {
  for (const std::string name : {"operator", "broker", "api", "ingest", "root", "issuing"}) {
    const auto table = parse_stations_csv("name\nhill\n" + name + "\n");
    REQUIRE_FALSE_MESSAGE(table.has_value(), name);
    CHECK(table.error().code == core::Code::usage);
    CHECK(table.error().what.find("line 3: column name: '" + name + "'") == 0);
  }
  CHECK(parse_stations_csv("name\noperator-2\n").has_value());
}
