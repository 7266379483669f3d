#include "src/renew/serving.h"

#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;

namespace {

core::Result<std::vector<std::string>> serve_broker(const test::Made& made, std::string_view when) {
  const IdentityFiles files = made.layout.broker();
  return check_serving(files.fullchain, files.key, test::at(when));
}

}  // namespace

TEST_CASE("certs/serving: a fresh pair is served without a word") {
  const test::Made made;
  const auto fine = serve_broker(made, "2026-01-02T00:00:00Z");
  REQUIRE_MESSAGE(fine, (fine ? "" : fine.error().what));
  CHECK(fine->empty());
}

TEST_CASE("certs/serving: an expired pair is refused with the command that renews it") {
  const test::Made made;
  const auto refused = serve_broker(made, "2029-01-01T00:00:00Z");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == core::Code::crypto);
  CHECK(refused.error().what.find("expired at 20") != std::string::npos);
  CHECK(refused.error().hint == "wxsec certs renew --dir " + made.dir.string() + " broker");
  const auto early = serve_broker(made, "2020-01-01T00:00:00Z");
  REQUIRE_FALSE(early);
  CHECK(early.error().what.find("not valid before") != std::string::npos);
}

TEST_CASE("certs/serving: a pair that is due is served, with a warning") {
  const test::Made made;
  const auto chain = pki::load_certificates(made.layout.broker().fullchain);
  REQUIRE(chain);
  const auto warned = check_serving(made.layout.broker().fullchain, made.layout.broker().key,
                                    chain->front().not_after - std::chrono::hours(1));
  REQUIRE(warned);
  REQUIRE(warned->size() == 1);
  CHECK(warned->front().find("due for renewal: wxsec certs renew") != std::string::npos);
}

TEST_CASE("certs/serving: a key that everybody may read is served, with a warning") {
  const test::Made made;
  REQUIRE(::chmod(made.layout.broker().key.c_str(), 0644) == 0);
  const auto warned = serve_broker(made, "2026-01-02T00:00:00Z");
  REQUIRE(warned);
  REQUIRE(warned->size() == 1);
  CHECK(warned->front().find("mode 0644") != std::string::npos);
  REQUIRE(::chmod(made.layout.broker().key.c_str(), 0640) == 0);
  CHECK(serve_broker(made, "2026-01-02T00:00:00Z")->empty());
}

TEST_CASE("certs/serving: another's key, and a missing file, are named") {
  const test::Made made;
  const auto other = check_serving(made.layout.broker().fullchain, made.layout.api().key,
                                   test::at("2026-01-02T00:00:00Z"));
  REQUIRE_FALSE(other);
  CHECK(other.error().what.find("is not the key of") != std::string::npos);
  const auto none =
      check_serving(made.layout.current("nobody").fullchain, made.layout.current("nobody").key,
                    test::at("2026-01-02T00:00:00Z"));
  REQUIRE_FALSE(none);
  CHECK(none.error().code == core::Code::not_found);
  CHECK(none.error().hint.find("wxsec certs init --dir") != std::string::npos);
}
