// Every capture in tests/captures against the .out beside it: JSON lines, text, the summary, and
// where there is a key log the decrypted text.
// WXSEC_REGOLD=1 rewrites them; review the diff like code.
#include <doctest/doctest.h>

#include <cstdlib>

#include "lib/core/file.h"
#include "src/sniff/present.h"

using namespace wxsec;

namespace {

const std::string kCaptures = WXSEC_SOURCE_DIR "/tests/captures/";

std::string run_on(const std::string& file, sniff::Format format, const std::string& keys = "") {
  sniff::PresentOptions options;
  options.session.file = file;
  options.session.key_log = keys;
  options.format = format;
  std::string out;
  const core::FixedClock clock{core::Instant{}};
  const auto result = sniff::present(
      options, clock, [&](std::string_view text) { out += text; }, [](std::string_view) {},
      std::stop_token{});
  REQUIRE(result);
  return out;
}

}  // namespace

TEST_CASE("sniff/golden: every capture gives the output that was reviewed") {
  const auto names = core::list_directory(kCaptures);
  REQUIRE(names);
  int compared = 0;
  for (const std::string& name : *names) {
    if (!name.ends_with(".pcap") && !name.ends_with(".pcapng")) continue;
    CAPTURE(name);
    std::string got = run_on(kCaptures + name, sniff::Format::json_lines) +
                      run_on(kCaptures + name, sniff::Format::lines) +
                      run_on(kCaptures + name, sniff::Format::summary);
    const std::string keys = kCaptures + name.substr(0, name.rfind('.')) + ".keys";
    if (core::read_file(keys, 1 << 20))
      got += "\nwith the key log:\n" + run_on(kCaptures + name, sniff::Format::lines, keys);
    const std::string golden = kCaptures + name + ".out";
    if (std::getenv("WXSEC_REGOLD") != nullptr) REQUIRE(core::write_file_atomic(golden, got, {}));
    const auto want = core::read_file(golden, 1 << 24);
    REQUIRE(want);
    CHECK(got == *want);
    ++compared;
  }
  CHECK(compared >= 10);
}

TEST_CASE("sniff/golden: nothing in them can move a cursor or hide text") {
  for (const sniff::Format format : {sniff::Format::lines, sniff::Format::json_lines,
                                     sniff::Format::summary, sniff::Format::summary_json}) {
    const std::string out = run_on(kCaptures + "hostile_text.pcap", format);
    CHECK(out.find('\x1b') == std::string::npos);
    CHECK(out.find("\u202e") == std::string::npos);
    CHECK(out.find('\x07') == std::string::npos);
    CHECK(out.find("wx/") != std::string::npos);
  }
}
