// A key log that opened nothing is told, and why, as far as that can be known.
#include <doctest/doctest.h>

#include <string>

#include "src/sniff/present.h"

using namespace wxsec;

namespace {

const std::string kCaptures = WXSEC_SOURCE_DIR "/tests/captures/";

std::string notes_with(const core::Path& key_log) {
  sniff::PresentOptions options;
  options.session.file = kCaptures + "tls12.pcap";
  options.session.key_log = key_log;
  std::string notes;
  REQUIRE(sniff::present(
      options, core::system_clock(), [](std::string_view) {},
      [&](std::string_view text) { notes += std::string(text) + '\n'; }, std::stop_token{}));
  return notes;
}

}  // namespace

TEST_CASE("sniff/key_log: a file without a line of a key log is told from one of others' secrets") {
  const auto directory = core::TempDirectory::create("keys");
  REQUIRE(directory);
  const core::Path path = directory->path() / "not.keys";
  REQUIRE(core::write_file_atomic(path, "# a comment\n-----BEGIN CERTIFICATE-----\nMIIB\n", {}));
  CHECK(notes_with(path).find("no line in it is one of a TLS key log") != std::string::npos);
  CHECK(notes_with(kCaptures + "tls13.keys").find("belong to other connections") !=
        std::string::npos);
  CHECK(notes_with(kCaptures + "tls12.keys").find("opened nothing") == std::string::npos);
}
