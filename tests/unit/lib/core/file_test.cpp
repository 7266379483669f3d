#include "lib/core/file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace wxsec::core;

namespace {
mode_t mode_of(const Path& path) {
  struct stat info {};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}
}  // namespace

TEST_CASE("core/file: what group or others may read is open; a device or an absent one is not") {
  const auto dir = TempDirectory::create("wxsec-open-").value();
  for (const auto& [mode, open] : {std::pair(mode_t{0600}, false), {0640, true}, {0604, true}}) {
    const Path file = dir.path() / std::to_string(mode);
    REQUIRE(write_file_new(file, "x", {mode, {}}).has_value());
    CHECK(is_open_to_others(file) == open);
  }
  CHECK_FALSE(is_open_to_others(dir.path() / "absent"));
  CHECK_FALSE(is_open_to_others("/dev/null"));
}

TEST_CASE("core/file: an atomic write replaces the file, with its mode whatever the umask") {
  const auto dir = TempDirectory::create("wxsec-test-").value();
  const Path path = dir.path() / "key.pem";
  const mode_t before = ::umask(0);
  REQUIRE(write_file_atomic(path, "one", {.mode = 0600}).has_value());
  ::umask(077);
  REQUIRE(write_file_atomic(path, "two", {.mode = 0644}).has_value());
  ::umask(before);
  CHECK(read_file(path, 100).value() == "two");
  CHECK(mode_of(path) == 0644);
  CHECK(list_directory(dir.path()).value() == std::vector<std::string>{"key.pem"});
}

TEST_CASE("core/file: a symbolic link at the target is replaced, never followed") {
  const auto dir = TempDirectory::create("wxsec-test-").value();
  const Path victim = dir.path() / "victim";
  REQUIRE(write_file_new(victim, "untouched", {}).has_value());
  REQUIRE(swap_symlink("victim", dir.path() / "link").has_value());
  REQUIRE(write_file_atomic(dir.path() / "link", "new", {}).has_value());
  CHECK(read_file(victim, 100).value() == "untouched");
  CHECK(read_file(dir.path() / "link", 100).value() == "new");
}

TEST_CASE("core/file: a new file never replaces what is there") {
  const auto dir = TempDirectory::create("wxsec-test-").value();
  REQUIRE(write_file_new(dir.path() / "a", "1", {}).has_value());
  const auto again = write_file_new(dir.path() / "a", "2", {});
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().code == Code::exists);
  CHECK(read_file(dir.path() / "a", 100).value() == "1");
}

TEST_CASE("core/file: a failed write leaves nothing behind and names the file") {
  const auto missing = write_file_atomic("/nonexistent/dir/file", "x", {});
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().code == Code::not_found);
  CHECK(missing.error().what.find("/nonexistent/dir") != std::string::npos);
}

TEST_CASE("core/file: reading stops at the limit") {
  const auto dir = TempDirectory::create("wxsec-test-").value();
  REQUIRE(write_file_new(dir.path() / "big", std::string(1000, 'x'), {}).has_value());
  CHECK(read_file(dir.path() / "big", 1000).value().size() == 1000);
  CHECK(read_file(dir.path() / "big", 999).error().code == Code::too_large);
}

TEST_CASE("core/file: a lock is exclusive and released") {
  const auto dir = TempDirectory::create("wxsec-test-").value();
  {
    const auto held = FileLock::acquire(dir.path() / "lock", std::chrono::milliseconds{0});
    REQUIRE(held.has_value());
    CHECK(FileLock::acquire(dir.path() / "lock", std::chrono::milliseconds{0}).error().code ==
          Code::busy);
  }
  CHECK(FileLock::acquire(dir.path() / "lock", std::chrono::milliseconds{0}).has_value());
  std::filesystem::create_symlink(dir.path() / "victim", dir.path() / "link");
  CHECK(FileLock::acquire(dir.path() / "link", std::chrono::milliseconds{0}).error().code ==
        Code::unsupported);
  CHECK_FALSE(path_exists(dir.path() / "victim"));
}

TEST_CASE("core/file: swapping a link never leaves it missing") {
  const auto dir = TempDirectory::create("wxsec-test-").value();
  REQUIRE(swap_symlink("one", dir.path() / "current").has_value());
  REQUIRE(swap_symlink("two", dir.path() / "current").has_value());
  CHECK(std::filesystem::read_symlink(dir.path() / "current") == "two");
}
