#include "src/certs/root_list.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/escape.h"
#include "lib/core/shell_word.h"
#include "lib/core/time.h"
#include "src/certs/crl_file.h"
#include "src/certs/generations.h"

namespace wxsec::certs {
namespace {

bool holds(const std::vector<pki::Certificate>& all, const pki::Certificate& wanted) {
  return std::any_of(all.begin(), all.end(),
                     [&](const pki::Certificate& one) { return one.der == wanted.der; });
}

std::optional<pki::Certificate> last_below(const Layout& layout, const pki::Certificate& root) {
  const core::Path folder = layout.identity("issuing");
  std::optional<pki::Certificate> last;
  for (const std::string& generation : generations_in(folder)) {
    const auto found = pki::load_certificates(files_in(folder / generation).cert);
    if (!found || found->front().authority_key_id != root.subject_key_id) continue;
    if (!last || last->not_after < found->front().not_after) last = found->front();
  }
  return last;
}

// Of the authority that signs today. Of another one whose authorities have ended, after a
// roll-over, nothing is to be checked any more.
bool is_above_signer(const Layout& layout, const pki::Certificate& root) {
  const auto signer = pki::load_certificates(layout.issuing().cert);
  return signer && signer->front().authority_key_id == root.subject_key_id;
}

void look_up(const std::vector<pki::Crl>& lists, core::Instant now, RootList& list) {
  const auto found = std::find_if(lists.begin(), lists.end(),
                                  [&](const pki::Crl& one) { return is_by(one, list.root); });
  if (found == lists.end()) return;
  list.state = RootListState::good;
  list.until = found->next_update;
  if (!list.until) return;
  const core::Instant end = std::min(list.issuing.not_after, list.root.not_after);
  if (*list.until < end) list.state = RootListState::ends_early;
  if (*list.until <= now) list.state = RootListState::ran_out;
}

}  // namespace

core::Result<pki::Crl> sign_root_list(const pki::Issuer& root,
                                      const std::vector<pki::Revoked>& revoked,
                                      std::uint64_t number, core::Instant from,
                                      const pki::Certificate& issuing) {
  const core::Instant end = std::min(issuing.not_after, root.certificate().not_after);
  return root.issue_crl(revoked, number, from, end);
}

core::Result<std::vector<RootList>> root_lists(const Layout& layout,
                                               const std::vector<pki::Crl>& lists,
                                               core::Instant now) {
  const auto trusted = WXSEC_TRY(pki::load_certificates(layout.ca()));
  const core::Path folder = layout.identity("root");
  std::vector<RootList> all;
  for (const std::string& generation : generations_in(folder)) {
    const IdentityFiles files = files_in(folder / generation);
    const auto root = pki::load_certificates(files.cert);
    if (!root || !holds(trusted, root->front())) continue;
    auto issuing = last_below(layout, root->front());
    if (!issuing || (issuing->not_after <= now && !is_above_signer(layout, root->front())))
      continue;
    RootList list{root->front(), std::move(*issuing), files.key};
    look_up(lists, now, list);
    all.push_back(std::move(list));
  }
  return all;
}

std::string root_list_trouble(const Layout& layout, const RootList& list) {
  const std::string name = core::escape_terminal(list.root.common_name);
  constexpr std::string_view kConsequence =
      "whoever checks the whole chain (nginx, openssl -crl_check_all) refuses everybody";
  if (list.state == RootListState::missing)
    return fmt::format("{} has no list of {}: {}", layout.crl().string(), name, kConsequence);
  if (list.state == RootListState::ran_out)
    return fmt::format("in {} the list of {} ran out at {}: {}", layout.crl().string(), name,
                       core::rfc3339(*list.until), kConsequence);
  return {};
}

std::string root_list_hint(const Layout& layout, const RootList& list) {
  const std::string sign =
      fmt::format("wxsec certs crl --dir {} --begin-anew", core::shell_word(layout.dir().string()));
  if (list.issuing.not_after <= list.until.value_or(core::Instant::min()))
    return fmt::format(
        "it ended with its authority; have a new one take over: wxsec certs "
        "rotate-ca --dir {}",
        core::shell_word(layout.dir().string()));
  if (core::path_exists(list.key)) return fmt::format("have the root sign one: {}", sign);
  return fmt::format("bring the root's key back to {}, then have it sign one: {}",
                     core::shell_word(list.key.string()), sign);
}

}  // namespace wxsec::certs
