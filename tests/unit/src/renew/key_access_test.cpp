// Root at work in a directory of somebody who may be hostile: what gives rights follows nothing.
#include "src/certs/key_access.h"

#include <doctest/doctest.h>

#include "src/certs/generations.h"
#include "src/issue/issue.h"
#include "src/renew/rollback.h"
#include "tests/support/force_renewal.h"
#include "tests/support/other_owner.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;
using wxsec::test::is_root;
using wxsec::test::kOther;

namespace {

struct stat look_at(const core::Path& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info;
}

void give_all(const core::Path& path) {
  REQUIRE(::lchown(path.c_str(), kOther, kOther) == 0);
  for (const auto& one : std::filesystem::recursive_directory_iterator(path))
    REQUIRE(::lchown(one.path().c_str(), kOther, kOther) == 0);
}

// A directory of root's, and in it an identity that is all kOther's, with two generations.
struct Theirs {
  Made made;
  core::Path folder = made.layout.identity("broker");
  core::Path secret = made.layout.identity("issuing") / "0001" / "privkey.pem";

  Theirs() {
    force_renewal(made, "broker");
    give_all(folder);
  }
  ~Theirs() {
    CHECK(look_at(secret).st_uid == 0);
    CHECK(look_at(secret).st_gid == 0);
    CHECK(mode_of(secret) == 0600);
  }
  void link_generation(const char* name) const {
    std::filesystem::remove_all(folder / name);
    std::filesystem::create_directory_symlink("../issuing/0001", folder / name);
  }
};

}  // namespace

TEST_CASE("certs/key_access: a service's own identity is handed on as before") {
  if (!is_root()) return;
  const Theirs theirs;
  const core::Path key = theirs.folder / "0001" / "privkey.pem";
  REQUIRE(::chown(key.c_str(), 0, 0) == 0);
  REQUIRE(::chown(key.parent_path().c_str(), 0, 0) == 0);  // written by root
  REQUIRE(hand_on_access(theirs.folder, "0002", "0001"));
  CHECK(look_at(key).st_uid == kOther);
  CHECK(share_all_keys(theirs.folder, 54321).value());
  CHECK(look_at(key).st_gid == 54321);
  CHECK(mode_of(key) == 0640);
}

TEST_CASE("certs/key_access: a generation that is a link is none, and nothing is handed on") {
  if (!is_root()) return;
  const Theirs theirs;
  theirs.link_generation("0001");
  CHECK(generations_in(theirs.folder) == std::vector<std::string>{"0002"});
  CHECK_FALSE(hand_on_access(theirs.folder, "0002", "0001").has_value());
  CHECK_FALSE(rollback(theirs.made.dir, "broker", "0001", theirs.made.clock.now()).has_value());
  theirs.link_generation("0009");
  CHECK(share_all_keys(theirs.folder, kOther).has_value());
}

TEST_CASE("certs/key_access: nor by a folder or a key that is a link, nor by a pipe") {
  if (!is_root()) return;
  const Theirs theirs;
  const core::Path key = theirs.folder / "0001" / "privkey.pem";
  std::filesystem::remove(key);
  std::filesystem::create_symlink(theirs.secret, key);
  CHECK_FALSE(hand_on_access(theirs.folder, "0002", "0001").has_value());
  CHECK_FALSE(share_all_keys(theirs.folder, kOther).has_value());
  std::filesystem::remove(key);
  REQUIRE(::mkfifo(key.c_str(), 0600) == 0);
  CHECK_FALSE(share_all_keys(theirs.folder, kOther).has_value());
  std::filesystem::remove_all(theirs.folder);
  std::filesystem::create_directory_symlink("issuing", theirs.folder);
  CHECK(share_all_keys(theirs.folder, kOther).error().code == core::Code::unsupported);
}

