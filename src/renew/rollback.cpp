#include "src/renew/rollback.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/shell_word.h"
#include "lib/core/time.h"
#include "lib/pki/key.h"
#include "src/certs/generations.h"
#include "src/certs/key_access.h"
#include "src/certs/layout.h"
#include "src/certs/ledger.h"
#include "src/certs/revoked_here.h"
#include "src/certs/successor.h"
#include "src/look/examine.h"

namespace wxsec::certs {
namespace {

constexpr std::chrono::seconds kLockWait{30};

// Also where the folder of the authority that made it was taken away.
bool is_recorded(const pki::Certificate& leaf, const Layout& layout) {
  auto ledger = Ledger::open_to_read(layout);
  if (!ledger) return false;
  const auto row = ledger->find(leaf.serial);
  return row && *row;
}

// Whether the directory's ca.pem still leads to it: after a roll-over nobody takes what the old
// authority made. What others issued is trusted by others.
core::Result<bool> is_trusted(const Layout& layout, const core::Path& generation,
                              core::Instant now) {
  const auto chain = WXSEC_TRY(pki::load_certificates(files_in(generation).fullchain));
  if (!is_ours(chain.front(), layout) && !is_recorded(chain.front(), layout)) return true;
  Trust trust = WXSEC_TRY(load_trust(layout.ca(), {}));  // a damaged list is another matter
  return !is_stranger(judge(chain, trust, std::nullopt, now).reason);
}

// "" where there is none before the current one. One that cannot be read is told of, not passed
// over.
std::string generation_before(const Layout& layout, const core::Path& folder,
                              const core::Path& current, core::Instant now) {
  std::string before;
  for (const std::string& candidate : generations_in(folder)) {
    if (candidate == current.filename()) break;
    if (!rolled_back(folder / candidate) &&
        is_trusted(layout, folder / candidate, now).value_or(true))
      before = candidate;
  }
  return before;
}

// No renewal lets in again who was revoked.
bool is_revoked(const Layout& layout, const core::Path& folder) {
  const auto leaf = pki::load_certificates(files_in(folder / "current").cert);
  return leaf && RevokedHere::load_readable(layout).has(leaf->front());
}

std::string make_a_new_one(const Layout& layout, const core::Path& folder) {
  const std::string name = folder.filename().string();
  const auto leaf = pki::load_certificates(files_in(folder / "current").cert);
  if (leaf && !is_ours(leaf->front(), layout))
    return "get a new one from where it was issued; then: wxsec certs import";
  if (is_revoked(layout, folder))
    return fmt::format(
        "make a new one instead: wxsec certs issue --dir {} --profile {} --replace {}",
        core::shell_word(layout.dir().string()), profile_name_of(layout, name), name);
  return fmt::format("make a new one instead: wxsec certs renew --dir {} --force {}",
                     core::shell_word(layout.dir().string()), name);
}

core::Result<void> check_pair(const core::Path& generation) {
  const IdentityFiles files = files_in(generation);
  const auto chain = WXSEC_TRY(pki::load_certificates(files.cert));
  if (!core::path_exists(files.key)) return {};  // its holder keeps it, see sign.h
  const pki::Key key = WXSEC_TRY(pki::Key::load(files.key, {}));
  if (key.matches(chain.front())) return {};
  return core::fail(core::Code::crypto,
                    fmt::format("key and certificate of generation {} do not match",
                                generation.filename().string()));
}

// Back to what nobody takes would be an outage with another name.
core::Result<void> check_usable(const Layout& layout, const core::Path& generation,
                                core::Instant now) {
  const auto chain = WXSEC_TRY(pki::load_certificates(files_in(generation).cert));
  const pki::Certificate& leaf = chain.front();
  std::string why;
  if (now >= leaf.not_after) {
    why = fmt::format("expired at {}", core::rfc3339(leaf.not_after));
  } else if (RevokedHere::load_readable(layout).has(leaf)) {
    why = "was revoked";
  } else if (!WXSEC_TRY(is_trusted(layout, generation, now))) {
    why = fmt::format("is of an authority that {} does not trust any more", layout.ca().string());
  }
  if (why.empty()) return {};
  return core::fail(core::Code::usage,
                    fmt::format("generation {} {}", generation.filename().string(), why),
                    make_a_new_one(layout, generation.parent_path()));
}

core::Result<void> check_not_failed(const core::Path& generation) {
  if (rolled_back(generation) != RolledBack::by_failure) return {};
  return core::fail(core::Code::usage,
                    fmt::format("generation {} was itself rolled back: its service did not take it",
                                generation.filename().string()),
                    "leave the generation out to go to the last one that was good");
}

}  // namespace

core::Result<std::string> rollback(const core::Path& dir, std::string_view name,
                                   std::string_view generation, core::Instant now) {
  const Layout layout(dir);
  WXSEC_TRY(check_identity_name(name));
  if (name == "root" || name == "issuing")
    return core::fail(core::Code::usage, fmt::format("'{}' is an authority", name),
                      "a roll-over of the authority is 'wxsec certs rotate-ca'");
  const core::Path folder = layout.identity(name);
  WXSEC_TRY(resolve_current(folder));
  const auto lock = WXSEC_TRY(core::FileLock::acquire(layout.lock(), kLockWait));
  const core::Path current = WXSEC_TRY(resolve_current(folder));
  const std::string target = generation.empty() ? generation_before(layout, folder, current, now)
                                                : std::string(generation);
  if (target.empty())
    return core::fail(core::Code::not_found,
                      fmt::format("{} has no generation before {} that could be used", name,
                                  current.filename().string()),
                      make_a_new_one(layout, folder));
  const auto all = generations_in(folder);
  if (std::find(all.begin(), all.end(), target) == all.end())
    return core::fail(core::Code::not_found, fmt::format("{} has no generation {}", name, target));
  WXSEC_TRY(check_not_failed(folder / target));
  WXSEC_TRY(check_pair(folder / target));
  WXSEC_TRY(check_usable(layout, folder / target, now));
  // Who reads the one must read the other. Where the right to see to that is lacking, the old key
  // is as it was when it was in use: no reason to stay with a pair that does not work.
  static_cast<void>(hand_on_access(folder, current.filename().string(), target));
  WXSEC_TRY(core::swap_symlink(target, folder / "current"));
  clear_rolled_back(folder / target);
  // One that is not there needs no mark: nothing goes back to it.
  if (target != current.filename() && core::path_exists(current))
    WXSEC_TRY(mark_rolled_back(current, RolledBack::by_hand));
  return target;
}

}  // namespace wxsec::certs
