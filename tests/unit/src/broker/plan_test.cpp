#include "src/broker/plan.h"

#include <doctest/doctest.h>

#include "src/certs/layout.h"

using namespace wxsec;
using broker::PlanOptions;
using broker::Security;

namespace {

// A certificate directory as far as plan looks into it: which files are there.
struct Directory {
  core::TempDirectory temp = std::move(*core::TempDirectory::create("wxsec plan-"));
  core::Path path = temp.path() / "my certs";
  Directory() {
    const certs::Layout layout(path);
    for (const core::Path& file :
         {layout.ca(), layout.crl(), layout.broker().fullchain, layout.broker().key}) {
      REQUIRE(core::make_directories(file.parent_path(), 0755));
      REQUIRE(core::write_file_atomic(file, "x", {}));
    }
  }
  PlanOptions options() const {
    PlanOptions options;
    options.dir = path;
    return options;
  }
};

}  // namespace

TEST_CASE("broker/plan: without its revocation list a broker is not planned") {
  const Directory directory;
  const auto fine = broker::plan(directory.options());
  REQUIRE(fine);
  REQUIRE(fine->files.crl);
  REQUIRE(std::filesystem::remove(directory.path / "crl.pem"));
  const auto missing = broker::plan(directory.options());
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == core::Code::not_found);
  CHECK(missing.error().what.find("crl.pem") != std::string::npos);
  CHECK(missing.error().hint.ends_with("wxsec certs crl --dir '" + directory.path.string() +
                                       "' --begin-anew"));
}

TEST_CASE("broker/plan: the lesson has a folder of its own, and planning it writes nothing") {
  CHECK(broker::default_out(Security::plaintext_lesson) !=
        broker::default_out(Security::mutual_tls));
  const Directory directory;
  PlanOptions options;
  options.security = Security::plaintext_lesson;
  options.out = directory.temp.path() / "lesson";
  const auto settings = broker::plan(options);
  REQUIRE(settings);
  CHECK(settings->accounts.size() == 5);
  CHECK(settings->keep_accounts);
  CHECK(settings->port == 1883);
  CHECK_FALSE(core::path_exists(options.out));
}
