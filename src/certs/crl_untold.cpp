#include "src/certs/crl_untold.h"

namespace wxsec::certs {
namespace {

core::Path mark(const Layout& layout) { return layout.dir() / "crl-untold"; }

}  // namespace

bool is_list_untold(const Layout& layout) { return core::path_exists(mark(layout)); }

core::Result<void> note_list_untold(const Layout& layout) {
  if (is_list_untold(layout)) return {};
  return core::write_file_atomic(
      mark(layout), "crl.pem is new; the next renewal with --reload tells who reads it\n", {});
}

void note_list_told(const Layout& layout) {
  std::error_code ignored;
  std::filesystem::remove(mark(layout), ignored);
}

}  // namespace wxsec::certs
