// Two things about the new list have to surpass the lost one, which others may still hold: its
// number, which must never go back (RFC 5280 5.2.3), and its beginning, since OpenSSL takes of two
// lists the one that began later. Nobody knows that number any more; but no list was renewed once a
// second for half a century, so the seconds since 1970 are more. And it begins now, not a few
// minutes ago like other lists.
//
// A root's list is replaced also where one is there that ends before the authority below it does:
// no renewal of ours signs it again, see root_list.h.
#include "src/revoke/crl_anew.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/escape.h"
#include "src/certs/authority.h"
#include "src/certs/crl_file.h"
#include "src/certs/crl_untold.h"
#include "src/certs/generations.h"
#include "src/certs/ledger.h"
#include "src/certs/root_list.h"

namespace wxsec::certs {
namespace {

struct Run {
  const Layout& layout;
  const core::Passphrase& passphrase;
  core::Instant now;
  std::vector<pki::Certificate> roots;  // those that are trusted
  std::vector<pki::Crl> lists;
  std::optional<Ledger> ledger;
  std::size_t restored = 0;
  std::size_t made = 0;
  std::optional<RootList> root_away = {};  // it should sign, and its key is not here
};

bool has_list(const Run& run, const pki::Certificate& authority) {
  return std::any_of(run.lists.begin(), run.lists.end(),
                     [&](const pki::Crl& list) { return is_by(list, authority); });
}

// Below one of the trusted roots, or one of them.
bool is_trusted(const Run& run, const pki::Certificate& authority) {
  return std::any_of(run.roots.begin(), run.roots.end(), [&](const pki::Certificate& root) {
    return root.der == authority.der || root.subject_key_id == authority.authority_key_id;
  });
}

core::Result<std::vector<pki::Revoked>> known_of(Run& run, const pki::Certificate& authority) {
  if (!run.ledger) return std::vector<pki::Revoked>();
  return run.ledger->revoked_by(authority.subject_key_id);
}

std::uint64_t number_of(const Run& run) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(run.now.time_since_epoch());
  return static_cast<std::uint64_t>(seconds.count());
}

void add(Run& run, pki::Crl list) {
  run.restored += list.revoked.size();
  ++run.made;
  run.lists.push_back(std::move(list));
}

core::Result<void> make_list(Run& run, const pki::Certificate& authority, const pki::Key& key) {
  const auto revoked = WXSEC_TRY(known_of(run, authority));
  const auto issuer = WXSEC_TRY(pki::Issuer::create(authority, key));
  const core::Instant end = std::min(run.now + kCrlLifetime, authority.not_after);
  add(run, WXSEC_TRY(issuer.issue_crl(revoked, number_of(run), run.now, end)));
  return {};
}

// What the old list holds is kept: somebody may have put it there by hand.
void take_out_old(Run& run, const pki::Certificate& root, std::vector<pki::Revoked>& revoked) {
  for (const pki::Crl& old : run.lists) {
    if (!is_by(old, root)) continue;
    for (const pki::Revoked& entry : old.revoked)
      if (std::none_of(revoked.begin(), revoked.end(),
                       [&](const pki::Revoked& one) { return one.serial == entry.serial; }))
        revoked.push_back(entry);
  }
  std::erase_if(run.lists, [&](const pki::Crl& old) { return is_by(old, root); });
}

core::Result<void> make_root_list(Run& run, const RootList& list) {
  auto revoked = WXSEC_TRY(known_of(run, list.root));
  const pki::Key key = WXSEC_TRY(load_authority_key(list.key, run.passphrase));
  const auto root = WXSEC_TRY(pki::Issuer::create(list.root, key));
  take_out_old(run, list.root, revoked);
  add(run, WXSEC_TRY(sign_root_list(root, revoked, number_of(run), run.now, list.issuing)));
  return {};
}

// A root's key is kept away by whoever is careful: that holds up nothing else.
core::Result<void> make_root_lists(Run& run) {
  for (const RootList& list : WXSEC_TRY(root_lists(run.layout, run.lists, run.now))) {
    if (list.state == RootListState::good || list.issuing.not_after <= run.now) continue;
    if (core::path_exists(list.key)) {
      WXSEC_TRY(make_root_list(run, list));
    } else {
      run.root_away = list;
    }
  }
  return {};
}

core::Error nothing_made(const Run& run) {
  if (!run.root_away)
    return {
        core::Code::exists,
        fmt::format("{} is complete: there is nothing to begin anew", run.layout.crl().string()),
        "leave out --begin-anew to sign it for a further 90 days"};
  return {core::Code::not_found,
          fmt::format("the list of {} is to be signed, and the key of that root is not here",
                      core::escape_terminal(run.root_away->root.common_name)),
          root_list_hint(run.layout, *run.root_away)};
}

// The lists that are missing of the issuing authorities. A key that is not here is a failure where
// the authority signs today; older ones are cleared away.
core::Result<void> make_issuing_lists(Run& run) {
  const core::Path folder = run.layout.identity("issuing");
  const core::Path current = WXSEC_TRY(resolve_current(folder));
  for (const std::string& generation : generations_in(folder)) {
    const IdentityFiles files = files_in(folder / generation);
    const auto found = pki::load_certificates(files.cert);
    if (!found || !is_trusted(run, found->front()) || has_list(run, found->front())) continue;
    const bool signs_today = folder / generation == current;
    if (!signs_today && !core::path_exists(files.key)) continue;
    const pki::Key key = WXSEC_TRY(load_authority_key(files.key, run.passphrase));
    WXSEC_TRY(make_list(run, found->front(), key));
  }
  return {};
}

struct Present {
  std::vector<pki::Crl> lists;
  bool damaged = false;
};

// Nothing of a damaged file is trusted: half of it may be an older half.
core::Result<Present> lists_there(const Layout& layout) {
  if (!core::path_exists(layout.crl())) return Present{};
  auto lists = read_crl_file(layout.crl());
  if (lists) return Present{std::move(*lists)};
  if (is_none(lists.error())) return Present{{}, true};
  return core::fail(lists.error());
}

core::Result<void> move_aside(const core::Path& file) {
  core::Path aside = file;
  aside += ".broken";
  std::error_code error;
  std::filesystem::rename(file, aside, error);
  if (!error) return {};
  return core::fail(core::system_error(error.value(), "move aside", file));
}

core::Result<std::optional<Ledger>> ledger_of(const Layout& layout) {
  auto ledger = Ledger::open_to_read(layout);
  if (ledger) return std::optional<Ledger>(std::move(*ledger));
  if (ledger.error().code == core::Code::not_found) return std::optional<Ledger>();
  return core::fail(ledger.error());
}

}  // namespace

bool is_none(const core::Error& error) {
  return error.code == core::Code::malformed || error.code == core::Code::not_found;
}

core::Result<std::size_t> begin_lists_anew(const Layout& layout, const core::Passphrase& passphrase,
                                           core::Instant now) {
  auto roots = WXSEC_TRY(pki::load_certificates(layout.ca()));
  Present present = WXSEC_TRY(lists_there(layout));
  auto ledger = WXSEC_TRY(ledger_of(layout));
  Run run{layout, passphrase, now, std::move(roots), std::move(present.lists), std::move(ledger)};
  WXSEC_TRY(make_issuing_lists(run));
  WXSEC_TRY(make_root_lists(run));
  if (run.made == 0) return core::fail(nothing_made(run));
  if (present.damaged) WXSEC_TRY(move_aside(layout.crl()));
  WXSEC_TRY(note_list_untold(layout));
  WXSEC_TRY(write_crl_file(layout.crl(), run.lists));
  return run.restored;
}

}  // namespace wxsec::certs
