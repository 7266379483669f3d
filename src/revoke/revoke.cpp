#include "src/revoke/revoke.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/shell_word.h"
#include "src/certs/crl_file.h"
#include "src/certs/crl_untold.h"
#include "src/certs/generations.h"
#include "src/certs/layout.h"
#include "src/certs/ledger.h"
#include "src/certs/left_overs.h"
#include "src/certs/successor.h"
#include "src/revoke/admission.h"
#include "src/revoke/crl_anew.h"
#include "src/revoke/holdings.h"

namespace wxsec::certs {
namespace {

constexpr std::chrono::seconds kLockWait{30};

const pki::Crl* list_for(const std::vector<pki::Crl>& lists, const Living& one) {
  const auto found = std::find_if(lists.begin(), lists.end(), [&](const pki::Crl& list) {
    return list.authority_key_id == one.issuer_key_id;
  });
  return found == lists.end() ? nullptr : &*found;
}

bool is_listed(const std::vector<pki::Crl>& lists, const Living& one) {
  const pki::Crl* const list = list_for(lists, one);
  return list != nullptr &&
         std::any_of(list->revoked.begin(), list->revoked.end(),
                     [&](const pki::Revoked& entry) { return entry.serial == one.serial; });
}

// Each on the list of the authority that signed it: during a roll-over there are two.
std::vector<Revocation> entries_for(const std::vector<Living>& all, pki::RevocationReason reason,
                                    core::Instant now) {
  std::vector<Revocation> entries;
  for (const Living& one : all) entries.push_back({one.issuer_key_id, {one.serial, now, reason}});
  return entries;
}

// Of an authority that nobody trusts any more, there is no list, and nothing to revoke; unless that
// is so for all of them.
core::Result<std::vector<Living>> revocable(const Layout& layout, const std::string& name,
                                            std::vector<Living> all,
                                            const std::vector<pki::Crl>& lists) {
  const std::size_t before = all.size();
  std::erase_if(all, [&](const Living& one) { return list_for(lists, one) == nullptr; });
  if (!all.empty() || before == 0) return all;
  return core::fail(
      core::Code::unsupported,
      fmt::format("{} was not signed by an authority of {}", name, layout.dir().string()),
      "whoever signed it must revoke it");
}

// From what is really there now.
core::Result<void> count_lists(const Layout& layout, RevokeReport& report) {
  for (const pki::Crl& list : WXSEC_TRY(read_crl_file(layout.crl()))) {
    report.total += list.revoked.size();
    if (!list.next_update) continue;
    const bool first = report.next_update == core::Instant();
    report.next_update =
        first ? *list.next_update : std::min(report.next_update, *list.next_update);
  }
  return {};
}

ServiceNote note_in(RevokeReport& report) {
  return [&report](std::string_view description) { report.told.emplace_back(description); };
}

core::Result<void> check_told(const Layout& layout, const core::Result<bool>& told) {
  if (told) return {};
  core::Error error = told.error();
  error.what = fmt::format("{} is written, but not all services were told: {}",
                           layout.crl().string(), error.what);
  error.hint = fmt::format(
      "what was revoked stays on the list; tell them: wxsec certs crl --dir {} "
      "--reload NAME=pid:N",
      core::shell_word(layout.dir().string()));
  return core::fail(std::move(error));
}

// Not under the lock: a reload that hangs must not hold up the next revocation. Where another run
// keeps the lock to the end, a failure that is noted without it is better than one forgotten.
core::Result<void> tell(const Layout& layout, const std::vector<Service>& services,
                        RevokeReport& report) {
  const Telling telling = tell_readers(layout, services, note_in(report));
  const auto lock = core::FileLock::acquire(layout.lock(), kLockWait);
  return check_told(layout, note_told(layout, telling));
}

// The revoked identity itself knocks: its key is here.
core::Result<void> prove(const RevokeOptions& options, const Layout& layout,
                         const std::stop_token& stop, RevokeReport& report) {
  const IdentityFiles files = layout.current(options.name);
  if (!core::path_exists(files.key)) {
    for (const Service& service : options.services)
      if (!service.url.empty())
        report.not_proven.push_back(
            fmt::format("{}: the key of {} is not here to knock with", service.url, options.name));
    return {};
  }
  const auto identity = WXSEC_TRY(tls::read_identity(files.fullchain, files.key));
  const std::string ca_pem = WXSEC_TRY(core::read_file(layout.ca(), pki::kMaxCertificateFile));
  for (const Service& service : options.services) {
    if (service.url.empty()) continue;
    const auto seen =
        await_admission(service, Admission::refused, identity, ca_pem, options.verify_within, stop);
    if (!seen)
      return core::fail(
          seen.error().code,
          fmt::format("{} is on the list, but not refused: {}", options.name, seen.error().what),
          fmt::format("check that the service reads {} and was told: --reload NAME=pid:N",
                      core::shell_word(layout.crl().string())));
    const std::string line = fmt::format("{}: {}", service.url, seen->words);
    if (seen->revoked) {
      report.proofs.push_back(line);
    } else if (seen->admission == Admission::refused) {
      report.not_proven.push_back(line + ", which says nothing about the revocation: INCONCLUSIVE");
    } else {
      report.not_proven.push_back(line);
    }
  }
  return {};
}

// Whether there ever was such an identity: by its folder, or by the ledger alone.
core::Result<void> check_known(const Layout& layout, const std::string& name) {
  const auto current = resolve_current(layout.identity(name));
  if (current) return {};
  auto ledger = Ledger::open_to_read(layout);
  if (ledger && WXSEC_TRY(ledger->latest_of(name))) return {};
  return core::fail(current.error());
}

// What is for the same key goes with it where that key is in other hands.
void choose_same_key(const RevokeOptions& options, const std::vector<pki::Crl>& lists,
                     const Holdings& held, std::vector<Living>& revoked, RevokeReport& report) {
  const bool too = options.reason == pki::RevocationReason::key_compromise;
  for (const Living& one : held.same_key) {
    if (list_for(lists, one) == nullptr || is_listed(lists, one)) continue;
    report.same_key.push_back({one.name, one.serial, too});
    if (too) revoked.push_back(one);
  }
  for (const Living& one : held.same_name)
    if (list_for(lists, one) != nullptr && !is_listed(lists, one))
      report.same_name.push_back(one.name);
}

void tell_shared(const Layout& layout, const std::vector<pki::Crl>& lists, const Holdings& held,
                 const std::vector<Living>& revoked, RevokeReport& report) {
  for (const Living& one : held.shared) {
    const bool now = std::any_of(revoked.begin(), revoked.end(),
                                 [&](const Living& other) { return other.serial == one.serial; });
    if (now || is_listed(lists, one))
      report.shared.push_back({one.name, one.serial, profile_name_of(layout, one.name)});
  }
}

core::Result<void> check_listed(const Layout& layout, const std::vector<Living>& revoked) {
  const auto after = WXSEC_TRY(lists_of(layout));
  for (const Living& one : revoked)
    if (!is_listed(after, one))
      return core::fail(
          core::Code::unsupported,
          fmt::format("{} could not be put on the list: the key of its authority is not here",
                      one.serial),
          "bring back the authority's key");
  return {};
}

// A list that is damaged is one that got lost.
core::Result<std::vector<pki::Crl>> lists_before(const Layout& layout) {
  auto lists = lists_of(layout);
  if (lists || !is_none(lists.error())) return lists;
  core::Error error = lists.error();
  error.hint = lost_list_hint(layout.dir());
  return core::fail(std::move(error));
}

// Trouble that must not hold up what goes without it, nor the services' being told.
struct Trouble {
  core::Result<void> ledger = {};    // of looking into it
  core::Result<void> unlisted = {};  // one that could not be put on its list
};

// What is on no list is in force, which is the worse of the two and goes first.
core::Result<void> listed_and_told(const core::Result<void>& listed,
                                   const core::Result<void>& told) {
  std::optional<core::Error> failed;
  if (!listed) add_failure(failed, listed.error());
  if (!told) add_failure(failed, told.error());
  if (failed) return core::fail(*std::move(failed));
  return {};
}

core::Result<RevokeReport> put_on_list(const RevokeOptions& options, const Layout& layout,
                                       core::Instant now, Trouble& trouble) {
  const auto lock = WXSEC_TRY(core::FileLock::acquire(layout.lock(), kLockWait));
  remove_left_overs(layout);
  const auto before = WXSEC_TRY(lists_before(layout));
  Holdings held = holdings_of(layout, options.name, now);
  trouble.ledger = held.ledger;
  auto revoked = WXSEC_TRY(revocable(layout, options.name, std::move(held.own), before));
  RevokeReport report;
  report.already =
      std::erase_if(revoked, [&](const Living& one) { return is_listed(before, one); });
  for (const Living& one : revoked) report.serials.push_back(one.serial);
  choose_same_key(options, before, held, revoked, report);
  tell_shared(layout, before, held, revoked, report);
  WXSEC_TRY(
      renew_lists(layout, options.ca_passphrase, entries_for(revoked, options.reason, now), now));
  trouble.unlisted = check_listed(layout, revoked);
  WXSEC_TRY(count_lists(layout, report));
  return report;
}

}  // namespace

core::Result<RevokeReport> revoke(const RevokeOptions& options, const core::Clock& clock,
                                  const std::stop_token& stop) {
  WXSEC_TRY(check_identity_name(options.name));
  if (options.name == "root" || options.name == "issuing")
    return core::fail(core::Code::usage, "an authority does not revoke itself",
                      "have a new one take over: wxsec certs rotate-ca");
  const Layout layout(options.dir);
  WXSEC_TRY(check_known(layout, options.name));
  WXSEC_TRY(check_service_names(options.services, layout));
  const core::Instant now = std::chrono::floor<std::chrono::seconds>(clock.now());
  Trouble trouble;
  RevokeReport report = WXSEC_TRY(put_on_list(options, layout, now, trouble));
  const auto noted = note_lists(layout);  // a ledger in trouble must not hold up the services
  WXSEC_TRY(listed_and_told(trouble.unlisted, tell(layout, options.services, report)));
  WXSEC_TRY(prove(options, layout, stop, report));
  WXSEC_TRY(trouble.ledger);
  WXSEC_TRY(noted);
  return report;
}

core::Result<RevokeReport> refresh_list(const RevokeOptions& options, const core::Clock& clock) {
  const Layout layout(options.dir);
  WXSEC_TRY(check_service_names(options.services, layout));
  const auto lock = WXSEC_TRY(core::FileLock::acquire(layout.lock(), kLockWait));
  const core::Instant now = std::chrono::floor<std::chrono::seconds>(clock.now());
  RevokeReport report;
  if (options.if_lost == IfLost::begin_anew) {
    report.restored = WXSEC_TRY(begin_lists_anew(layout, options.ca_passphrase, now));
  } else {
    WXSEC_TRY(lists_before(layout));
    WXSEC_TRY(renew_lists(layout, options.ca_passphrase, {}, now));
  }
  WXSEC_TRY(note_lists(layout));
  WXSEC_TRY(count_lists(layout, report));
  WXSEC_TRY(check_told(layout, tell_of_list(layout, options.services, note_in(report))));
  return report;
}

}  // namespace wxsec::certs
