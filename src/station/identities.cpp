#include "src/station/identities.h"

#include <fmt/core.h>

#include "lib/mqtt/accounts.h"
#include "lib/pki/certificate.h"
#include "src/certs/layout.h"
#include "src/weather/station.h"

namespace wxsec::station {
namespace {

using core::Code;
using core::fail;
using core::Path;
using core::Result;

Result<void> check_count(unsigned count) {
  if (count >= 1 && count <= static_cast<unsigned>(kMaxStations)) return {};
  return fail(Code::usage, fmt::format("{} stations: 1 to {} are possible", count, kMaxStations));
}

// One function of a number and a name for both kinds.
template <class Make>
Result<std::vector<Identity>> many(unsigned count, Make make) {
  WXSEC_TRY(check_count(count));
  std::vector<Identity> out;
  for (unsigned number = 1; number <= count; ++number) {
    Identity one = WXSEC_TRY(make(weather::station_name(number)));
    out.push_back(std::move(one));
  }
  return out;
}

Result<Identity> with_account(const std::vector<mqtt::Account>& accounts, const Path& file,
                              const std::string& name) {
  const mqtt::Account* const account = mqtt::find_account(accounts, name);
  if (account == nullptr)
    return fail(Code::not_found, fmt::format("{} has no password for {}", file.string(), name),
                "'wxsec broker run --insecure-lesson --stations N' makes accounts");
  return Identity{
      .name = name, .certificate = {}, .key = {}, .password = account->password.clone()};
}

}  // namespace

Path ca_in(const Path& certs_dir) { return certs::Layout(certs_dir).ca(); }

Result<Identity> identity_in(const Path& certs_dir, const std::string& name) {
  const certs::IdentityFiles files = certs::Layout(certs_dir).current(name);
  if (!core::path_exists(files.fullchain))
    return fail(Code::not_found,
                fmt::format("{} has no certificate for {}", certs_dir.string(), name),
                "'wxsec certs init --stations N' makes those that are missing");
  return Identity{.name = name, .certificate = files.fullchain, .key = files.key, .password = {}};
}

Result<Identity> identity_from(const Path& certificate, const Path& key, const std::string& name) {
  if (certificate.empty() || key.empty())
    return fail(Code::usage, "a certificate needs its key, and a key its certificate",
                "give both: --cert FILE --key FILE");
  const auto chain = pki::load_certificates(certificate);
  if (!chain)
    return fail(chain.error().code, chain.error().what,
                chain.error().hint.empty() ? "--cert names a PEM file" : chain.error().hint);
  const std::string& common_name = chain->front().common_name;
  if (name.empty() && common_name.empty())
    return fail(Code::usage, fmt::format("{} has no common name", certificate.string()),
                "say who it is: --name NAME");
  return Identity{.name = name.empty() ? common_name : name,
                  .certificate = certificate,
                  .key = key,
                  .password = {}};
}

std::string name_conflict(const Identity& identity) {
  if (identity.certificate.empty()) return {};
  const auto chain = pki::load_certificates(identity.certificate);
  if (!chain || chain->front().common_name.empty()) return {};
  const std::string& certified = chain->front().common_name;
  if (certified == identity.name) return {};
  return fmt::format(
      "{} is made out to '{}', and it is shown by '{}': a broker that takes the common name for "
      "the "
      "name refuses what it says. Leave out --name, or use that one's own pair",
      identity.certificate.string(), certified, identity.name);
}

Result<Identity> lesson_identity(const Path& accounts, const std::string& name) {
  const auto all = WXSEC_TRY(mqtt::read_accounts(accounts));
  return with_account(all, accounts, name);
}

Result<std::vector<Identity>> station_identities(const Path& certs_dir, unsigned count) {
  return many(count, [&](const std::string& name) { return identity_in(certs_dir, name); });
}

Result<std::vector<Identity>> lesson_identities(const Path& accounts, unsigned count) {
  const auto all = WXSEC_TRY(mqtt::read_accounts(accounts));
  return many(count, [&](const std::string& name) { return with_account(all, accounts, name); });
}

}  // namespace wxsec::station
