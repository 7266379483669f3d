#include "lib/decrypt/keylog.h"

#include <doctest/doctest.h>

#include <string>

#include "lib/core/hex.h"

using namespace wxsec;

namespace {

const std::string kRandom(64, 'a');
const core::Bytes kRandomBytes(32, 0xAA);

std::string line(const std::string& label, const std::string& secret) {
  return label + ' ' + kRandom + ' ' + secret + '\n';
}

}  // namespace

TEST_CASE("decrypt/keylog: secrets are found by label and client random") {
  decrypt::KeyLog log;
  CHECK(log.empty());
  log.add("# made by a browser\n" + line("CLIENT_RANDOM", "0102") +
          line("EXPORTER_SECRET", "0304"));
  CHECK(log.size() == 2);
  CHECK(core::to_hex(log.find("CLIENT_RANDOM", kRandomBytes)) == "0102");
  CHECK(core::to_hex(log.find("EXPORTER_SECRET", kRandomBytes)) == "0304");
  CHECK(log.find("CLIENT_RANDOM", core::Bytes(32, 0xAB)).empty());
  CHECK(log.find("SERVER_TRAFFIC_SECRET_0", kRandomBytes).empty());
}

TEST_CASE("decrypt/keylog: a line that is still being written waits for its end") {
  decrypt::KeyLog log;
  const std::string whole = line("CLIENT_RANDOM", "0102");
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(log.add(whole.substr(0, size)) == 0);
  CHECK(log.empty());
  CHECK(log.add(whole + "CLIENT_RAN") == whole.size());
  CHECK(log.size() == 1);
}

TEST_CASE("decrypt/keylog: broken lines are passed over, the others count") {
  decrypt::KeyLog log;
  log.add("\n\r\nCLIENT_RANDOM\nCLIENT_RANDOM 00 0102\n" + line("CLIENT_RANDOM", "01zz") +
          line("CLIENT_RANDOM", "") + line("CLIENT_RANDOM", std::string(130, '0')) +
          line("CLIENT_TRAFFIC_SECRET_0", "0506\r"));
  CHECK(log.size() == 1);
  CHECK(core::to_hex(log.find("CLIENT_TRAFFIC_SECRET_0", kRandomBytes)) == "0506");
}
