#include "src/certs/successor.h"

#include <fmt/core.h>

#include <algorithm>

#include "src/certs/generations.h"
#include "src/certs/ledger.h"

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

std::chrono::milliseconds lifetime_of_profile(std::string_view name) {
  for (const Profile& profile : built_in_profiles())
    if (profile.name == name) return profile.lifetime;
  return std::chrono::days(90);
}

bool is_station(const pki::Certificate& certificate) {
  return std::any_of(certificate.names.begin(), certificate.names.end(), [](const auto& name) {
    return name.value.find(".stations.") != std::string::npos;
  });
}

// What it is for, under the name of the built-in profile for that.
Profile purpose_of(const pki::Certificate& certificate) {
  const auto& uses = certificate.extended_key_usage;
  const auto has = [&](const char* use) {
    return std::find(uses.begin(), uses.end(), use) != uses.end();
  };
  Profile purpose;
  purpose.server = has("serverAuth");
  purpose.client = has("clientAuth");
  purpose.name = is_station(certificate) ? "station"
                 : !purpose.server       ? "client"
                 : purpose.client        ? "both"
                                         : "server";
  return purpose;
}

// What it was asked to be: from a day on both ends belong to a validity, see leaf_spec().
std::chrono::milliseconds whole_life(const pki::Certificate& certificate) {
  const auto whole = pki::lifetime(certificate);
  return whole < std::chrono::days(1) ? whole : whole + std::chrono::seconds(1);
}

pki::Certificate validity_of(const LedgerRow& row) {
  pki::Certificate certificate;
  certificate.authority_key_id = row.issuer_key_id;
  certificate.not_before = row.not_before;
  certificate.not_after = row.not_after;
  return certificate;
}

// Not one that is wrong on purpose, which may have the name of a real identity.
bool is_sound(const Layout& layout, std::string_view profile) {
  if (profile.empty()) return false;
  const auto found = find_profile(layout.dir(), profile);
  return found && found->fault == Fault::none && !found->ca;
}

// By which the certificate in use was made; "" where the ledger does not know that one.
std::string recorded_profile(Ledger& ledger, const Layout& layout, std::string_view name) {
  const auto leaf = pki::load_certificates(layout.current(name).cert);
  if (!leaf) return {};
  const auto row = ledger.find(leaf->front().serial);
  return row && *row && is_sound(layout, (*row)->profile) ? (*row)->profile : "";
}

// All that were issued to `name`; none where the ledger cannot tell.
std::vector<LedgerRow> history_of(std::string_view name, const Layout& layout) {
  auto ledger = Ledger::open_to_read(layout);
  if (!ledger) return {};
  auto rows = ledger->all_of(name);
  return rows ? std::move(*rows) : std::vector<LedgerRow>();
}

std::optional<std::chrono::milliseconds> last_uncut(const std::vector<LedgerRow>& history,
                                                    const Layout& layout) {
  for (auto row = history.rbegin(); row != history.rend(); ++row) {
    if (!is_sound(layout, row->profile)) continue;
    const pki::Certificate one = validity_of(*row);
    const auto issuer = issuer_of(one, layout);
    if (issuer && one.not_after < issuer->not_after) return whole_life(one);
  }
  return std::nullopt;
}

}  // namespace

LeafRequest successor_of(const pki::Certificate& old, std::chrono::milliseconds life,
                         core::Instant now) {
  LeafRequest request;
  request.name = old.common_name;
  request.now = now;
  request.names = old.names;
  request.profile = purpose_of(old);
  request.profile.lifetime = life;
  request.profile.key = key_type_of(old);
  return request;
}

std::chrono::milliseconds lifetime_after(const pki::Certificate& old, std::string_view name,
                                         const pki::Certificate& issuer, const Layout& layout) {
  if (old.not_after < issuer.not_after) return whole_life(old);
  if (const auto before = last_uncut(history_of(name, layout), layout)) return *before;
  const auto profile = find_profile(layout.dir(), profile_name_of(layout, name));
  return profile ? profile->lifetime : lifetime_of_profile(purpose_of(old).name);
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

std::string profile_name_of(const Layout& layout, std::string_view name) {
  if (auto ledger = Ledger::open_to_read(layout))
    if (const std::string recorded = recorded_profile(*ledger, layout, name); !recorded.empty())
      return recorded;
  if (layout.identity(name).parent_path() == layout.stations()) return "station";
  const auto leaf = pki::load_certificates(layout.current(name).cert);
  return leaf ? purpose_of(leaf->front()).name : "station";
}

core::Result<void> record_successors(const Layout& layout, std::span<const Succeeded> made,
                                     core::Instant now) {
  if (made.empty()) return {};
  Ledger ledger = WXSEC_TRY(Ledger::open(layout));
  std::vector<LedgerRow> rows;
  for (const Succeeded& one : made) {
    std::string profile = recorded_profile(ledger, layout, one.name);
    if (profile.empty()) profile = purpose_of(one.certificate).name;
    rows.push_back(ledger_row(one.name, profile, one.generation, one.certificate, now));
  }
  return ledger.record(rows);
}

core::Result<void> check_not_ours(const Layout& layout, std::string_view name) {
  const auto leaf = pki::load_certificates(layout.current(name).cert);
  if (!leaf || !is_ours(leaf->front(), layout)) return {};
  return core::fail(core::Code::exists,
                    fmt::format("{} has a certificate of this directory's own authority, by which "
                                "its clients know it",
                                name),
                    "take another name for the new one; or move the folder away first");
}

}  // namespace wxsec::certs
