// The order of things, and what each protects from:
//
//     lock     two runs at once would use up each other's nonces and the authority's rate limits
//     pending  a certificate whose reload or proof failed is tried again before another is ordered
//     room     what would make the deployment fail is found before a certificate is spent on it
//     order    the challenge's listener lives only as long as the order takes
//     deploy   as in every renewal (src/renew/deploy.h), under the directory's own lock
#include "src/acme/issue.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/core/escape.h"
#include "lib/pki/verify.h"
#include "src/acme/ari.h"
#include "src/acme/issuance.h"
#include "src/renew/due.h"
#include "src/renew/reload.h"

namespace wxsec::acme {
namespace {

using certs::Layout;
using core::Code;
using pki::Certificate;

constexpr std::chrono::seconds kLockWait{30};
constexpr std::array<std::string_view, 4> kStates{"kept", "obtained", "rolled-back", "failed"};

core::Path folder_of(const RunOptions& run, const std::string& name) { return run.dir / name; }

// The key that the next certificate is for.
core::Result<pki::Key> key_for(const Issue& issue, const core::Path& folder) {
  const auto current = certs::resolve_current(folder);
  if (issue.settings.keep_key && current) {
    auto kept = pki::Key::load(certs::files_in(*current).key, {});
    const bool gone =
        !kept && (kept.error().code == Code::not_found || kept.error().code == Code::malformed);
    if (!gone) return kept;
  }
  return pki::Key::generate(issue.settings.key);
}

core::Result<certs::Deployed> put_to_use(const certs::Pair& pair, const Issue& issue,
                                         const RunOptions& run, const core::Clock& clock,
                                         const std::stop_token& stop) {
  certs::DeployOptions deploy;
  deploy.identity = issue.name;
  deploy.folder = folder_of(run, issue.name);
  deploy.access = issue.access;
  deploy.services = WXSEC_TRY(services_of(issue, run));
  deploy.verify_within = run.verify_within;
  deploy.check = [&](const std::vector<Certificate>& chain) -> core::Result<void> {
    const pki::Verdict verdict = pki::verify_dates(chain, clock.now() + std::chrono::minutes(10));
    if (verdict.valid()) return {};
    return core::fail(Code::crypto, verdict.sentence, verdict.hint);
  };
  deploy.on_step = [&](certs::DeployStep step, std::string_view detail) {
    if (run.on_step) run.on_step(issue.name, step, detail);
  };
  const auto lock = WXSEC_TRY(core::FileLock::acquire(Layout(run.dir).lock(), kLockWait));
  return certs::deploy(pair, deploy, stop);
}

// Deployment, what is remembered of it, and what the caller hears.
core::Result<Obtained> conclude(const certs::Pair& pair, Issue& issue, const RunOptions& run,
                                const core::Clock& clock, const std::stop_token& stop) {
  Obtained out;
  out.name = issue.name;
  out.folder = folder_of(run, issue.name);
  if (issue.old) out.old_serial = issue.old->serial;
  certs::Deployed deployed = WXSEC_TRY(put_to_use(pair, issue, run, clock, stop));
  const bool on_disk = deployed.certificate.has_value();
  issue.settings.pending =
      deployed.error && on_disk ? deployed.generation.filename().string() : std::string();
  const auto saved = on_disk ? save_settings(out.folder, issue.settings) : core::Result<void>();
  out.error = std::move(deployed.error);
  if (!out.error && !saved) out.error = saved.error();
  out.state = deployed.rolled_back ? ObtainState::rolled_back
              : out.error          ? ObtainState::failed
                                   : ObtainState::obtained;
  out.certificate = current_leaf(out.folder);
  return out;
}

OrderRequest request_for(const Issue& issue, const Session& session) {
  OrderRequest request;
  request.names = issue.settings.domains;
  request.profile = issue.settings.profile;
  request.preferred_chain = issue.settings.preferred_chain;
  request.kind = issue.settings.challenge;
  if (issue.old && !session.directory().renewal_info.empty())
    request.replaces = certificate_id(*issue.old).value_or("");
  return request;
}

core::Result<void> check_profile(const Settings& settings, const Directory& directory) {
  if (settings.profile.empty() || directory.profiles.contains(settings.profile)) return {};
  std::string offered;
  for (const auto& [name, description] : directory.profiles)
    offered += (offered.empty() ? "" : ", ") + core::escape_terminal(name.substr(0, 80));
  return core::fail(
      Code::usage,
      fmt::format("the server has no profile '{}'", core::escape_terminal(settings.profile)),
      offered.empty() ? "it offers none at all: leave --profile out" : "it offers: " + offered);
}

AccountOptions account_options(const Issue& issue, const RunOptions& run) {
  AccountOptions options;
  options.folder = account_folder(run.dir, issue.settings.server);
  options.contacts = issue.settings.contacts;
  options.agree_to_terms = issue.agree_to_terms;
  options.external = issue.external;
  return options;
}

core::Result<std::unique_ptr<Responder>> responder_for(const Settings& settings,
                                                       const RunOptions& run) {
  ResponderOptions options;
  options.kind = settings.challenge;
  options.webroot = settings.webroot;
  options.address = settings.address;
  options.port = settings.port;
  const auto server = net::parse_endpoint(settings.server, 0);
  options.local_server = server && net::is_loopback(server->host);
  options.note = run.note;
  return start_responder(options);
}

// The order, mended where the server has forgotten the account or knows a successor already.
core::Result<std::vector<Certificate>> order_chain(const Issue& issue, const RunOptions& run,
                                                   Session& session, Account& account,
                                                   const pki::Key& key) {
  const auto responder = WXSEC_TRY(responder_for(issue.settings, run));
  OrderRequest request = request_for(issue, session);
  for (int tries = 0;; ++tries) {
    session.sign_as(account.key, account.url);
    request.thumbprint = WXSEC_TRY(thumbprint_of(account.key));
    std::string problem;
    auto chain = obtain_chain(session, request, key, *responder, problem);
    if (chain || tries == 2) return chain;
    if (problem == "accountDoesNotExist") {
      if (run.note) run.note("the server has forgotten the account: it is registered again");
      account = WXSEC_TRY(register_again(session, account_options(issue, run)));
    } else if (problem == "alreadyReplaced" && !request.replaces.empty()) {
      request.replaces.clear();  // somebody renewed it elsewhere; RFC 9773 5
    } else {
      return chain;
    }
  }
}

// What would make the deployment fail is found before the order: a link in the folder's place, a
// directory that is not ours, a full disk.
core::Result<void> check_room(const core::Path& dir, const core::Path& folder) {
  constexpr std::size_t kPairAndChain = 32 * 1024;
  std::error_code error;
  if (std::filesystem::is_symlink(folder, error))
    return core::fail(
        Code::unsupported,
        fmt::format("{} is a symbolic link: keys are not written through it", folder.string()),
        "remove the link, or choose another folder with --name");
  const bool there = std::filesystem::is_directory(folder, error);
  const core::Path trial = (there ? folder : dir) / ".new-trial";
  WXSEC_TRY(core::write_file_atomic(trial, std::string(kPairAndChain, '\n'), {0600, {}}));
  std::filesystem::remove(trial, error);
  return {};
}

}  // namespace

std::string_view obtain_state_text(ObtainState state) {
  return kStates[static_cast<std::size_t>(state)];
}

std::optional<Certificate> current_leaf(const core::Path& folder) {
  const auto generation = certs::resolve_current(folder);
  if (!generation) return std::nullopt;
  const auto chain = pki::load_certificates(certs::files_in(*generation).cert);
  if (!chain) return std::nullopt;
  return chain->front();
}

bool has_its_key(const core::Path& folder, const Certificate& leaf) {
  const auto generation = certs::resolve_current(folder);
  if (!generation) return false;
  const auto key = pki::Key::load(certs::files_in(*generation).key, {});
  return key ? key->matches(leaf) : key.error().code == Code::permission;
}

bool asks_for_the_same(const Settings& a, const Settings& b) {
  return a.server == b.server && a.domains == b.domains && a.profile == b.profile &&
         a.key == b.key && a.preferred_chain == b.preferred_chain;
}

core::Result<std::vector<certs::Service>> services_of(const Issue& issue, const RunOptions& run) {
  std::vector<certs::Service> services;
  for (const std::string& how : issue.settings.reloads)
    services.push_back(WXSEC_TRY(certs::parse_reload(issue.name + "=" + how)));
  for (const std::string& where : issue.settings.verifies)
    services.push_back(
        WXSEC_TRY(certs::parse_served_at(issue.name + "=" + where, run.verify_within)));
  return services;
}

core::Result<core::FileLock> acme_lock(const core::Path& dir) {
  WXSEC_TRY(core::make_directories(dir, 0755));
  WXSEC_TRY(core::make_directories(dir / "acme", 0700));
  auto lock = core::FileLock::acquire(dir / "acme" / ".lock", kLockWait);
  if (lock || lock.error().code != Code::busy) return lock;
  return core::fail(Code::busy, fmt::format("another ACME run is under way in {}", dir.string()),
                    "wait for it; it holds " + (dir / "acme" / ".lock").string());
}

core::Result<Session> open_session(const Settings& settings, const RunOptions& run,
                                   const core::Clock& clock, const std::stop_token& stop) {
  SessionOptions options;
  options.directory_url = settings.server;
  options.exchange = run.exchange ? run.exchange : WXSEC_TRY(exchange_over_tls(settings.ca_file));
  options.deadline = core::Deadline::in(run.timeout);
  options.stop = stop;
  options.note = run.note;
  return Session::open(std::move(options), clock);
}

core::Result<Obtained> issue_and_deploy(Issue issue, const RunOptions& run, Session& session,
                                        const core::Clock& clock, const std::stop_token& stop) {
  WXSEC_TRY(check_profile(issue.settings, session.directory()));
  WXSEC_TRY(services_of(issue, run));  // a wrong --reload must not cost a certificate
  WXSEC_TRY(check_room(run.dir, folder_of(run, issue.name)));
  Account account = WXSEC_TRY(open_account(session, account_options(issue, run)));
  const bool created = account.created;
  const pki::Key key = WXSEC_TRY(key_for(issue, folder_of(run, issue.name)));
  auto chain = WXSEC_TRY(order_chain(issue, run, session, account, key));
  const certs::Pair pair{std::move(chain), key.to_pem()};
  Obtained out = WXSEC_TRY(conclude(pair, issue, run, clock, stop));
  out.new_account = created;
  return out;
}

std::optional<Obtained> deploy_pending(const Issue& issue, const RunOptions& run,
                                       const core::Clock& clock, const std::stop_token& stop) {
  const core::Path folder = folder_of(run, issue.name);
  const auto stored = load_settings(folder);
  if (!stored || stored->pending.empty() || run.force ||
      !asks_for_the_same(*stored, issue.settings))
    return std::nullopt;
  const auto generations = certs::generations_in(folder);
  if (std::find(generations.begin(), generations.end(), stored->pending) == generations.end())
    return std::nullopt;
  const certs::IdentityFiles files = certs::files_in(folder / stored->pending);
  auto chain = pki::load_certificates(files.fullchain);
  const auto key = pki::Key::load(files.key, {});
  if (!chain || !key || !check_chain(*chain, *key, issue.settings.domains, clock.now()) ||
      clock.now() >= certs::renewal_due(chain->front(), {}))
    return std::nullopt;
  if (run.note)
    run.note(fmt::format("{}: trying the certificate that could not be used before (generation {})",
                         issue.name, stored->pending));
  Issue again = issue;
  const certs::Pair pair{std::move(*chain), key->to_pem()};
  auto out = conclude(pair, again, run, clock, stop);
  if (!out) {
    Obtained failed;
    failed.name = issue.name;
    failed.folder = folder;
    failed.error = out.error();
    return failed;
  }
  out->from_pending = true;
  return std::move(*out);
}

}  // namespace wxsec::acme
