// Driving the real certbot: the command that sets it up for broker and API with `wxsec certs acme
// hook` as its deploy hook, the renewal that notices a failed hook, and the mending of what certbot
// 2.1 gets wrong.
#pragma once

#include <chrono>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "src/acme/hook.h"

namespace wxsec::acme {

struct CertbotDirs {  // certbot's own defaults where empty
  core::Path config = {};
  core::Path work = {};
  core::Path logs = {};
  core::Path config_or_default() const;  // /etc/letsencrypt
};

struct CertbotOptions {
  std::vector<std::string> domains = {};
  std::string server = {};  // directory URL; empty: certbot's default, which is Let's Encrypt
  core::Path ca_file = {};  // who vouches for the server; empty: the system
  core::Path webroot = {};  // empty: standalone
  std::uint16_t http_port = 80;
  std::string http_address = {};
  std::string email = {};
  bool agree_to_terms = false;
  std::string key_type = "ecdsa";
  CertbotDirs dirs = {};
  core::Path program = {};  // wxsec itself, absolute, for the hook
  // What the hook of a new lineage will do; those that are there keep the one that certbot stored.
  HookOptions hook = {};
};

// Words of a command, and what it needs in its environment.
struct Command {
  std::vector<std::string> words = {};
  std::map<std::string, std::string> environment = {};
  // One line for a shell.
  std::string shell() const;
};

struct CertbotPlan {
  std::string name = {};  // the lineage's
  std::string hook = {};  // the shell line that certbot stores and calls
  Command issue = {};
  Command renew = {};
  Command rehearse = {};  // --dry-run, at the server that issued
  Command attend = {};    // our own --renew, with all that it has to know
  Command status = {};    // our own look at how the hooks ended
};

// Fails with usage: no domain, a wildcard, a program path with a space (certbot splits there).
core::Result<CertbotPlan> plan_certbot(const CertbotOptions& options);

// The renewal of all that certbot has; needs no domains.
Command certbot_renewal(const CertbotOptions& options);

// `wxsec certs acme certbot TASK`, with what is not as usual: directories, server, hook.
Command own_command(const CertbotOptions& options, const std::string& task);

// One repair that was made or found.
struct Repair {
  std::string trap;  // what certbot does
  std::string done;  // what was done about it
};

struct CertbotOutcome {
  std::vector<Repair> repairs = {};
  // Of all lineages with a hook, and of what else was deployed to the hook's directory.
  std::vector<HookStatus> statuses = {};
  std::vector<std::string> hookless = {};  // lineages of which certbot tells nobody
  std::string output = {};                 // certbot's, its last part; untrusted
  bool ok() const;
};

enum class CertbotTask { issue, renew, force_renewal, repair };

// Runs certbot (not for `repair`), then mends, then looks whether what it has is what is in use; a
// lineage whose hook failed or was not run gets the hook that certbot stored run once more. Fails:
// missing_program, child_failed (with certbot's last lines), timeout, io.
core::Result<CertbotOutcome> run_certbot(const CertbotOptions& options, CertbotTask task,
                                         const core::Clock& clock, const std::stop_token& stop);

// Sets renew_before_expiry in CONFIG/renewal/NAME.conf to what suits the lifetime: a third of it,
// or half below ten days. certbot's fixed 30 days renew a six-day certificate at every run. Returns
// the repair where one was needed. Fails: not_found, permission, malformed.
core::Result<std::vector<Repair>> mend_renewal(const core::Path& config, const std::string& name);

// `text` with the top-level key `renew_before_expiry` set to `value`; the same text if it was.
std::string with_renew_before(std::string_view text, std::string_view value);

}  // namespace wxsec::acme
