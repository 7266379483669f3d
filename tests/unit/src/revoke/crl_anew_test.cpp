// The root's list: nobody renews it, so it has to last.
#include "src/revoke/crl_anew.h"

#include <doctest/doctest.h>

#include <utility>

#include "src/certs/crl_file.h"
#include "src/certs/root_list.h"
#include "src/look/check.h"
#include "src/renew/renew.h"
#include "src/revoke/revoke.h"
#include "tests/support/roll_over.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;
using core::Code;

namespace {

core::Result<std::size_t> begin_anew(const Made& made) {
  return begin_lists_anew(made.layout, {}, made.clock.now());
}

RootList root_list_of(const Made& made) {
  const auto lists = read_crl_file(made.layout.crl()).value();
  const auto all = root_lists(made.layout, lists, made.clock.now()).value();
  REQUIRE(all.size() == 1);
  return all[0];
}

core::Path root_key(const Made& made) { return made.layout.current("root").key; }

void take_root_key_away(const Made& made) {
  std::filesystem::rename(root_key(made), made.parent.path() / "root.key");
}
void bring_root_key_back(const Made& made) {
  std::filesystem::rename(made.parent.path() / "root.key", root_key(made));
}

// The list of the root ends after 90 days, as an older wxsec began it anew.
void make_short(const Made& made) {
  const auto root = leaf_of(made.layout.current("root").cert);
  const auto signer = pki::Issuer::create(root, pki::Key::load(root_key(made), {}).value()).value();
  auto lists = read_crl_file(made.layout.crl()).value();
  REQUIRE(lists.size() == 2);
  const std::vector<pki::Revoked> somebody{
      {"1234", made.clock.now(), pki::RevocationReason::superseded}};
  lists[1] =
      signer.issue_crl(somebody, 1, made.clock.now(), made.clock.now() + kCrlLifetime).value();
  REQUIRE(write_crl_file(made.layout.crl(), lists));
}

CheckReport look_at(const Made& made) {
  CheckOptions look;
  look.targets = {made.dir.string()};
  return check(look, made.clock).value();
}

const CheckItem* list_of_root(const CheckReport& report) {
  for (const CheckItem& item : report.items)
    if (item.what == "revocation list" && item.subject.find("root CA") != std::string::npos)
      return &item;
  return nullptr;
}

}  // namespace

TEST_CASE("certs/crl_anew: the root's list lasts as long as the authority below it") {
  Made made;
  const core::Instant as_by_init = *root_list_of(made).until;
  REQUIRE(std::filesystem::remove(made.layout.crl()));
  REQUIRE(begin_anew(made));
  CHECK(root_list_of(made).until == as_by_init);
  CHECK(root_list_of(made).state == RootListState::good);
  RenewOptions options;
  options.dir = made.dir;
  for (int i = 0; i < 3; ++i) {
    made.clock.advance(std::chrono::days(61));
    CHECK(renew(options, made.clock, {}).value().ok());
  }
}

TEST_CASE("certs/crl_anew: a root's list that ends early, or ran out, is replaced") {
  for (const int days : {1, 95}) {
    CAPTURE(days);
    Made made;
    make_short(made);
    made.clock.advance(std::chrono::days(days));
    CHECK(root_list_of(made).state ==
          (days == 1 ? RootListState::ends_early : RootListState::ran_out));
    REQUIRE(begin_anew(made));
    CHECK(root_list_of(made).state == RootListState::good);
    const auto lists = read_crl_file(made.layout.crl()).value();
    REQUIRE(lists.size() == 2);
    CHECK(lists[1].revoked.size() == 1);
    CHECK(begin_anew(made).error().code == Code::exists);
  }
}

TEST_CASE("certs/crl_anew: check names the remedy of a root's list that ends early") {
  Made made;
  make_short(made);
  made.clock.advance(std::chrono::days(80));
  const CheckReport report = look_at(made);
  REQUIRE(list_of_root(report) != nullptr);
  CHECK(list_of_root(report)->state == CheckState::due);
  CHECK(list_of_root(report)->hint.find("--begin-anew") != std::string::npos);
}

TEST_CASE("certs/crl_anew: without the root's key the lists of others are made, and check tells") {
  Made made;
  take_root_key_away(made);
  REQUIRE(std::filesystem::remove(made.layout.crl()));
  REQUIRE(begin_anew(made));
  CHECK(root_list_of(made).state == RootListState::missing);
  const CheckReport report = look_at(made);
  REQUIRE(list_of_root(report) != nullptr);
  CHECK(list_of_root(report)->state == CheckState::broken);
  CHECK(list_of_root(report)->sentence.find("refuses everybody") != std::string::npos);
  CHECK(list_of_root(report)->hint.find(files_in(made.layout.identity("root") / "0001").key) !=
        std::string::npos);
  const auto again = begin_anew(made);
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().code == Code::not_found);
  CHECK(again.error().hint.find("bring the root's key back") != std::string::npos);
  bring_root_key_back(made);
  REQUIRE(begin_anew(made));
  CHECK(root_list_of(made).state == RootListState::good);
  CHECK(look_at(made).worst() == CheckState::fine);
}

TEST_CASE("certs/crl_anew: a root's key that is away for good reason is no trouble") {
  Made made;
  take_root_key_away(made);
  CHECK(begin_anew(made).error().code == Code::exists);
  CHECK(look_at(made).worst() == CheckState::fine);
}

TEST_CASE(
    "certs/crl_anew: the list of an authority that has ended and was replaced is no trouble") {
  InitOptions brief;
  brief.ca_lifetime = std::chrono::days(60);
  Made made(std::move(brief));
  made.clock.advance(std::chrono::days(40));
  RotateOptions options = untold_roll_over(made);
  for (const RotationStep step : {RotationStep::trust_both, RotationStep::reissue}) {
    options.step = step;
    REQUIRE(rotate(options, made.clock, {}).has_value());
  }
  made.clock.advance(std::chrono::days(25));
  CHECK(root_list_of(made).state == RootListState::good);
}
