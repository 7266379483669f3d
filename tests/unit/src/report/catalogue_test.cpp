#include "src/report/catalogue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

using namespace wxsec::report;

namespace {

// WX-FAMILY-NNN
bool well_formed(std::string_view id) {
  if (id.substr(0, 3) != "WX-" || id.size() < 8) return false;
  const std::string_view number = id.substr(id.size() - 3);
  return id[id.size() - 4] == '-' &&
         std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

TEST_CASE("report/catalogue: no text is empty and every id is well formed") {
  REQUIRE(catalogue().size() > 50);
  for (const Entry& entry : catalogue()) {
    CAPTURE(std::string(entry.id));
    CHECK(well_formed(entry.id));
    CHECK(entry.title.size() > 15);
    CHECK(entry.why.size() > 40);
    CHECK(entry.remedy.size() > 20);
    CHECK(entry.recheck.size() > 5);
  }
}

TEST_CASE("report/catalogue: ids, titles, reasons and remedies are unique") {
  std::set<std::string_view> ids, titles, whys, remedies;
  for (const Entry& entry : catalogue()) {
    CAPTURE(std::string(entry.id));
    CHECK(ids.insert(entry.id).second);
    CHECK(titles.insert(entry.title).second);
    CHECK(whys.insert(entry.why).second);
    CHECK(remedies.insert(entry.remedy).second);
  }
}

TEST_CASE("report/catalogue: ids ascend within a family without a gap") {
  std::string family;
  int expected = 1;
  for (const Entry& entry : catalogue()) {
    const std::string mine(entry.id.substr(0, entry.id.size() - 3));
    if (mine != family) expected = 1;
    family = mine;
    CHECK(std::stoi(std::string(entry.id.substr(entry.id.size() - 3))) == expected++);
  }
}

TEST_CASE("report/catalogue: titles are sentences in lower case without a full stop") {
  for (const Entry& entry : catalogue()) {
    CAPTURE(std::string(entry.title));
    CHECK(entry.title.back() != '.');
    const bool acronym = entry.title.size() > 1 && std::isupper(entry.title[1]) != 0;
    CHECK((acronym || std::islower(entry.title[0]) != 0));
  }
}

TEST_CASE("report/catalogue: a finding takes its texts from the entry and its place into recheck") {
  const Finding finding = make_finding(id::kPlainPublish, "mqtt://127.0.0.1:1883", {"CONNACK 0"});
  const Entry* const entry = find_entry("WX-MQTT-001");
  REQUIRE(entry != nullptr);
  CHECK(finding.id == "WX-MQTT-001");
  CHECK(finding.severity == Severity::critical);
  CHECK(finding.why == entry->why);
  CHECK(finding.remedy == entry->remedy);
  CHECK(finding.recheck == "wxsec attack plaintext --broker mqtt://127.0.0.1:1883");
  CHECK(finding.evidence == std::vector<std::string>{"CONNACK 0"});
}

TEST_CASE("report/catalogue: what is not there is not found") {
  CHECK(find_entry("WX-MQTT-999") == nullptr);
  CHECK(find_entry("") == nullptr);
  CHECK(find_entry("wx-mqtt-001") == nullptr);
}
