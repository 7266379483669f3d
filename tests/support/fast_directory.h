// A certificate directory in memory where the machine has one (no disk to sync), made by init once.
#pragma once

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/core/file.h"
#include "lib/core/time.h"
#include "src/certs/layout.h"
#include "src/issue/init.h"

namespace wxsec::certs::test {

class FastDirectory {
 public:
  FastDirectory() {
    std::string pattern =
        ::access("/dev/shm", W_OK) == 0 ? "/dev/shm/wxsec-test-XXXXXX" : "/tmp/wxsec-test-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  FastDirectory(const FastDirectory&) = delete;
  FastDirectory& operator=(const FastDirectory&) = delete;
  ~FastDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const core::Path& path() const { return path_; }

 private:
  core::Path path_;
};

inline core::Instant at(std::string_view text) { return core::parse_rfc3339(text).value(); }
inline core::FixedClock clock_at(std::string_view text) { return core::FixedClock(at(text)); }
inline constexpr std::string_view kStart = "2026-01-01T00:00:00Z";

// DIR/certs with one station, or as the options say.
struct Made {
  FastDirectory parent;
  core::Path dir = parent.path() / "certs";
  Layout layout{dir};
  core::FixedClock clock = clock_at(kStart);

  Made() : Made(with_one_station()) {}
  explicit Made(InitOptions options) {
    options.dir = dir;
    const auto report = init(options, clock);
    REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error().what));
  }

 private:
  static InitOptions with_one_station() {
    InitOptions options;
    options.stations = 1;
    return options;
  }
};

inline mode_t mode_of(const core::Path& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

inline pki::Certificate leaf_of(const core::Path& file) {
  return pki::load_certificates(file).value().front();
}

}  // namespace wxsec::certs::test
