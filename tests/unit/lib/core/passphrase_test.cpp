#include "lib/core/passphrase.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

using namespace wxsec;
using core::Code;

namespace {

core::Result<core::Secret> read(const core::PassphraseSource& source) {
  return core::read_passphrase(source, "passphrase", core::Typed::once, {});
}

// What comes out of a pipe with `content`; "error: ..." for a failure.
std::string through_pipe(const std::string& content) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const core::Fd out(ends[0]);
  {
    const core::Fd in(ends[1]);
    REQUIRE(::write(in.get(), content.data(), content.size()) ==
            static_cast<ssize_t>(content.size()));
  }
  core::PassphraseSource source;
  source.fd = out.get();
  const auto secret = read(source);
  return secret ? std::string(secret->reveal()) : "error: " + secret.error().what;
}

}  // namespace

TEST_CASE("core/passphrase: the first line counts, with either line end or none") {
  CHECK(through_pipe("open sesame\nsecond\n") == "open sesame");
  CHECK(through_pipe("open sesame\r\n") == "open sesame");
  CHECK(through_pipe(" blanks stay ") == " blanks stay ");
}

TEST_CASE("core/passphrase: an empty one and an endless one are refused") {
  CHECK(through_pipe("") == "error: the passphrase is empty");
  CHECK(through_pipe("\n") == "error: the passphrase is empty");
  CHECK(through_pipe(std::string(core::kMaxPassphrase, 'x')).size() == core::kMaxPassphrase);
  CHECK(through_pipe(std::string(core::kMaxPassphrase + 1, 'x')) ==
        "error: the passphrase has more than 1024 bytes");
}

TEST_CASE("core/passphrase: files and variables that are not there are named") {
  core::PassphraseSource file;
  file.file = "/nonexistent/secret";
  const auto from_file = read(file);
  REQUIRE(!from_file);
  CHECK(from_file.error().code == Code::not_found);
  CHECK(from_file.error().what.find("/nonexistent/secret") != std::string::npos);
  core::PassphraseSource variable;
  variable.environment = "WXSEC_TEST_NO_SUCH_VARIABLE";
  CHECK(read(variable).error().code == Code::not_found);
  ::setenv("WXSEC_TEST_NO_SUCH_VARIABLE", "from there", 1);
  CHECK(read(variable).value().reveal() == "from there");
  ::unsetenv("WXSEC_TEST_NO_SUCH_VARIABLE");
}

TEST_CASE("core/passphrase: none given is none, two ways are one too many") {
  CHECK(read({}).value().empty());
  core::PassphraseSource both;
  both.fd = 0;
  both.environment = "HOME";
  CHECK(read(both).error().code == Code::usage);
}

TEST_CASE("core/passphrase: a stop ends the wait for an input that never comes") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const core::Fd out(ends[0]);
  const core::Fd in(ends[1]);
  core::PassphraseSource source;
  source.fd = out.get();
  std::stop_source stop;
  stop.request_stop();
  const auto secret =
      core::read_passphrase(source, "passphrase", core::Typed::once, stop.get_token());
  REQUIRE(!secret);
  CHECK(secret.error().code == Code::interrupted);
}
