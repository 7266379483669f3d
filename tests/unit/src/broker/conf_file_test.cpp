#include "src/broker/conf_file.h"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "lib/pki/password_hash.h"

using namespace wxsec;
using broker::ConfigFiles;
using broker::Security;
using broker::Settings;

namespace {

const ConfigFiles kFiles{"/b/mosquitto.conf", "/b/acl", "/b/passwords", "/b/data"};

Settings tls_settings() {
  Settings settings;
  settings.user = "root";  // exists everywhere
  settings.files = {"/c/ca.pem", "/c/fullchain.pem", "/c/privkey.pem", "/c/crl.pem"};
  return settings;
}

// The lines that say something.
std::vector<std::string> options_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.front() != '#') out.push_back(line);
  }
  return out;
}

std::ptrdiff_t place_of(const std::vector<std::string>& lines, const std::string& start) {
  const auto found = std::find_if(lines.begin(), lines.end(), [&](const std::string& line) {
    return line.starts_with(start + " ");
  });
  return found == lines.end() ? -1 : found - lines.begin();
}

}  // namespace

TEST_CASE("broker/conf_file: what belongs to a listener follows the one listener line") {
  const auto text = broker::conf_text(tls_settings(), kFiles);
  REQUIRE(text);
  const auto lines = options_of(*text);
  const auto listener = place_of(lines, "listener");
  REQUIRE(listener > 0);
  // Each of these before `listener` would open 1883 in plaintext (Mosquitto 2.0.11).
  for (const char* option : {"max_connections", "use_username_as_clientid",
                             "use_identity_as_username", "require_certificate", "tls_version"})
    CHECK_MESSAGE(place_of(lines, option) > listener, option);
  for (const char* option : {"allow_anonymous", "acl_file", "per_listener_settings", "user"}) {
    CHECK_MESSAGE(place_of(lines, option) >= 0, option);
    CHECK_MESSAGE(place_of(lines, option) < listener, option);
  }
  CHECK(std::count_if(lines.begin(), lines.end(),
                      [](const std::string& line) { return line.starts_with("listener "); }) == 1);
  for (const char* never : {"port", "bind_address", "bind_interface", "socket_domain", "max_qos"})
    CHECK_MESSAGE(place_of(lines, never) == -1, never);
}

TEST_CASE("broker/conf_file: a broker with TLS demands certificates and names its files") {
  const auto lines = options_of(broker::conf_text(tls_settings(), kFiles).value());
  for (const char* line :
       {"listener 8883 127.0.0.1", "allow_anonymous false", "require_certificate true",
        "use_identity_as_username true", "use_username_as_clientid true", "tls_version tlsv1.2",
        "cafile /c/ca.pem", "certfile /c/fullchain.pem", "keyfile /c/privkey.pem",
        "crlfile /c/crl.pem", "acl_file /b/acl", "persistence_location /b/data/"})
    CHECK_MESSAGE(std::find(lines.begin(), lines.end(), line) != lines.end(), line);
  CHECK(place_of(lines, "password_file") == -1);
}

TEST_CASE("broker/conf_file: without a CRL no crlfile line is written") {
  Settings settings = tls_settings();
  settings.files.crl.reset();
  CHECK(place_of(options_of(broker::conf_text(settings, kFiles).value()), "crlfile") == -1);
}

TEST_CASE("broker/conf_file: the lesson has passwords, no TLS, and says what that loses") {
  Settings settings = tls_settings();
  settings.security = Security::plaintext_lesson;
  const std::string text = broker::conf_text(settings, kFiles).value();
  const auto lines = options_of(text);
  CHECK(place_of(lines, "password_file") >= 0);
  CHECK(place_of(lines, "password_file") < place_of(lines, "listener"));
  for (const char* option : {"cafile", "certfile", "keyfile", "require_certificate"})
    CHECK_MESSAGE(place_of(lines, option) == -1, option);
  CHECK(text.find("FOR LESSONS ONLY") != std::string::npos);
}

TEST_CASE("broker/conf_file: a value that would bring a line of its own is refused") {
  for (const char* path : {"/c/a\nallow_anonymous true", "/c/a ", " /c/a", "", "/c/\ta"}) {
    Settings settings = tls_settings();
    settings.files.key = path;
    const auto text = broker::conf_text(settings, kFiles);
    REQUIRE_FALSE(text);
    CHECK(text.error().code == core::Code::usage);
  }
  Settings settings = tls_settings();
  settings.bind_address = "127.0.0.1\nlistener 1883";
  CHECK_FALSE(broker::conf_text(settings, kFiles));
}

TEST_CASE("broker/conf_file: passwords are written as hashes that match") {
  std::vector<broker::Account> accounts;
  accounts.push_back({"station-0001", core::Secret("rainy-day")});
  const auto text = broker::password_text(accounts);
  REQUIRE(text);
  CHECK(text->starts_with("station-0001:$7$"));
  CHECK(text->find("rainy-day") == std::string::npos);
  const std::string entry = text->substr(text->find(':') + 1, text->size() - text->find(':') - 2);
  CHECK(pki::password_matches(entry, core::Secret("rainy-day")));
}

TEST_CASE("broker/conf_file: names and passwords that a line cannot carry are refused") {
  for (const char* name : {"", "a:b", "a\nb"}) {
    std::vector<broker::Account> accounts;
    accounts.push_back({name, core::Secret("x")});
    CHECK_FALSE(broker::password_text(accounts));
  }
  std::vector<broker::Account> accounts;
  accounts.push_back({"a", core::Secret("")});
  CHECK_FALSE(broker::password_text(accounts));
}

TEST_CASE("broker/conf_file: the files come with tight modes, and a second writing replaces them") {
  const auto temp = core::TempDirectory::create("wxsec-conf-");
  REQUIRE(temp);
  for (int round = 0; round < 2; ++round) {
    const auto files = broker::write_config(tls_settings(), temp->path() / "b");
    REQUIRE(files);
    struct stat info {};
    REQUIRE(::stat(files->acl.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0600);
    REQUIRE(::stat(files->data.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0700);
    CHECK_FALSE(core::path_exists(files->passwords));
    CHECK(core::read_file(files->conf, 65536).value().find(files->acl.string()) !=
          std::string::npos);
  }
}

TEST_CASE("broker/conf_file: what was edited by hand is kept, what was not is simply replaced") {
  const auto temp = core::TempDirectory::create("wxsec-conf-");
  REQUIRE(temp);
  const core::Path out = temp->path() / "b";
  const auto first = broker::write_config(tls_settings(), out);
  REQUIRE(first);
  CHECK(first->kept.empty());
  Settings other = tls_settings();
  other.port = 8884;
  const auto second = broker::write_config(other, out);
  REQUIRE(second);
  CHECK(second->kept.empty());  // another port is our own change

  for (int round = 1; round <= 2; ++round) {
    std::string text = core::read_file(first->acl, 65536).value();
    text.insert(0, "user bob\ntopic read #\n");
    REQUIRE(core::write_file_atomic(first->acl, text, {}));
    const auto again = broker::write_config(tls_settings(), out);
    REQUIRE(again);
    REQUIRE(again->kept.size() == 1);
    CHECK(again->kept[0].first == first->acl);
    CHECK(again->kept[0].second.filename() == (round == 1 ? "acl.edited" : "acl.edited-2"));
    CHECK(core::read_file(again->kept[0].second, 65536).value() == text);
    CHECK(core::read_file(first->acl, 65536).value().find("bob") == std::string::npos);
  }
}
