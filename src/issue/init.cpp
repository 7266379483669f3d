// `certs init` in four movements: what is there, what is missing, make and stage the missing, and
// only then, after one sync of the disk for everything, let each `current` link point to it. A run
// that is killed anywhere is completed by the next one, because what is there is always whole.
//
//     root (10 years, signs once)  ->  issuing (5 years)  ->  broker, api, operator, ingest,
//     stations
//
// Both authorities are constrained, critically, to the given domains: whoever installs the root in
// a browser gives away nothing beyond them.
#include "src/issue/init.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/shell_word.h"
#include "lib/pki/crl.h"
#include "src/certs/authority.h"
#include "src/certs/backdate.h"
#include "src/certs/crl_file.h"
#include "src/certs/generation.h"
#include "src/certs/generations.h"
#include "src/certs/key_access.h"
#include "src/certs/layout.h"
#include "src/certs/ledger.h"
#include "src/certs/passphrase.h"
#include "src/certs/root_list.h"
#include "src/issue/init_domains.h"
#include "src/issue/init_profile.h"
#include "src/issue/new_authority.h"

namespace wxsec::certs {
namespace {

using pki::Certificate;

struct Wanted {
  std::string name;
  const char* profile;
};

std::vector<Wanted> wanted_identities(unsigned stations) {
  std::vector<Wanted> list{
      {"broker", "server"}, {"api", "server"}, {"operator", "client"}, {"ingest", "client"}};
  for (unsigned i = 1; i <= stations; ++i) list.push_back({station_name(i), "station"});
  return list;
}

bool is_service(std::string_view name) {
  return name == "broker" || name == "api" || name == "ingest";
}

// One run: what it knows and what it has made so far.
struct Run {
  const InitOptions& options;
  core::Instant now;
  Layout layout;
  pki::NameConstraints constraints;
  std::optional<gid_t> group;
  Installer installer;
  std::vector<LedgerRow> rows;  // of what `installer` holds
  InitReport report;
};

core::Result<std::optional<Certificate>> existing(const Run& run, std::string_view name) {
  const core::Path folder = run.layout.identity(name);
  if (!WXSEC_TRY(is_in_use(folder))) return std::optional<Certificate>();
  const core::Path generation = WXSEC_TRY(resolve_current(folder));
  return std::optional<Certificate>(
      WXSEC_TRY(pki::load_certificates(files_in(generation).cert)).front());
}

void note(Run& run, std::string_view name, Presence presence, const Certificate& certificate) {
  run.report.items.push_back({std::string(name), run.layout.identity(name), presence, certificate});
}

core::Result<void> stage(Run& run, std::string_view name, std::string_view profile,
                         const Pair& pair, const Access& access) {
  const Certificate& leaf = pair.chain.front();
  const core::Path generation =
      WXSEC_TRY(run.installer.stage(run.layout.identity(name), pair, access));
  run.rows.push_back(ledger_row(name, profile, generation, leaf, run.now));
  note(run, name, Presence::created, leaf);
  return {};
}

core::Result<void> stage_authority(Run& run, std::string_view name, const pki::Key& key,
                                   const Certificate& certificate) {
  const Pair pair = WXSEC_TRY(authority_pair(certificate, key, run.options.ca_passphrase.secret));
  return stage(run, name, name, pair, kAuthorityAccess);  // its profile has its name
}

core::Result<Profile> profile_for(const Run& run, std::string_view name) {
  Profile profile = WXSEC_TRY(find_init_profile(run.options.dir, name));
  if (run.options.key) profile.key = *run.options.key;
  return profile;
}

core::Result<pki::CertificateSpec> spec_for(const Run& run, const Profile& profile,
                                            std::string_view role, const pki::Key& key) {
  pki::CertificateSpec spec = authority_spec(role, run.constraints, key);
  spec.not_before = run.now - kBackdate;
  spec.not_after = run.now + run.options.ca_lifetime.value_or(profile.lifetime);
  spec.path_length = profile.path_length;
  return spec;
}

struct Signing {
  Certificate certificate;
  std::optional<pki::Key> key;  // none: not needed so far, or not there
};

core::Result<Signing> root_of(Run& run) {
  if (auto there = WXSEC_TRY(existing(run, "root"))) {
    note(run, "root", Presence::kept, *there);
    return Signing{std::move(*there), std::nullopt};
  }
  const Profile profile = WXSEC_TRY(profile_for(run, "root"));
  pki::Key key = WXSEC_TRY(pki::Key::generate(profile.key));
  const auto spec = WXSEC_TRY(spec_for(run, profile, "root CA", key));
  Certificate certificate = WXSEC_TRY(pki::Issuer::self_sign(spec, key));
  WXSEC_TRY(stage_authority(run, "root", key, certificate));
  return Signing{std::move(certificate), std::move(key)};
}

core::Result<void> load_key(const Run& run, std::string_view name, Signing& signing) {
  if (signing.key) return {};
  const core::Path folder = WXSEC_TRY(resolve_current(run.layout.identity(name)));
  signing.key = WXSEC_TRY(load_authority_key(files_in(folder).key, run.options.ca_passphrase));
  return {};
}

core::Result<Signing> issuing_of(Run& run, Signing& root) {
  if (auto there = WXSEC_TRY(existing(run, "issuing"))) {
    if (!run.options.domains.empty()) WXSEC_TRY(check_same_domains(run.constraints, *there));
    note(run, "issuing", Presence::kept, *there);
    return Signing{std::move(*there), std::nullopt};
  }
  WXSEC_TRY(load_key(run, "root", root));
  const auto signer = WXSEC_TRY(pki::Issuer::create(root.certificate, *root.key));
  const Profile profile = WXSEC_TRY(profile_for(run, "issuing"));
  pki::Key key = WXSEC_TRY(pki::Key::generate(profile.key));
  auto spec = WXSEC_TRY(spec_for(run, profile, "issuing CA", key));
  spec.not_after = std::min(spec.not_after, root.certificate.not_after);
  Certificate certificate = WXSEC_TRY(signer.issue(spec, key.public_key()));
  WXSEC_TRY(stage_authority(run, "issuing", key, certificate));
  return Signing{std::move(certificate), std::move(key)};
}

core::Result<Authority> authority_of(const Run& run, const Signing& root, Signing& issuing) {
  WXSEC_TRY(load_key(run, "issuing", issuing));
  return Authority{root.certificate,
                   WXSEC_TRY(pki::Issuer::create(issuing.certificate, *issuing.key))};
}

core::Result<void> make_identity(Run& run, const Wanted& wanted, const Authority& authority) {
  Profile profile = WXSEC_TRY(profile_for(run, wanted.profile));
  LeafRequest request{wanted.name, std::move(profile), {}, run.now};
  if (run.options.lifetime) request.profile.lifetime = *run.options.lifetime;
  request.names = default_names(wanted.name, request.profile, authority.issuing());
  const Pair pair = WXSEC_TRY(make_leaf(request, authority));
  const bool shared = run.group && is_service(wanted.name);
  const Access access{shared ? mode_t{0640} : mode_t{0600}, shared ? run.group : std::nullopt,
                      0755};
  const Certificate& leaf = pair.chain.front();
  if (leaf.not_after >= authority.issuing().not_after) run.report.shortened_to = leaf.not_after;
  return stage(run, wanted.name, wanted.profile, pair, access);
}

core::Result<void> make_identities(Run& run, const Signing& root, Signing& issuing) {
  std::optional<Authority> authority;
  for (const Wanted& wanted : wanted_identities(run.options.stations)) {
    if (const auto there = WXSEC_TRY(existing(run, wanted.name))) {
      if (run.group && is_service(wanted.name) &&
          WXSEC_TRY(share_all_keys(run.layout.identity(wanted.name), *run.group)))
        run.report.mended.push_back(
            fmt::format("the group {} may read the key of {} now", run.options.group, wanted.name));
      note(run, wanted.name, Presence::kept, *there);
      continue;
    }
    if (!authority) authority = WXSEC_TRY(authority_of(run, root, issuing));
    WXSEC_TRY(make_identity(run, wanted, *authority));
  }
  return {};
}

bool made_now(const Run& run, std::string_view name) {
  return std::any_of(run.report.items.begin(), run.report.items.end(), [&](const InitItem& item) {
    return item.name == name && item.presence == Presence::created;
  });
}

core::Result<void> write_trust(Run& run, const Signing& root) {
  if (!core::path_exists(run.layout.ca())) {
    WXSEC_TRY(core::write_file_atomic(run.layout.ca(), pki::to_pem(root.certificate), {}));
    if (!made_now(run, "root")) run.report.mended.push_back("ca.pem was missing and is back");
  }
  const core::Path ignore = run.layout.dir() / ".gitignore";
  if (core::path_exists(ignore)) return {};
  return core::write_file_atomic(ignore, "# keys never go into a repository\n*\n", {});
}

core::Result<std::vector<pki::Crl>> lists_there(const Run& run) {
  if (made_now(run, "root") || !core::path_exists(run.layout.crl())) return std::vector<pki::Crl>{};
  return read_crl_file(run.layout.crl());
}

// An authority gets its list when it is made, and never again from here: an empty one in the place
// of a list that got lost would let in everybody who was revoked.
core::Result<void> write_crl(Run& run, Signing& root, Signing& issuing) {
  auto lists = WXSEC_TRY(lists_there(run));
  const auto has_list_of = [&](const Certificate& authority) {
    return std::any_of(lists.begin(), lists.end(),
                       [&](const pki::Crl& list) { return is_by(list, authority); });
  };
  for (const pki::Crl& list : lists) run.report.revoked += list.revoked.size();
  if (!made_now(run, "issuing")) {
    run.report.crl = has_list_of(issuing.certificate) ? Presence::kept : Presence::missing;
    return {};
  }
  const Authority authority = WXSEC_TRY(authority_of(run, root, issuing));
  lists.insert(lists.begin(), WXSEC_TRY(fresh_crl(authority.issuer, {}, 1, run.now)));
  if (!has_list_of(root.certificate) &&
      load_key(run, "root", root)) {  // an offline root signs none
    const auto signer = WXSEC_TRY(pki::Issuer::create(root.certificate, *root.key));
    lists.push_back(
        WXSEC_TRY(sign_root_list(signer, {}, 1, run.now - kBackdate, issuing.certificate)));
  }
  return write_crl_file(run.layout.crl(), lists);
}

// A passphrase is for keys that are made; it must not seem to protect those that lie there plain.
core::Result<void> check_not_plain(const Run& run) {
  if (run.options.ca_passphrase.empty()) return {};
  for (const char* const name : {"root", "issuing"}) {
    const core::Path key = run.layout.current(name).key;
    if (!core::path_exists(key) || is_key_encrypted(key)) continue;
    const std::string file = core::shell_word(key.string());
    return core::fail(
        core::Code::exists,
        fmt::format("{} is there already, not encrypted, and stays so: init changes no key",
                    key.string()),
        fmt::format("encrypt it: (umask 077; openssl pkcs8 -topk8 -v2 aes-256-cbc -in {0} -out "
                    "{0}.new) && mv {0}.new {0}",
                    file));
  }
  return {};
}

core::Result<InitReport> run_all(Run& run) {
  WXSEC_TRY(check_not_plain(run));
  Signing root = WXSEC_TRY(root_of(run));
  Signing issuing = WXSEC_TRY(issuing_of(run, root));
  WXSEC_TRY(make_identities(run, root, issuing));
  WXSEC_TRY(run.installer.sync());
  WXSEC_TRY(record_issued(run.layout, run.rows));
  // Before the links: an authority that is there has its list. The trust after them: a run killed
  // before must not leave the trust of an authority that never was.
  WXSEC_TRY(write_crl(run, root, issuing));
  WXSEC_TRY(run.installer.link());
  WXSEC_TRY(write_trust(run, root));
  run.report.domains = issuing.certificate.constraints.dns;
  run.report.networks = issuing.certificate.constraints.networks;
  return std::move(run.report);
}

}  // namespace

bool InitReport::changed() const {
  return !mended.empty() || std::any_of(items.begin(), items.end(), [](const InitItem& item) {
    return item.presence == Presence::created;
  });
}

core::Result<InitReport> init(const InitOptions& options, const core::Clock& clock) {
  constexpr unsigned kMostStations = 9'999;
  if (options.stations > kMostStations)
    return core::fail(core::Code::usage, fmt::format("{} stations are too many", options.stations),
                      "make further ones with 'wxsec certs issue --count'");
  if (options.dir.empty())
    return core::fail(core::Code::usage, "the directory has no name", "give one: --dir certs");
  for (const auto& lifetime : {options.lifetime, options.ca_lifetime})
    if (lifetime) WXSEC_TRY(check_lifetime(*lifetime));
  if (options.key) WXSEC_TRY(check_strong(*options.key));
  auto constraints = WXSEC_TRY(parse_domains(options.domains));
  Run run{options,
          std::chrono::floor<std::chrono::seconds>(clock.now()),
          Layout(options.dir),
          std::move(constraints),
          std::nullopt,
          Installer(),
          {},
          {}};
  if (!options.group.empty()) run.group = WXSEC_TRY(find_group(options.group));
  run.report.dir = options.dir;
  WXSEC_TRY(core::make_directories(options.dir, 0755));
  const auto lock = WXSEC_TRY(core::FileLock::acquire(run.layout.lock(), std::chrono::seconds(5)));
  return run_all(run);
}

}  // namespace wxsec::certs
