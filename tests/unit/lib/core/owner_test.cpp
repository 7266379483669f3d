// Root at work in a directory of somebody who may be hostile.
#include "lib/core/owner.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/other_owner.h"

using namespace wxsec;
using test::is_root;
using test::kOther;

namespace {

uid_t owner_of(const core::Path& path) {
  struct stat info {};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info.st_uid;
}

// A directory of kOther's.
struct Theirs {
  core::TempDirectory parent = core::TempDirectory::create("wxsec-owner").value();
  core::Path dir = parent.path();

  Theirs() { REQUIRE(::chown(dir.c_str(), kOther, kOther) == 0); }
  core::Path file(const char* name, mode_t mode) const {
    REQUIRE(core::write_file_new(dir / name, "x", {mode, {}}));
    return dir / name;
  }
};

void give(const core::Path& folder, const core::Path& path) {
  const core::Fd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  REQUIRE(fd);
  core::give_to_owner_of(folder, fd.get());
}

void write_line(const char* path, std::string_view text) {
  const core::Fd fd(::open(path, O_WRONLY | O_CLOEXEC));
  if (::write(fd.get(), text.data(), text.size()) < 0) ::_exit(77);
}

// The exit code of `work` as root of a user namespace that knows root alone; 77 where there are
// none.
template <class Work>
int in_user_namespace(const Work& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWUSER) != 0) ::_exit(77);
    write_line("/proc/self/setgroups", "deny");
    write_line("/proc/self/uid_map", "0 0 1");
    write_line("/proc/self/gid_map", "0 0 1");
    ::_exit(work() ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("core/owner: a file of somebody whom the user namespace does not know is replaced") {
  if (!is_root()) return;
  const core::TempDirectory ours = core::TempDirectory::create("wxsec-owner").value();
  const core::Path list = ours.path() / "list";
  REQUIRE(core::write_file_new(list, "old", {0644, {}}));
  REQUIRE(::chown(list.c_str(), kOther, kOther) == 0);
  const int code = in_user_namespace([&] {
    return core::write_file_atomic(list, "new", {0644, {}}).has_value();
  });
  if (code == 77) {
    MESSAGE("skipped: no user namespaces here");
    return;
  }
  CHECK(code == 0);
  CHECK(core::read_file(list, 10).value() == "new");
  CHECK(owner_of(list) == 0);
}

TEST_CASE("core/owner: what was just made is given to the directory's owner") {
  if (!is_root()) return;
  const Theirs theirs;
  const core::Path file = theirs.file("new", 0600);
  give(theirs.dir, file);
  CHECK(owner_of(file) == kOther);
  REQUIRE(core::make_directories(theirs.dir / "made", 0755));
  give(theirs.dir, theirs.dir / "made");
  CHECK(owner_of(theirs.dir / "made") == kOther);
}

TEST_CASE("core/owner: what may be something else of root's is not") {
  if (!is_root()) return;
  const Theirs theirs;
  const core::Path linked = theirs.file("linked", 0600);
  std::filesystem::create_hard_link(linked, theirs.dir / "elsewhere");
  give(theirs.dir, linked);
  CHECK(owner_of(linked) == 0);
  REQUIRE(core::make_directories(theirs.dir / "full", 0755));
  theirs.file("full/secret", 0600);
  give(theirs.dir, theirs.dir / "full");
  CHECK(owner_of(theirs.dir / "full") == 0);
}

TEST_CASE("core/owner: a file for everybody stays its owner's when root replaces it") {
  if (!is_root()) return;
  const Theirs theirs;
  const core::Path list = theirs.file("list", 0644);
  REQUIRE(::chown(list.c_str(), kOther, kOther) == 0);
  REQUIRE(core::write_file_atomic(list, "new", {0644, {}}));
  CHECK(owner_of(list) == kOther);
  REQUIRE(core::write_file_atomic(list, "a secret", {0600, {}}));
  CHECK(owner_of(list) == 0);
}

TEST_CASE(
    "core/owner: a lock that root makes is the directory's owner's, one that is there stays") {
  if (!is_root()) return;
  const Theirs theirs;
  REQUIRE(core::FileLock::acquire(theirs.dir / "lock", std::chrono::seconds(1)));
  CHECK(owner_of(theirs.dir / "lock") == kOther);
  const core::Path moved_in = theirs.file("secret", 0600);
  REQUIRE(core::FileLock::acquire(moved_in, std::chrono::seconds(1)));
  CHECK(owner_of(moved_in) == 0);
}
