#include <doctest/doctest.h>

#include "src/certs/authority.h"
#include "src/certs/successor.h"
#include "src/issue/fleet.h"
#include "src/issue/issue.h"
#include "src/lint/lint.h"
#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;
using core::Code;
using pki::AlternativeName;
using pki::NameKind;

namespace {

const AlternativeName kAddress{NameKind::ip, "127.1.2.3"};
const AlternativeName kAddress6{NameKind::ip, "::1"};
const AlternativeName kUri{NameKind::uri, "urn:wx:gate"};
const AlternativeName kEmail{NameKind::email, "ops@wx.test"};

core::Result<Issued> issued(const Made& made, std::string_view name, std::string_view profile,
                            const std::vector<AlternativeName>& names) {
  IssueOptions options;
  options.dir = made.dir;
  options.name = name;
  options.profile = profile;
  options.names = names;
  return issue(options, made.clock);
}

std::string common_name(const Made& made, std::string_view name, std::string_view profile,
                        const std::vector<AlternativeName>& names) {
  return issued(made, name, profile, names).value().certificate.common_name;
}

}  // namespace

TEST_CASE("certs/issue: the alternative names are those that were asked for, and no others") {
  const Made made;
  int n = 0;
  for (const char* profile : {"server", "client", "both", "station"})
    for (const AlternativeName& name : {kAddress, kAddress6, kUri, kEmail}) {
      const auto one = issued(made, "gate-" + std::to_string(n++), profile, {name}).value();
      CHECK(one.certificate.names == std::vector<AlternativeName>{name});
    }
}

TEST_CASE(
    "certs/issue: a server without a DNS name has a common name that its authority may sign for") {
  const Made made;
  CHECK(common_name(made, "web", "server", {kAddress}) == "web.wx.test");
  CHECK(common_name(made, "web_6", "both", {kEmail, kUri}) == "web-6.wx.test");
  CHECK(common_name(made, "gate.wx.test", "both", {kUri}) == "gate.wx.test");
}

TEST_CASE("certs/issue: the common name is the plain name where no verifier takes it for a host") {
  const Made made;
  CHECK(common_name(made, "device", "client", {kUri}) == "device");
  CHECK(common_name(made, "hill", "station", {kEmail}) == "hill");
  CHECK(common_name(made, "api-2", "server", {kAddress, {NameKind::dns, "x.wx.test"}}) == "api-2");
  CHECK(common_name(made, "api-3", "server", {}) == "api-3");
}

TEST_CASE("certs/issue: a client's common name with a dot is a host to OpenSSL") {
  const Made made;
  CHECK(common_name(made, "alice.smith", "client", {kEmail}) == "alice.smith.wx.test");
  CHECK(common_name(made, "hill.2", "station", {kUri}) == "hill.2.stations.wx.test");
  CHECK(common_name(made, "bob.smith", "client", {}) == "bob.smith");
}

TEST_CASE("certs/issue: a common name that would become too long is refused") {
  const Made made;
  const std::string name(60, 'a');
  CHECK(issued(made, name, "server", {kAddress}).error().code == Code::usage);
  CHECK(common_name(made, name, "client", {kUri}) == name);
}

TEST_CASE("certs/fleet: tells how many common names are not the plain name") {
  const Made made;
  FleetOptions options;
  options.each.dir = made.dir;
  options.members = {{"hill.2", {kUri}, {}}, {"lake", {kUri}, {}}, {"wood.3", {}, {}}};
  const auto report = issue_fleet(options, made.clock, {}).value();
  CHECK(report.created == 3);
  CHECK(report.renamed == 1);
  const core::Path hill = made.layout.stations() / "hill.2" / "current";
  CHECK(leaf_of(files_in(hill).cert).common_name == "hill.2.stations.wx.test");
}

TEST_CASE("certs/issue: the successor of a certificate without DNS name has the same names") {
  const Made made;
  const auto issuing = leaf_of(made.layout.issuing().cert);
  const auto old = issued(made, "web", "both", {kAddress}).value().certificate;
  const auto spec = leaf_spec(successor_of(old, std::chrono::days(90), at(kStart)), issuing);
  CHECK(spec.common_name == "web.wx.test");
  CHECK(spec.names == old.names);
}

TEST_CASE("certs/issue: an authority without constraints leaves the common name alone") {
  const Made made;
  auto issuing = leaf_of(made.layout.issuing().cert);
  issuing.has_constraints = false;
  issuing.constraints = {};
  LeafRequest request{"web", find_profile(made.dir, "server").value(), {kAddress}, at(kStart)};
  CHECK(leaf_spec(request, issuing).common_name == "web");
}

TEST_CASE("certs/issue: lint has nothing against certificates without a DNS name") {
  const Made made;
  for (const char* profile : {"server", "client", "both"}) {
    LintOptions options;
    const auto one = issued(made, std::string("x-") + profile, profile, {kAddress}).value();
    options.targets = {one.files.fullchain.string()};
    const auto report = lint(options, made.clock).value();
    REQUIRE(report.files.size() == 1);
    CHECK(report.files[0].findings.empty());
  }
}
