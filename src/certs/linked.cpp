#include "src/certs/linked.h"

#include <fmt/core.h>

#include "lib/core/shell_word.h"

namespace wxsec::certs {

core::Result<void> check_not_linked(const core::Path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_symlink(std::filesystem::symlink_status(path, ignored))) return {};
  const core::Path behind = std::filesystem::weakly_canonical(path, ignored);
  const std::string here = core::shell_word(path.string());
  const std::string there = core::shell_word(behind.string());
  return core::fail(
      core::Code::unsupported,
      fmt::format("{} is a link: to replace it would leave the file behind it, and whoever reads "
                  "that, with the old content",
                  path.string()),
      fmt::format("put the file itself there, and let the other place link to it: cp "
                  "--remove-destination {1} {0} && ln -srf {0} {1}",
                  here, there));
}

}  // namespace wxsec::certs
