#include "src/certs/left_overs.h"

#include <algorithm>
#include <array>

namespace wxsec::certs {
namespace {

// As core::write_file_atomic() names them: a dot, the file's name, the process, ".tmp".
bool is_left_over(const std::string& name) {
  constexpr std::array<std::string_view, 5> kFiles{".ca.pem.", ".crl.pem.", ".crl-untold.",
                                                   ".rotation.json.", "..gitignore."};
  return name.ends_with(".tmp") &&
         std::any_of(kFiles.begin(), kFiles.end(),
                     [&](std::string_view file) { return name.starts_with(file); });
}

}  // namespace

void remove_left_overs(const Layout& layout) {
  const auto names = core::list_directory(layout.dir());
  if (!names) return;
  for (const std::string& name : *names) {
    std::error_code ignored;
    if (is_left_over(name)) std::filesystem::remove(layout.dir() / name, ignored);
  }
}

}  // namespace wxsec::certs
