#include "src/certs/successor.h"

#include <algorithm>

#include "src/certs/generation.h"

namespace wxsec::certs {
namespace {

pki::KeyType key_type_of(const pki::Certificate& certificate) {
  switch (certificate.key_kind) {
    case pki::KeyKind::ec_p384: return pki::KeyType::p384;
    case pki::KeyKind::ed25519: return pki::KeyType::ed25519;
    case pki::KeyKind::rsa:
      return certificate.key_bits >= 4096   ? pki::KeyType::rsa4096
             : certificate.key_bits >= 3072 ? pki::KeyType::rsa3072
                                            : pki::KeyType::rsa2048;
    default: return pki::KeyType::p256;
  }
}

}  // namespace

LeafRequest successor_of(const pki::Certificate& old, std::optional<std::chrono::milliseconds> life,
                         core::Instant now) {
  LeafRequest request;
  request.name = old.common_name;
  request.now = now;
  request.names = old.names;
  const auto has = [&](const char* use) {
    return std::find(old.extended_key_usage.begin(), old.extended_key_usage.end(), use) !=
           old.extended_key_usage.end();
  };
  request.profile.server = has("serverAuth");
  request.profile.client = has("clientAuth");
  const auto whole = pki::lifetime(old);
  request.profile.lifetime =
      life.value_or(whole < std::chrono::days(1) ? whole : whole + std::chrono::seconds(1));
  request.profile.key = key_type_of(old);
  return request;
}

bool is_ours(const pki::Certificate& certificate, const Layout& layout) {
  for (const std::string_view name : {"issuing", "root"}) {
    const core::Path folder = layout.identity(name);
    for (const std::string& generation : generations_in(folder)) {
      const auto found = pki::load_certificates(files_in(folder / generation).cert);
      if (found && found->front().subject_key_id == certificate.authority_key_id) return true;
    }
  }
  return false;
}

}  // namespace wxsec::certs
