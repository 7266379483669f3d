#include "src/certs/beside.h"

#include <fmt/core.h>

#include "lib/pki/key.h"
#include "lib/pki/pem.h"

namespace wxsec::certs {
namespace {

constexpr int kLongestChain = 8;

void add(const core::Path& file, std::vector<pki::Certificate>& chain) {
  const auto more = pki::load_certificates(file);
  if (more) chain.insert(chain.end(), more->begin(), more->end());
}

}  // namespace

void add_chain_beside(const core::Path& file, std::vector<pki::Certificate>& chain) {
  if (chain.size() > 1) return;
  const core::Path folder = file.parent_path();
  if (file.filename() == "cert.pem") return add(folder / "chain.pem", chain);
  if (file.filename() != "cert.der") return;
  for (int i = 1; i <= kLongestChain && core::path_exists(folder / fmt::format("chain-{}.der", i));
       ++i)
    add(folder / fmt::format("chain-{}.der", i), chain);
}

bool is_key_alone(std::string_view text) {
  if (pki::looks_like_pem(text))
    return text.find("PRIVATE KEY-----") != std::string_view::npos &&
           text.find("BEGIN CERTIFICATE") == std::string_view::npos;
  return !pki::parse_certificates(text) && pki::Key::parse(text, {});
}

}  // namespace wxsec::certs
