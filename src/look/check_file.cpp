// A file of certificates is one of two things: a leaf with the authorities above it, in any order
// behind it, which is one item; or a collection, such as a trust store, in which each stands for
// itself. It is a chain when one of the others issued the first.
#include "src/look/check_file.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/shell_word.h"
#include "lib/pki/crl.h"
#include "lib/pki/key.h"
#include "lib/pki/pem.h"
#include "src/certs/beside.h"
#include "src/look/check_item.h"

namespace wxsec::certs {
namespace {

using pki::Certificate;

constexpr std::string_view kNewAuthority =
    "a new authority must take over: wxsec certs rotate-ca --dir DIR";

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool is_collection(const std::vector<Certificate>& all) {
  return all.size() > 1 && (all.front().self_issued ||
                            std::none_of(all.begin() + 1, all.end(), [&](const Certificate& other) {
                              return other.subject == all.front().issuer;
                            }));
}

CheckItem key_item(const std::string& target, std::string_view text) {
  CheckItem item{.target = target, .what = "private key"};
  const bool encrypted = holds(text, "ENCRYPTED");
  if (const auto key = pki::Key::parse(text, {}); !key && !encrypted)
    set_broken(item, pki::Reason::malformed, key.error().what, "bring it back from a backup");
  if (item.sentence.empty()) item.sentence = encrypted ? "encrypted" : "readable";
  return item;
}

void judge_key(CheckItem& item, KeyState key) {
  if (key == KeyState::unreadable)
    item.sentence += "; its key was not compared: encrypted, or no right to read it";
  if (key == KeyState::malformed)
    set_broken(item, pki::Reason::other, "the private key beside it is no key: empty or damaged",
               "put the pair back: wxsec certs rollback --dir DIR NAME");
  if (key == KeyState::mismatch)
    set_broken(item, pki::Reason::other, "the private key beside it belongs to another certificate",
               "put the pair back: wxsec certs rollback --dir DIR NAME");
  if (key == KeyState::exposed)
    set_broken(item, pki::Reason::other, "everybody on this machine can read its private key",
               "chmod o= on the key; then issue it again, since it may have been copied");
}

// A root signs its list once, until its authority ends: after that a new one must take over.
std::string root_list_remedy(const pki::Crl& list, const Trust& trust) {
  const bool ends_early =
      std::any_of(trust.issuers.begin(), trust.issuers.end(), [&](const Certificate& one) {
        return one.authority_key_id == list.authority_key_id && !one.self_issued &&
               list.next_update && *list.next_update < one.not_after;
      });
  return ends_early ? "have the root sign it again: wxsec certs crl --dir DIR --begin-anew"
                    : std::string(kNewAuthority);
}

// No list outlives its authority: a new one would end as soon.
std::string list_remedy(const pki::Crl& list, const Trust& trust) {
  const auto signed_it = [&](const Certificate& one) {
    return one.subject_key_id == list.authority_key_id;
  };
  if (std::any_of(trust.roots.begin(), trust.roots.end(), signed_it))
    return root_list_remedy(list, trust);
  const bool ends_with_it =
      std::any_of(trust.issuers.begin(), trust.issuers.end(), [&](const Certificate& one) {
        return signed_it(one) && list.next_update && *list.next_update >= one.not_after;
      });
  return ends_with_it ? std::string(kNewAuthority) : std::string();
}

}  // namespace

Judge::Judgement FileChecker::judgement(const std::vector<Certificate>& chain, CheckItem& item) {
  Judge::Judgement judged = judge_.judge(chain);
  if (strangers_ != Strangers::ask_system || !is_stranger(judged.verdict.reason)) return judged;
  if (!system_) system_.emplace(system_trust(), now_);
  if (system_->trust().roots.empty()) return judged;
  Judge::Judgement by_system = system_->judge(chain);
  if (is_stranger(by_system.verdict.reason)) return judged;
  item.by_system_store = true;
  return by_system;
}

void FileChecker::check_chain(CheckItem& item, const std::vector<Certificate>& chain) {
  describe(item, chain.front());
  const Judge::Judgement judged = judgement(chain, item);
  if (!judged.verdict.valid()) return set_verdict(item, judged.verdict);
  set_time_left(item, chain, within_, now_);
  if (item.by_system_store) item.sentence += "; trusted by this machine's store";
  if (judged.dates_only) set_dates_only(item);
  if (judged.without_lists) set_without_lists(item);
}

void FileChecker::check_collection(const std::string& target, const std::vector<Certificate>& all,
                                   std::vector<CheckItem>& items) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    CheckItem item{.target = target,
                   .what = fmt::format("certificate {} of {}", i + 1, all.size())};
    check_chain(item, {all[i]});
    items.push_back(std::move(item));
  }
}

void FileChecker::check_certificates(const core::Path& path, const std::string& target,
                                     std::string_view text, std::vector<CheckItem>& items) {
  CheckItem item{.target = target, .what = "certificate"};
  auto chain = pki::parse_certificates(text);
  if (!chain && chain.error().code == core::Code::malformed) {
    set_broken(item, pki::Reason::malformed, chain.error().what, chain.error().hint);
  } else if (!chain) {
    set_unreadable(item, chain.error());
    item.hint = core::fill_in(item.hint, "FILE", target);
  } else if (is_collection(*chain)) {
    return check_collection(target, *chain, items);
  } else {
    add_chain_beside(path, *chain);
    check_chain(item, *chain);
    if (item.state == CheckState::fine || item.state == CheckState::due)
      judge_key(item, key_beside(path, text, chain->front()));
  }
  items.push_back(std::move(item));
}

void FileChecker::check_lists(const std::string& target, std::string_view text,
                              std::vector<CheckItem>& items) const {
  const auto lists = pki::parse_crls(text);
  if (!lists) {
    CheckItem item{.target = target, .what = "revocation list"};
    set_broken(item, pki::Reason::malformed, lists.error().what,
               "bring it back from a backup; without one, begin it anew with the revocations that "
               "the ledger knows: wxsec certs crl --dir DIR --begin-anew");
    items.push_back(std::move(item));
    return;
  }
  for (const pki::Crl& list : *lists) {
    items.push_back(crl_item(target, list, within_, now_));
    std::string remedy = list_remedy(list, judge_.trust());
    if (!items.back().hint.empty() && !remedy.empty()) items.back().hint = std::move(remedy);
  }
}

void FileChecker::check(const core::Path& path, const std::string& target, LoneKeys keys,
                        std::vector<CheckItem>& items) {
  const auto text = core::read_file(path, pki::kMaxCertificateFile);
  if (!text) {
    CheckItem item{.target = target, .what = "file"};
    set_unreadable(item, text.error());
    items.push_back(std::move(item));
    return;
  }
  const bool list_by_name = path.filename() == "crl.pem" && !holds(*text, "BEGIN CERTIFICATE");
  if (list_by_name || holds(*text, "BEGIN X509 CRL")) return check_lists(target, *text, items);
  if (!is_key_alone(*text)) return check_certificates(path, target, *text, items);
  if (keys == LoneKeys::report) items.push_back(key_item(target, *text));
}

}  // namespace wxsec::certs
