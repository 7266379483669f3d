#include "src/certs/renewer.h"

namespace wxsec::certs {

core::Result<std::vector<std::string>> dismiss_renewers(const core::Path& folder) {
  std::vector<std::string> dismissed;
  for (const char* const name : {kAcmeFile, kCertbotFile}) {
    const core::Path file = folder / name;
    if (!core::path_exists(file)) continue;
    std::error_code error;
    std::filesystem::rename(file, file.string() + ".replaced", error);
    if (error) return core::fail(core::system_error(error.value(), "set aside", file));
    dismissed.emplace_back(name);
  }
  return dismissed;
}

}  // namespace wxsec::certs