TEST_CASE("certs/key_access: nor by a link in the place of the stations") {
  if (!is_root()) return;
  const Made mine;
  const Made theirs;
  std::filesystem::remove_all(theirs.layout.stations());
  std::filesystem::create_directory_symlink(mine.layout.stations(), theirs.layout.stations());
  const auto shared = share_all_keys(theirs.layout.stations() / "station-0001", kOther);
  CHECK(shared.error().code == core::Code::unsupported);
  CHECK(look_at(mine.layout.current("station-0001").key).st_gid == 0);
}

TEST_CASE("certs/key_access: nor to a key of root's that lies in another one's directory") {
  if (!is_root()) return;
  const Theirs theirs;
  const core::Path key = theirs.folder / "0001" / "privkey.pem";
  std::filesystem::remove(key);
  std::filesystem::create_hard_link(theirs.secret, key);
  CHECK_FALSE(hand_on_access(theirs.folder, "0002", "0001").has_value());
  CHECK_FALSE(share_all_keys(theirs.folder, kOther).has_value());
  // Nor by one of root's that many may write to.
  REQUIRE(::chown(key.parent_path().c_str(), 0, 0) == 0);
  REQUIRE(::chmod(key.parent_path().c_str(), 0777) == 0);
  CHECK_FALSE(hand_on_access(theirs.folder, "0002", "0001").has_value());
  // One that was moved there has no second place.
  std::filesystem::remove(key);
  REQUIRE(core::write_file_new(key, "secret", {0600, {}}));
  REQUIRE(::chown(key.parent_path().c_str(), kOther, kOther) == 0);
  CHECK_FALSE(hand_on_access(theirs.folder, "0002", "0001").has_value());
  CHECK(look_at(key).st_uid == 0);
}

TEST_CASE("certs/generations: current names a generation of its own folder, or none") {
  const Made made;
  const core::Path folder = made.layout.identity("broker");
  const core::Path current = folder / "current";
  for (const std::string& good :
       {std::string("./0001"), std::string("0001/"), std::string("../broker/0001"),
        std::filesystem::absolute(folder / "0001").string()}) {
    CAPTURE(good);
    REQUIRE(core::swap_symlink(good, current));
    CHECK(resolve_current(folder).value() == folder / "0001");
  }
  for (const char* const bad : {"../issuing/0001", "..", "0001/x", "/tmp", "new", "."}) {
    CAPTURE(bad);
    REQUIRE(core::swap_symlink(bad, current));
    CHECK(resolve_current(folder).error().code == core::Code::unsupported);
    CHECK_FALSE(is_in_use(folder).has_value());
  }
}

TEST_CASE(
    "certs/generations: a whole path leads there also where the directory is reached by a link") {
  const Made made;
  const core::Path linked = made.parent.path() / "linked";
  std::filesystem::create_directory_symlink(made.dir, linked);
  const core::Path folder = Layout(linked).identity("broker");
  REQUIRE(core::swap_symlink(made.layout.identity("broker") / "0001", folder / "current"));
  CHECK(resolve_current(folder).value() == folder / "0001");
}

TEST_CASE("certs/generations: nothing takes the place of a link that leads elsewhere") {
  const Made made;
  const core::Path folder = made.layout.identity("broker");
  force_renewal(made, "broker");
  REQUIRE(core::swap_symlink("../api/0001", folder / "current"));
  CHECK(resolve_current(folder).error().hint.find("ln -sfn 0002 ") != std::string::npos);
  IssueOptions again;
  again.dir = made.dir;
  again.name = "broker";
  again.profile = "server";
  again.if_exists = IfExists::new_generation;
  CHECK(issue(again, made.clock).error().code == core::Code::unsupported);
  RenewOptions renewal;
  renewal.dir = made.dir;
  renewal.names = {"broker"};
  renewal.force = true;
  CHECK_FALSE(renew(renewal, made.clock, {}).value().ok());
  CHECK(std::filesystem::read_symlink(folder / "current") == "../api/0001");
}
