#include "src/certs/successor.h"

#include <algorithm>

#include "src/certs/generation.h"

namespace wxsec::certs {

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

namespace {

std::chrono::milliseconds lifetime_by_purpose(const Profile& purpose, bool station) {
  const char* const name = station           ? "station"
                           : !purpose.server ? "client"
                           : purpose.client  ? "both"
                                             : "server";
  for (const Profile& profile : built_in_profiles())
    if (profile.name == name) return profile.lifetime;
  return std::chrono::days(90);
}

bool is_station(const pki::Certificate& certificate) {
  return std::any_of(certificate.names.begin(), certificate.names.end(), [](const auto& name) {
    return name.value.find(".stations.") != std::string::npos;
  });
}

std::chrono::milliseconds lifetime_of(const pki::Certificate& old, const pki::Certificate& issuer,
                                      const Profile& purpose) {
  if (old.not_after >= issuer.not_after) return lifetime_by_purpose(purpose, is_station(old));
  const auto whole = pki::lifetime(old);
  return whole < std::chrono::days(1) ? whole : whole + std::chrono::seconds(1);
}

}  // namespace

LeafRequest successor_of(const pki::Certificate& old, const pki::Certificate& issuer,
                         std::optional<std::chrono::milliseconds> life, core::Instant now) {
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
  request.profile.lifetime = life.value_or(lifetime_of(old, issuer, request.profile));
  request.profile.key = key_type_of(old);
  return request;
}

std::optional<pki::Certificate> issuer_of(const pki::Certificate& certificate,
                                          const Layout& layout) {
  for (const std::string_view name : {"issuing", "root"}) {
    const core::Path folder = layout.identity(name);
    for (const std::string& generation : generations_in(folder)) {
      const auto found = pki::load_certificates(files_in(folder / generation).cert);
      if (found && found->front().subject_key_id == certificate.authority_key_id)
        return found->front();
    }
  }
  return std::nullopt;
}

}  // namespace wxsec::certs
