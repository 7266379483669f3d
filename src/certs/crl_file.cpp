// DIR/crl.pem holds one list for each authority that is trusted: the issuing one's first, then the
// root's, and during a roll-over those of the new authorities behind them.
//
// A running Mosquitto adds a list that it reads again to those it has, and OpenSSL takes the one
// with the later thisUpdate. Two lists of the same second would leave the older one in force, so
// each list begins a second after the one it replaces at the earliest.
#include "src/certs/crl_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "lib/core/escape.h"
#include "lib/core/shell_word.h"
#include "src/certs/authority.h"
#include "src/certs/backdate.h"
#include "src/certs/crl_untold.h"
#include "src/certs/forgotten.h"
#include "src/certs/generations.h"
#include "src/certs/ledger.h"
#include "src/certs/linked.h"
#include "src/certs/threshold.h"

namespace wxsec::certs {
namespace {

constexpr std::size_t kMaxCrlFile = 64 * 1024 * 1024;

std::uint64_t number_of(const pki::Crl& list) {
  std::uint64_t number = 0;
  std::from_chars(list.number.data(), list.number.data() + list.number.size(), number, 16);
  return number;
}

core::Result<pki::Crl> sign(const pki::Issuer& issuer, const std::vector<pki::Revoked>& revoked,
                            std::uint64_t number, core::Instant from, core::Instant now) {
  const core::Instant end = std::min(now + kCrlLifetime, issuer.certificate().not_after);
  return issuer.issue_crl(revoked, number, from, end);
}

bool holds(const std::vector<pki::Revoked>& list, const pki::Revoked& entry) {
  return std::any_of(list.begin(), list.end(),
                     [&](const pki::Revoked& other) { return other.serial == entry.serial; });
}

bool is_listed(const std::vector<pki::Crl>& lists, const pki::Certificate& authority) {
  return std::any_of(lists.begin(), lists.end(),
                     [&](const pki::Crl& list) { return is_by(list, authority); });
}

// The list that takes `old`'s place.
core::Result<pki::Crl> successor(const pki::Crl& old, const pki::Issuer& issuer,
                                 const std::vector<pki::Revoked>& more, core::Instant now) {
  std::vector<pki::Revoked> revoked = old.revoked;
  for (const pki::Revoked& entry : more)
    if (!holds(revoked, entry)) revoked.push_back(entry);
  const core::Instant from =
      std::min(now, std::max(now - kBackdate, old.this_update + std::chrono::seconds(1)));
  return sign(issuer, revoked, number_of(old) + 1, from, now);
}

struct Signers {
  std::vector<pki::Issuer> here;
  std::vector<std::string> without_key;  // their names
};

// The issuing authorities that have a list, oldest first: those whose certificates count. A key
// that is not here holds up its own list alone: during a roll-over the other one must go on.
core::Result<Signers> listed_issuers(const Layout& layout, const std::vector<pki::Crl>& lists,
                                     const core::Passphrase& passphrase) {
  const core::Path folder = layout.identity("issuing");
  Signers found;
  std::optional<core::Error> missing;
  for (const std::string& name : generations_in(folder)) {
    const IdentityFiles files = files_in(folder / name);
    const auto certificate = pki::load_certificates(files.cert);
    if (!certificate || !is_listed(lists, certificate->front())) continue;
    const auto key = load_authority_key(files.key, passphrase);
    if (!key && key.error().code != core::Code::not_found) return core::fail(key.error());
    if (key) {
      found.here.push_back(WXSEC_TRY(pki::Issuer::create(certificate->front(), *key)));
    } else {
      found.without_key.push_back(certificate->front().common_name);
      missing = key.error();
    }
  }
  if (!found.here.empty() || !missing) return found;
  missing->hint = lost_key_hint(layout);
  return core::fail(*std::move(missing));
}

// A list ends with its authority at the latest; one that does so already gains nothing.
bool is_due(const pki::Crl& list, const pki::Certificate& authority, core::Instant now) {
  if (!list.next_update || *list.next_update >= authority.not_after) return false;
  pki::Certificate window;
  window.not_before = list.this_update;
  window.not_after = *list.next_update;
  return now >= due_at(window, {});
}

}  // namespace

bool is_by(const pki::Crl& list, const pki::Certificate& authority) {
  return list.authority_key_id == authority.subject_key_id;
}

core::Result<pki::Crl> fresh_crl(const pki::Issuer& issuer,
                                 const std::vector<pki::Revoked>& revoked, std::uint64_t number,
                                 core::Instant now) {
  return sign(issuer, revoked, number, now - kBackdate, now);
}

core::Result<void> write_crl_file(const core::Path& path, const std::vector<pki::Crl>& lists) {
  WXSEC_TRY(check_not_linked(path));
  std::string text;
  for (const pki::Crl& list : lists) text += pki::to_pem(list);
  return core::write_file_atomic(path, text, {});
}

core::Result<std::vector<pki::Crl>> read_crl_file(const core::Path& path) {
  const std::string text = WXSEC_TRY(core::read_file(path, kMaxCrlFile));
  auto lists = pki::parse_crls(text);
  if (!lists) return core::fail(core::with_context(lists.error(), path.string()));
  return lists;
}

std::string lost_list_hint(const core::Path& dir) {
  return fmt::format(
      "bring it back from a backup; without one, begin it anew with the revocations that the "
      "ledger knows: wxsec certs crl --dir {} --begin-anew",
      core::shell_word(dir.string()));
}

core::Result<std::vector<pki::Crl>> lists_of(const Layout& layout) {
  if (!core::path_exists(layout.crl()))
    return core::fail(
        core::Code::not_found,
        fmt::format("{} is missing, and with it who was revoked", layout.crl().string()),
        lost_list_hint(layout.dir()));
  auto lists = WXSEC_TRY(read_crl_file(layout.crl()));
  const auto issuing = WXSEC_TRY(pki::load_certificates(layout.issuing().cert));
  if (!is_listed(lists, issuing.front()))
    return core::fail(
        core::Code::not_found,
        fmt::format("{} has no list of {}, and with it who was revoked", layout.crl().string(),
                    core::escape_terminal(issuing.front().common_name)),
        lost_list_hint(layout.dir()));
  return lists;
}

core::Result<NextLists> next_lists(const Layout& layout, const core::Passphrase& passphrase,
                                   std::span<const Revocation> more, core::Instant now) {
  auto lists = WXSEC_TRY(lists_of(layout));
  auto known = forgotten_by(layout, lists);  // a damaged ledger must not hold up a revocation
  auto forgotten = std::move(known).value_or(std::map<std::string, std::vector<pki::Revoked>>());
  Signers signers = WXSEC_TRY(listed_issuers(layout, lists, passphrase));
  for (const pki::Issuer& issuer : signers.here) {
    std::vector<pki::Revoked> theirs = std::move(forgotten[issuer.certificate().subject_key_id]);
    for (const Revocation& revocation : more)
      if (revocation.issuer_key_id == issuer.certificate().subject_key_id)
        theirs.push_back(revocation.entry);
    for (pki::Crl& list : lists)
      if (is_by(list, issuer.certificate())) list = WXSEC_TRY(successor(list, issuer, theirs, now));
  }
  return NextLists{std::move(lists), std::move(signers.without_key)};
}

core::Result<void> renew_lists(const Layout& layout, const core::Passphrase& passphrase,
                               std::span<const Revocation> more, core::Instant now) {
  const auto next = WXSEC_TRY(next_lists(layout, passphrase, more, now));
  WXSEC_TRY(note_list_untold(layout));
  return write_crl_file(layout.crl(), next.lists);
}

core::Result<void> note_lists(const Layout& layout) {
  const auto lists = WXSEC_TRY(read_crl_file(layout.crl()));
  if (std::all_of(lists.begin(), lists.end(),
                  [](const pki::Crl& list) { return list.revoked.empty(); }))
    return {};
  Ledger ledger = WXSEC_TRY(Ledger::open(layout));
  for (const pki::Crl& list : lists)
    WXSEC_TRY(ledger.note_revoked(list.authority_key_id, list.revoked));
  return {};
}

core::Result<DueLists> due_lists(const Layout& layout, core::Instant now) {
  DueLists due;
  if (!core::path_exists(layout.crl())) return due;
  const auto lists = WXSEC_TRY(read_crl_file(layout.crl()));
  const core::Path folder = layout.identity("issuing");
  for (const std::string& name : generations_in(folder)) {
    const IdentityFiles files = files_in(folder / name);
    const auto authority = pki::load_certificates(files.cert);
    if (!authority) continue;
    for (const pki::Crl& list : lists) {
      if (!is_by(list, authority->front()) || !is_due(list, authority->front(), now)) continue;
      if (core::path_exists(files.key)) {
        due.any = true;
      } else {
        due.without_key.push_back(authority->front().common_name);
      }
    }
  }
  return due;
}

}  // namespace wxsec::certs
