#include "src/look/check_item.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/pki/crl.h"

namespace wxsec::certs {
namespace {

using pki::Certificate;

std::string left_text(core::Instant end, core::Instant now) {
  return fmt::format("{} left", core::human_duration(end - now));
}

const Certificate& first_to_end(const std::vector<Certificate>& chain) {
  return *std::min_element(chain.begin(), chain.end(),
                           [](const auto& a, const auto& b) { return a.not_after < b.not_after; });
}

}  // namespace

void set_unreadable(CheckItem& item, const core::Error& error) {
  item.state = CheckState::unreadable;
  item.reason = pki::Reason::other;
  item.sentence = error.what;
  item.hint = error.hint.empty() ? "check the path and the permissions" : error.hint;
}

void set_broken(CheckItem& item, pki::Reason reason, std::string sentence, std::string hint) {
  item.state = CheckState::broken;
  item.reason = reason;
  item.sentence = std::move(sentence);
  item.hint = std::move(hint);
}

void set_verdict(CheckItem& item, const pki::Verdict& verdict) {
  item.reason = verdict.reason;
  item.state = verdict.reason == pki::Reason::expired ? CheckState::expired : CheckState::broken;
  item.sentence = verdict.sentence;
  item.hint = verdict.hint;
}

void describe(CheckItem& item, const Certificate& leaf) {
  item.subject = leaf.common_name.empty() ? leaf.subject : leaf.common_name;
  if (item.subject.empty() && !leaf.names.empty()) item.subject = leaf.names.front().value;
  item.serial = leaf.serial;
  item.key = pki::key_text(leaf);
  item.not_before = leaf.not_before;
  item.not_after = leaf.not_after;
}

void set_time_left(CheckItem& item, const std::vector<Certificate>& chain, const Threshold& within,
                   core::Instant now) {
  const Certificate& first = first_to_end(chain);
  item.due = due_at(first, within);
  item.sentence = left_text(first.not_after, now);
  if (now < *item.due) return;
  item.state = CheckState::due;
  const bool by_leaf = &first == &chain.front() && !first.is_ca;
  item.sentence += &first == &chain.front() ? "; due for renewal"
                                            : fmt::format("; its issuer {} ends first",
                                                          core::escape_terminal(first.common_name));
  item.hint = by_leaf
                  ? "renew it: wxsec certs renew --dir DIR"
                  : "its authority must be replaced; one's own: wxsec certs rotate-ca --dir DIR";
}

void set_dates_only(CheckItem& item) {
  item.dates_only = true;
  item.sentence += "; by its dates alone, for nobody here knows its issuer";
  if (item.hint.empty()) item.hint = "to judge its issuer, too, name whom to trust: --ca FILE";
}

void set_without_lists(CheckItem& item) {
  item.revocation_unknown = true;
  item.sentence += "; whether it was revoked is not known: no list";
}

CheckItem crl_item(const std::string& target, const pki::Crl& list, const Threshold& within,
                   core::Instant now) {
  CheckItem item;
  item.target = target;
  item.what = "revocation list";
  item.subject = list.issuer;
  item.not_before = list.this_update;
  item.not_after = list.next_update;
  if (!list.next_update) {
    item.sentence = fmt::format("{} revoked; it names no end", list.revoked.size());
    return item;
  }
  Certificate window;  // a list is due by the same rule
  window.not_before = list.this_update;
  window.not_after = *list.next_update;
  item.due = due_at(window, within);
  item.sentence =
      fmt::format("{} revoked; {}", list.revoked.size(), left_text(*list.next_update, now));
  if (now >= *item.due) item.state = CheckState::due;
  if (now >= *list.next_update) {
    item.state = CheckState::expired;
    item.reason = pki::Reason::revocation_unknown;
    item.sentence = fmt::format("the list ran out {} ago: brokers that use it refuse everybody",
                                core::human_duration(now - *list.next_update));
  }
  if (item.state != CheckState::fine) item.hint = "wxsec certs crl --dir DIR";
  return item;
}

}  // namespace wxsec::certs
