#include "lib/core/passphrase.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

using namespace wxsec;
using core::Code;

namespace {

core::Result<core::Passphrase> read(const core::PassphraseSource& source) {
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
  return secret ? std::string(secret->secret.reveal()) : "error: " + secret.error().what;
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
  CHECK(read(variable).value().secret.reveal() == "from there");
  ::unsetenv("WXSEC_TEST_NO_SUCH_VARIABLE");
}

TEST_CASE("core/passphrase: none given is none, two ways are one too many") {
  CHECK(read({}).value().empty());
  core::PassphraseSource both;
  both.fd = 0;
  both.environment = "HOME";
  CHECK(read(both).error().code == Code::usage);
}

TEST_CASE("core/passphrase: a wrong one is traced to where it came from") {
  const auto dir = core::TempDirectory::create("wxsec-passphrase-").value();
  core::PassphraseSource source;
  source.option = "ca-passphrase";
  source.file = dir.path() / "pass";
  REQUIRE(core::write_file_new(source.file, "open sesame\n", {0600, {}}).has_value());
  const core::Passphrase from_file = read(source).value();
  const core::Error wrong{Code::crypto, "it does not fit", ""};
  CHECK(core::trace_passphrase(wrong, from_file)
            .hint.find("first line of " + source.file.string() + " (--ca-passphrase-file)") !=
        std::string::npos);
  const core::Error changed{Code::crypto, "it does not fit", "or the file was changed"};
  CHECK(core::trace_passphrase(changed, from_file).hint.ends_with("; or the file was changed"));
  CHECK(core::trace_passphrase(changed, {}).hint == changed.hint);
  const core::Error other{Code::not_found, "no such key", ""};
  CHECK(core::trace_passphrase(other, from_file).hint.empty());
  source.file.clear();
  ::setenv("WXSEC_TEST_VARIABLE", "x", 1);
  source.environment = "WXSEC_TEST_VARIABLE";
  CHECK(read(source).value().if_wrong.find("$WXSEC_TEST_VARIABLE (--ca-passphrase-env)") !=
        std::string::npos);
  ::unsetenv("WXSEC_TEST_VARIABLE");
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
