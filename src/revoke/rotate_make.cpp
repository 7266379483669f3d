#include "src/revoke/rotate_make.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "src/certs/generation.h"
#include "src/certs/generations.h"
#include "src/certs/ledger.h"
#include "src/certs/passphrase.h"
#include "src/issue/new_authority.h"

namespace wxsec::certs {
namespace {

using core::Result;

std::vector<core::Path> newer_than(const core::Path& current) {
  const std::vector<std::string> all = generations_in(current.parent_path());
  std::vector<core::Path> newer;
  const auto mine = std::find(all.begin(), all.end(), current.filename());
  for (auto at = mine; at != all.end(); ++at)
    if (at != mine) newer.push_back(current.parent_path() / *at);
  return newer;
}

// What a run left that failed before its state was written: authorities that never signed, with
// their keys. Where ca.pem knows one of them somebody took the state away, and nothing is removed.
void remove_never_used(const Layout& layout, const core::Path& root, const core::Path& issuing) {
  const auto trusted = pki::load_certificates(layout.ca());
  std::vector<core::Path> unused = newer_than(root);
  for (const core::Path& generation : unused) {
    const auto made = pki::load_certificates(files_in(generation).cert);
    const bool known = !trusted || (made && std::any_of(trusted->begin(), trusted->end(),
                                                        [&](const pki::Certificate& one) {
                                                          return one.der == made->front().der;
                                                        }));
    if (known) return;
  }
  const std::vector<core::Path> below = newer_than(issuing);
  unused.insert(unused.end(), below.begin(), below.end());
  std::error_code ignored;
  for (const core::Path& generation : unused) std::filesystem::remove_all(generation, ignored);
}

// How the old keys are kept, which is how the new ones will be.
struct OldKeys {
  bool root_encrypted = false;
  bool issuing_encrypted = false;
};

// A passphrase that fits nothing is none that a new key may be closed with: it may be a slip, or
// somebody else's variable. So it must open what is encrypted, before anything is made; step 2
// would be the first to know. Where both keys are gone nothing can tell, and it is taken at its
// word.
Result<OldKeys> look_at_keys(const RotateRun& run, const core::Path& root,
                             const core::Path& issuing) {
  const core::Path root_key = files_in(root).key;
  const core::Path issuing_key = files_in(issuing).key;
  const bool root_here = core::path_exists(root_key);
  const bool issuing_here = core::path_exists(issuing_key);
  const core::Passphrase& passphrase = run.options.ca_passphrase;
  OldKeys keys{is_key_encrypted(root_key), is_key_encrypted(issuing_key)};
  if (issuing_here) WXSEC_TRY(load_authority_key(issuing_key, passphrase));
  if (!keys.issuing_encrypted && keys.root_encrypted)
    WXSEC_TRY(load_authority_key(root_key, passphrase));
  if (!issuing_here) keys.issuing_encrypted = root_here ? keys.root_encrypted : !passphrase.empty();
  if (!root_here) keys.root_encrypted = keys.issuing_encrypted;
  if (!issuing_here)
    run.tell(fmt::format(
        "the old authority's key is not here: its revocation list stays as it is until step 3 "
        "takes it away, and no client of it can be made to knock ({})",
        issuing_key.string()));
  if (!passphrase.empty() && !keys.issuing_encrypted)
    run.tell(
        "the old key is not encrypted, and neither is the new one: the passphrase is not used");
  return keys;
}

}  // namespace

Result<void> make_new_authority(RotateRun& run) {
  const core::Path old_root = WXSEC_TRY(resolve_current(run.layout.identity("root")));
  const core::Path old_issuing = WXSEC_TRY(resolve_current(run.layout.identity("issuing")));
  remove_never_used(run.layout, old_root, old_issuing);
  const auto root = WXSEC_TRY(pki::load_certificates(files_in(old_root).cert));
  const auto issuing = WXSEC_TRY(pki::load_certificates(files_in(old_issuing).cert));
  const OldKeys keys = WXSEC_TRY(look_at_keys(run, old_root, old_issuing));
  const auto made = WXSEC_TRY(next_authority(root.front(), issuing.front(), run.now()));
  const core::Secret none;
  const core::Secret& passphrase = run.options.ca_passphrase.secret;
  const Pair root_pair =
      WXSEC_TRY(authority_pair(made.root, made.root_key, keys.root_encrypted ? passphrase : none));
  const Pair pair = WXSEC_TRY(
      authority_pair(made.issuing, made.issuing_key, keys.issuing_encrypted ? passphrase : none));
  Installer installer;
  const core::Path new_root =
      WXSEC_TRY(installer.stage(run.layout.identity("root"), root_pair, kAuthorityAccess));
  const core::Path new_issuing =
      WXSEC_TRY(installer.stage(run.layout.identity("issuing"), pair, kAuthorityAccess));
  WXSEC_TRY(installer.sync());  // not linked: nothing points at them yet
  const std::array<LedgerRow, 2> rows{
      ledger_row("root", "root", new_root, made.root, run.now()),
      ledger_row("issuing", "issuing", new_issuing, made.issuing, run.now())};
  WXSEC_TRY(record_issued(run.layout, rows));
  run.state = RotationState{RotationPhase::publishing,
                            run.now(),
                            old_root.filename().string(),
                            old_issuing.filename().string(),
                            new_root.filename().string(),
                            new_issuing.filename().string(),
                            false,
                            {}};
  run.tell(fmt::format("made {}", made.root.common_name));
  return save_rotation(run.layout, *run.state);
}

}  // namespace wxsec::certs
