#include "lib/mqtt/accounts.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace wxsec;

TEST_CASE("mqtt/accounts: what is written is read back, and only its owner may") {
  const auto temp = core::TempDirectory::create("wxsec-accounts-");
  REQUIRE(temp);
  const core::Path file = temp->path() / "accounts";
  std::vector<mqtt::Account> accounts;
  accounts.push_back({"ingest", core::Secret("a:b c")});
  accounts.push_back({"station-0001", core::Secret("x")});
  REQUIRE(mqtt::write_accounts(file, accounts));
  struct stat info {};
  REQUIRE(::stat(file.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  const auto read = mqtt::read_accounts(file);
  REQUIRE(read);
  REQUIRE(read->size() == 2);
  const mqtt::Account* const found = mqtt::find_account(*read, "ingest");
  REQUIRE(found != nullptr);
  CHECK(found->password.reveal() == "a:b c");
  CHECK(mqtt::find_account(*read, "nobody") == nullptr);
}

TEST_CASE("mqtt/accounts: a bad line is named by its number, its password is not repeated") {
  const auto temp = core::TempDirectory::create("wxsec-accounts-");
  REQUIRE(temp);
  const core::Path file = temp->path() / "accounts";
  for (const char* text : {"a:1\nsecret\n", "a:1\n:secret\n", "a:1\na:secret\n"}) {
    REQUIRE(core::write_file_atomic(file, text, {.mode = 0600}));
    const auto read = mqtt::read_accounts(file);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == core::Code::malformed);
    CHECK(read.error().what.find("line 2") != std::string::npos);
    CHECK(read.error().what.find("secret") == std::string::npos);
  }
}
