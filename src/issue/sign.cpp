// What a request may decide, and what it may not. The key in it is proven to be the asker's; the
// rest is text that anybody could write. In this network the common name is the MQTT user name, so
// a request that calls itself "operator" must not become the operator by being signed. Hence:
//
//     key          taken over, if it is strong and the request is signed with it
//     names        kept, if the authority may sign for them and the profile has use for them
//     common name  the identity's name; never one of the fixed ones unless the signer says so
//     all else     the profile's: purposes, usage, lifetime, authority or not
//
// Every wish that is not granted is told, so that nobody finds out from a failing handshake.
#include "src/issue/sign.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/escape.h"
#include "src/certs/authority.h"
#include "src/certs/generation.h"
#include "src/certs/generations.h"
#include "src/certs/key_access.h"
#include "src/certs/layout.h"
#include "src/certs/ledger.h"
#include "src/certs/place.h"
#include "src/certs/profile.h"
#include "src/certs/renewer.h"
#include "src/certs/revoked_here.h"

namespace wxsec::certs {
namespace {

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;  // beyond, every verifier pays

core::Result<void> check_request(const pki::Csr& csr) {
  if (!csr.proves_possession)
    return core::fail(core::Code::crypto,
                      "the request is not signed with the key that it is about: whoever sent it "
                      "does not prove to hold that key",
                      "make the request again where the key is");
  const bool is_rsa = csr.key_kind == pki::KeyKind::rsa;
  if (csr.key_kind == pki::KeyKind::other ||
      (is_rsa && (csr.key_bits < kMinRsaBits || csr.key_bits > kMaxRsaBits)))
    return core::fail(core::Code::usage,
                      fmt::format("the request is about a key that is not accepted: {}",
                                  core::escape_terminal(pki::key_text(csr))),
                      "use P-256, P-384, P-521, Ed25519 or RSA with 2048 to 8192 bits");
  if (csr.names.size() > kMaxRequestedNames)
    return core::fail(core::Code::too_large,
                      fmt::format("the request asks for {} names; at most {} are taken",
                                  csr.names.size(), kMaxRequestedNames));
  return {};
}

core::Result<Profile> profile_of(const SignOptions& options) {
  Profile profile = WXSEC_TRY(find_profile(options.dir, options.profile));
  if (profile.ca || profile.fault != Fault::none)
    return core::fail(core::Code::usage,
                      fmt::format("profile '{}' is not for requests", options.profile),
                      "take server, client, station, both or short-lived");
  if (options.lifetime) {
    WXSEC_TRY(check_lifetime(*options.lifetime));
    profile.lifetime = *options.lifetime;
  }
  return profile;
}

core::Result<std::string> identity_of(const SignOptions& options, const pki::Csr& csr) {
  const bool asked = options.name.empty();
  const std::string name = asked ? csr.common_name : options.name;
  if (asked && name.empty())
    return core::fail(core::Code::usage, "the request has no common name",
                      "say who it is for: --name NAME");
  WXSEC_TRY(check_identity_name(name));
  const bool fixed = std::find(std::begin(kFixedIdentities), std::end(kFixedIdentities), name) !=
                     std::end(kFixedIdentities);
  if (fixed && (asked || name == "root" || name == "issuing"))
    return core::fail(core::Code::usage,
                      fmt::format("the request calls itself '{}', which has rights here", name),
                      "if it is meant to have them, say so: --name NAME");
  return name;
}

// Lowered and canonical; nothing where no certificate should carry it.
std::optional<pki::AlternativeName> cleaned(const pki::AlternativeName& name) {
  auto clean = pki::parse_alternative_name(pki::to_text(name));
  if (name.kind == pki::NameKind::other || !clean) return std::nullopt;
  return std::move(*clean);
}

// Why `name` cannot be granted; "" if it can.
std::string_view refusal(const pki::AlternativeName& name, const Profile& profile,
                         const pki::Certificate& issuing) {
  if (!may_sign_for(issuing, name)) return "this authority may not sign for it";
  if (profile.server) return {};
  if (name.kind == pki::NameKind::ip) return "addresses are for servers";
  return name.value.starts_with("*.") ? "wildcards are for servers" : std::string_view();
}

std::vector<pki::AlternativeName> granted_names(const pki::Csr& csr, const Profile& profile,
                                                const pki::Certificate& issuing,
                                                std::vector<Dropped>& dropped) {
  std::vector<pki::AlternativeName> names;
  for (const pki::AlternativeName& asked : csr.names) {
    auto name = cleaned(asked);
    const std::string_view why =
        name ? refusal(*name, profile, issuing) : "no certificate should carry such a name";
    if (!why.empty()) {
      dropped.push_back({pki::to_text(asked), std::string(why)});
    } else if (std::find(names.begin(), names.end(), *name) == names.end()) {
      names.push_back(std::move(*name));
    }
  }
  return names;
}

bool holds(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// What else was asked for and is not in what was made.
void note_differences(const pki::Csr& csr, const pki::Certificate& made, const Profile& profile,
                      std::vector<Dropped>& dropped) {
  const std::string by_profile = fmt::format("not in profile '{}'", profile.name);
  if (csr.asks_for_ca) dropped.push_back({"CA:TRUE", "a request never makes an authority"});
  for (const std::string& usage : csr.key_usage)
    if (!holds(made.key_usage, usage)) dropped.push_back({"key usage " + usage, by_profile});
  for (const std::string& purpose : csr.extended_key_usage)
    if (!holds(made.extended_key_usage, purpose))
      dropped.push_back({"purpose " + purpose, by_profile});
  for (const std::string& extension : csr.other_extensions)
    dropped.push_back({"extension " + extension, by_profile});
  if (!csr.subject.empty() && csr.subject != made.subject)
    dropped.push_back({"subject " + csr.subject, fmt::format("it is {} here", made.subject)});
}

// Where it is already, whatever its profile: two identities of one name would be one MQTT user.
core::Path folder_of(const std::string& name, const Profile& profile, const Layout& layout) {
  const core::Path present = layout.identity(name);
  // What leads elsewhere is in the way, too; check_free() says so.
  if (profile.name == "station" || is_in_use(present).value_or(true)) return present;
  return layout.dir() / name;
}

core::Result<void> check_free(const SignOptions& options, const core::Path& folder) {
  if (options.if_exists == IfExists::new_generation || !WXSEC_TRY(is_in_use(folder))) return {};
  return core::fail(core::Code::exists, fmt::format("{} is there already", folder.string()),
                    "take another --name, or --replace if this is its holder's new request");
}

core::Result<pki::Certificate> certify(const pki::Csr& csr, const LeafRequest& request,
                                       const Authority& authority) {
  if (request.now >= authority.issuing().not_after)
    return core::fail(core::Code::crypto, "the issuing authority has expired",
                      "make a new one take over: wxsec certs rotate-ca --dir DIR");
  return authority.issuer.issue(leaf_spec(request, authority.issuing()), csr.public_key);
}

// A certificate that was revoked must not come back under another serial.
core::Result<void> check_key_not_revoked(const SignOptions& options, const Layout& layout,
                                         const pki::Certificate& made) {
  if (options.accept_revoked_key) return {};
  const RevokedHere revoked = WXSEC_TRY(RevokedHere::load(layout));
  if (!WXSEC_TRY(revoked.has_key(layout, made.public_key_sha256))) return {};
  return core::fail(core::Code::usage,
                    fmt::format("{}: the request is about a key whose certificate was revoked here",
                                options.csr.string()),
                    "have a new key made where the request came from; --accept-revoked-key signs "
                    "it nevertheless, and lets in whoever else holds that key");
}

core::Result<void> record(const Layout& layout, const Signed& made, const LeafRequest& request) {
  const LedgerRow row =
      ledger_row(made.name, request.profile.name, made.generation, made.certificate, request.now);
  return record_issued(layout, {&row, 1});
}

// On the disk, then in the ledger, then in use.
core::Result<void> install(const core::Path& folder, const Pair& pair, const Layout& layout,
                           const LeafRequest& request, std::string_view request_der, Signed& out) {
  Installer installer;
  out.generation = WXSEC_TRY(installer.stage(folder, pair, Access{}));
  WXSEC_TRY(core::write_file_new(request_in(out.generation), request_der, {}));
  WXSEC_TRY(installer.sync());
  WXSEC_TRY(record(layout, out, request));
  WXSEC_TRY(installer.link());
  WXSEC_TRY(dismiss_renewers(folder));
  prune_generations(folder, kKeptGenerations);
  out.folder = folder;
  out.file = files_in(folder / "current").fullchain;
  return {};
}

core::Result<void> write_chain(const core::Path& file, const Pair& pair, IfExists if_exists) {
  const std::string text = pki::to_pem(pair.chain);
  return if_exists == IfExists::refuse ? core::write_file_new(file, text, {})
                                       : core::write_file_atomic(file, text, {});
}

}  // namespace

core::Result<Signed> sign(const SignOptions& options, const core::Clock& clock) {
  LeafRequest request;
  request.profile = WXSEC_TRY(profile_of(options));
  const pki::Csr csr = WXSEC_TRY(pki::load_csr(options.csr));
  if (auto good = check_request(csr); !good)
    return core::fail(core::with_context(good.error(), options.csr.string()));
  request.name = WXSEC_TRY(identity_of(options, csr));
  request.now = std::chrono::floor<std::chrono::seconds>(clock.now());
  const Layout layout(options.dir);
  WXSEC_TRY(layout.identities());  // a missing directory must not be made by the lock
  const core::Path folder = folder_of(request.name, request.profile, layout);
  const auto lock = WXSEC_TRY(core::FileLock::acquire(layout.lock(), std::chrono::seconds(5)));
  WXSEC_TRY(check_free(options, folder));
  const Authority authority = WXSEC_TRY(load_authority(layout, options.ca_passphrase));
  Signed out;
  out.name = request.name;
  request.names = granted_names(csr, request.profile, authority.issuing(), out.dropped);
  out.names_by_profile = request.names.empty();
  if (request.names.empty())
    request.names = default_names(request.name, request.profile, authority.issuing());
  auto made = certify(csr, request, authority);
  if (!made) return failure_in(made.error(), options.dir);
  out.certificate = std::move(*made);
  WXSEC_TRY(check_key_not_revoked(options, layout, out.certificate));  // nobody has it yet
  note_differences(csr, out.certificate, request.profile, out.dropped);
  Pair pair;
  pair.chain = {out.certificate, authority.issuing()};
  if (options.out.empty()) {
    WXSEC_TRY(install(folder, pair, layout, request, core::as_text(csr.der), out));
  } else {
    WXSEC_TRY(record(layout, out, request));
    WXSEC_TRY(write_chain(options.out, pair, options.if_exists));
    out.file = options.out;
  }
  return out;
}

}  // namespace wxsec::certs
