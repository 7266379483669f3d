#include "lib/proc/which.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace wxsec::proc {
namespace {

bool is_program(const core::Path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

core::Result<core::Path> which(std::string_view name, std::string_view package) {
  if (name.find('/') != std::string_view::npos && is_program(name)) return core::Path(name);
  const char* const path = std::getenv("PATH");
  std::string places =
      fmt::format("{}:/usr/local/sbin:/usr/sbin:/sbin", path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string_view rest = places; !rest.empty();) {
    const std::size_t colon = rest.find(':');
    const core::Path candidate = core::Path(rest.substr(0, colon)) / name;
    if (colon != 0 && is_program(candidate)) return candidate;
    rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
  }
  return core::fail(core::Code::missing_program,
                    fmt::format("the program {} is not installed", name),
                    fmt::format("sudo apt-get install {}", package));
}

}  // namespace wxsec::proc
