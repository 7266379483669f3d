#include "src/acme/ari.h"

#include <doctest/doctest.h>

#include "lib/core/time.h"
#include "src/acme/renew.h"

using namespace wxsec;
using namespace wxsec::acme;

namespace {

core::Instant at(std::string_view text) { return core::parse_rfc3339(text).value(); }

pki::Certificate certificate(std::string serial) {
  pki::Certificate out;
  out.serial = std::move(serial);
  out.authority_key_id = "69885b6b87464041e1b37b847ba0ae2cde01c8d4";
  out.not_before = at("2026-01-01T00:00:00Z");
  out.not_after = at("2026-04-01T00:00:00Z");  // 90 days
  return out;
}

}  // namespace

TEST_CASE("acme/ari: the certificate's name of RFC 9773 4.1") {
  CHECK(certificate_id(certificate("87654321")) == "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
}

TEST_CASE(
    "acme/ari: without a set top bit there is no zero before it; without an authority no name") {
  CHECK(certificate_id(certificate("07654321")) == "aYhba4dGQEHhs3uEe6CuLN4ByNQ.B2VDIQ");
  pki::Certificate stranger = certificate("01");
  stranger.authority_key_id.clear();
  CHECK_FALSE(certificate_id(stranger).has_value());
}

TEST_CASE("acme/ari: the moment lies in the window, the same each time, spread over serials") {
  const RenewalInfo window{at("2026-03-01T00:00:00Z"), at("2026-03-02T00:00:00Z"), ""};
  int early = 0;
  for (int i = 0; i < 200; ++i) {
    const pki::Certificate each = certificate(std::to_string(10'000 + i));
    const core::Instant moment = moment_in(window, each);
    REQUIRE(moment >= window.start);
    REQUIRE(moment < window.end);
    REQUIRE(moment == moment_in(window, each));
    if (moment < window.start + std::chrono::hours(12)) ++early;
  }
  CHECK(early > 60);
  CHECK(early < 140);
}

TEST_CASE("acme/renew: the server's window counts, within reason") {
  const pki::Certificate ours = certificate("01");
  const core::Instant by_age = renewal_moment(ours, {}, std::nullopt);
  CHECK(by_age == at("2026-03-02T00:00:00Z"));  // a third of 90 days before the end

  const RenewalInfo early{at("2026-01-05T00:00:00Z"), at("2026-01-06T00:00:00Z"), ""};
  CHECK(renewal_moment(ours, {}, early) == moment_in(early, ours));
  const RenewalInfo late{at("2026-03-20T00:00:00Z"), at("2026-03-21T00:00:00Z"), ""};
  CHECK(renewal_moment(ours, {}, late) == moment_in(late, ours));
  // A window after the end, by mistake or malice: the last tenth is ours.
  const RenewalInfo never{at("2036-01-01T00:00:00Z"), at("2036-01-02T00:00:00Z"), ""};
  CHECK(renewal_moment(ours, {}, never) == at("2026-03-23T00:00:00Z"));
  // Whoever names a threshold gets no later than that.
  CHECK(renewal_moment(ours, {std::chrono::hours(24 * 30), {}}, late) == by_age);
}
