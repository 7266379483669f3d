// One identity from its settings to the certificate in use: account, order, proof, then a new
// generation, checked, swapped in, reloaded and proven by a handshake. What obtain and renew share.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "src/acme/account.h"
#include "src/acme/settings.h"
#include "src/certs/layout.h"
#include "src/renew/deploy.h"

namespace wxsec::acme {

// What a run has of its surroundings.
struct RunOptions {
  core::Path dir = "certs";
  std::chrono::milliseconds timeout = std::chrono::minutes(5);  // with the server, in all
  std::chrono::milliseconds verify_within = std::chrono::seconds(5);
  bool force = false;  // due or not, and without trying a pending one again
  std::function<void(std::string_view)> note = {};  // what is waited for; may be empty
  // As things happen; may be empty.
  std::function<void(std::string_view name, certs::DeployStep step, std::string_view detail)>
      on_step = {};
  Exchange exchange = {};  // instead of TLS with the settings' ca_file; for tests
};

enum class ObtainState { kept, obtained, rolled_back, failed };
std::string_view obtain_state_text(ObtainState state);  // "rolled-back"

struct Obtained {
  std::string name = {};
  ObtainState state = ObtainState::failed;
  core::Path folder = {};
  std::string old_serial = {};                       // "" for the first one
  std::optional<pki::Certificate> certificate = {};  // what is current now
  bool from_pending = false;  // one that had been issued before and could not be used then
  bool new_account = false;
  std::optional<core::Error> error = {};  // of rolled_back and failed
};

// Orders what `settings` say, and puts it to use. The caller holds
// acme_lock().
struct Issue {
  std::string name = {};
  Settings settings = {};
  std::optional<pki::Certificate> old = {};  // for `replaces`; nothing for the first one
  certs::Access access = {};
  bool agree_to_terms = false;
  const ExternalAccount* external = nullptr;
};
core::Result<Obtained> issue_and_deploy(Issue issue, const RunOptions& run, Session& session,
                                        const core::Clock& clock, const std::stop_token& stop);

// Puts the pending generation to use, without the server. Nothing where there is none that is good
// for `settings` and still worth it.
std::optional<Obtained> deploy_pending(const Issue& issue, const RunOptions& run,
                                       const core::Clock& clock, const std::stop_token& stop);

core::Result<Session> open_session(const Settings& settings, const RunOptions& run,
                                   const core::Clock& clock, const std::stop_token& stop);

// One conversation per directory at a time: DIR/acme/.lock. Fails with busy.
core::Result<core::FileLock> acme_lock(const core::Path& dir);

// The leaf that is current in `folder`; nothing where none is, or none that can be read.
std::optional<pki::Certificate> current_leaf(const core::Path& folder);

// Whether the key of `leaf` lies in `folder`, where it is current. One that may not be read by us
// is taken for it.
bool has_its_key(const core::Path& folder, const pki::Certificate& leaf);

// Whether the two ask for the same certificate; the other settings are about its renewal alone.
bool asks_for_the_same(const Settings& a, const Settings& b);

// What --reload and --verify name. Fails with usage.
core::Result<std::vector<certs::Service>> services_of(const Issue& issue, const RunOptions& run);

}  // namespace wxsec::acme
