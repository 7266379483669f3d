#include "src/certs/profile.h"

#include <doctest/doctest.h>

#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;

TEST_CASE("certs/profile: the TOML files that ship say what is compiled in") {
  const core::Path shipped = core::Path(WXSEC_SOURCE_DIR) / "certs" / "profiles";
  std::size_t seen = 0;
  for (const Profile& profile : built_in_profiles()) {
    INFO(profile.name);
    const auto text = core::read_file(shipped / (profile.name + ".toml"), 10'000);
    REQUIRE(text.has_value());
    const auto parsed = parse_profile(*text, profile.name);
    REQUIRE_MESSAGE(parsed.has_value(), (parsed ? "" : parsed.error().what));
    CHECK(*parsed == profile);
    ++seen;
  }
  std::size_t files = 0;
  const auto names = core::list_directory(shipped).value();
  for (const std::string& name : names)
    if (name.ends_with(".toml")) ++files;
  CHECK(files == seen);
}

TEST_CASE("certs/profile: nonsense is refused with the field's name") {
  const auto refused = [](std::string_view toml, std::string_view why) {
    const auto parsed = parse_profile(toml, "x");
    INFO(toml);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == core::Code::usage);
    CHECK_MESSAGE(parsed.error().what.find(why) != std::string::npos, parsed.error().what);
    CHECK_FALSE(parsed.error().hint.empty());
  };
  refused("", "lifetime");
  refused("lifetime = '90d'", "server");
  refused("lifetime = 90\nserver = true", "line 1: lifetime has the wrong type");
  refused("server = true\nlifetime = '0d'", "line 2: a lifetime must be 1s at least");
  refused("lifetime = '90'\nserver = true", "line 1: lifetime: '90' is not a duration");
  refused("lifetime = '90d'\n\nserver = 'yes'", "line 3: server has the wrong type");
  refused("lifetime = '90d'\npath_length = 10\nca = true", "line 2: path_length must be 0 to 9");
  refused("lifetime = '99999999d'\nserver = true", "at most");
  refused("lifetime = '90d'\nserver = true\nkey = 'DSA'", "DSA");
  refused("lifetime = '90d'\nserver = true\nsever = true", "line 3: unknown field 'sever'");
  refused("lifetime = '90d'\nserver = true\nca = true", "neither");
  refused("lifetime = '90d'\nserver = true\npath_length = 1", "path_length");
  refused("lifetime = '90d'\nserver = true\nfault = 'odd'", "odd");
  refused("= nonsense", "line 1");
  FastDirectory dir;
  CHECK(find_profile(dir.path(), "../server").error().code == core::Code::usage);
  CHECK(find_profile(dir.path(), "server").value().name == "server");
  std::filesystem::create_directory(dir.path() / "profiles");
  REQUIRE(core::write_file_new(dir.path() / "profiles" / "server.toml",
                               "lifetime = '7d'\nserver = true\n", {})
              .has_value());
  CHECK(find_profile(dir.path(), "server").value().lifetime == std::chrono::days(7));
  const core::Path own = dir.path() / "profiles" / "own.toml";
  REQUIRE(core::write_file_new(own, "server = yes\n", {}).has_value());
  const core::Error error = find_profile(dir.path(), "own").error();
  CHECK(error.what.find(own.string() + ": line 1: this is no TOML: ") == 0);
}
