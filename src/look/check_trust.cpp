// "Is it fine" has no meaning without "for whom". A part of a certificate directory has no ca.pem
// of its own, and would be judged by its dates alone if it were looked at by itself; so whatever
// lies in a certificate directory, however deep, is measured by that directory's root and lists.
#include "src/look/check_trust.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>

#include "lib/core/shell_word.h"
#include "src/certs/crl_file.h"
#include "src/certs/layout.h"
#include "src/certs/place.h"
#include "src/look/check_item.h"

namespace wxsec::certs {
namespace {

CheckItem unreadable_trust(const core::Path& path, const core::Error& error) {
  CheckItem item{.target = path.string(), .what = "trust"};
  set_unreadable(item, error);
  if (error.code == core::Code::malformed && !read_crl_file(Layout(path).crl()))
    item.hint = lost_list_hint(path);
  return item;
}

// Who was revoked and is missing in an old list that came back would be called fine.
void add_ledger_trouble(const Trust& trust, const core::Path& dir, std::vector<CheckItem>& items) {
  if (!trust.ledger_trouble) return;
  CheckItem item{.target = Layout(dir).ledger().string(), .what = "ledger"};
  if (trust.ledger_trouble->code == core::Code::malformed) {
    set_broken(item, pki::Reason::revocation_unknown, trust.ledger_trouble->what,
               trust.ledger_trouble->hint);
  } else {
    set_unreadable(item, *trust.ledger_trouble);
  }
  items.push_back(std::move(item));
}

// A directory of another program's certificates has none, and then dates are all there is.
core::Result<void> check_given(const core::Path& dir) {
  const Layout layout(dir);
  WXSEC_TRY(core::list_directory(dir));
  if (core::path_exists(layout.ca()) || !core::path_exists(dir / "issuing")) return {};
  return core::fail(
      core::Code::not_found, fmt::format("there is no {} to judge by", layout.ca().string()),
      fmt::format("bring it back: wxsec certs init --dir {}", core::shell_word(dir.string())));
}

}  // namespace

core::Result<Checkers> Checkers::create(const CheckOptions& options, core::Instant now) {
  Checkers checkers(options, now);
  if (options.ca.empty()) {
    if (options.dir_asked_for) WXSEC_TRY(check_given(options.dir));
    return checkers;
  }
  checkers.given_ = WXSEC_TRY(load_trust(options.ca, {}));
  return checkers;
}

Checkers::Measure Checkers::measure_of(const core::Path& path) const {
  if (!options_.ca.empty())
    return {options_.ca, trusted_dir_above(path).value_or(core::Path()), Strangers::broken};
  if (options_.dir_asked_for) return {options_.dir, {}, Strangers::broken};
  if (auto dir = trusted_dir_above(path)) return {std::move(*dir), {}, Strangers::broken};
  return {options_.dir, {}, Strangers::unknown};
}

// The lists of a directory say nothing about authorities of others.
Trust Checkers::given_trust(const core::Path& lists, std::vector<CheckItem>& items) const {
  Trust trust = given_;
  if (lists.empty()) return trust;
  auto own = load_trust({}, lists);
  if (!own) {
    items.push_back(unreadable_trust(lists, own.error()));
    return trust;
  }
  const auto is_given = [&](const pki::Certificate& root) {
    return std::any_of(trust.roots.begin(), trust.roots.end(),
                       [&](const pki::Certificate& one) { return one.der == root.der; });
  };
  if (std::none_of(own->roots.begin(), own->roots.end(), is_given)) return trust;
  add_ledger_trouble(*own, lists, items);
  trust.crls.insert(trust.crls.end(), own->crls.begin(), own->crls.end());
  return trust;
}

// Without its lists where these cannot be read: the root still tells who is a stranger.
Trust Checkers::trust_of(const Measure& measure, std::vector<CheckItem>& items) const {
  if (!options_.ca.empty()) return given_trust(measure.lists, items);
  const core::Path& dir = measure.trust;
  auto trust = load_trust({}, dir);
  if (!trust) {
    items.push_back(unreadable_trust(dir, trust.error()));
    trust = load_trust(Layout(dir).ca(), {});
  }
  if (!trust) return {};
  add_ledger_trouble(*trust, dir, items);
  trust->asked_for = measure.strangers == Strangers::broken && !trust->roots.empty();
  return std::move(*trust);
}

// To climb the tree for each of thousands of files would cost half of what their checks do.
Checkers::Measure Checkers::measure_beside(const core::Path& path) {
  struct stat info {};
  // What is behind a link may lie in another tree.
  const bool file = ::lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
  if (!file) return measure_of(path);
  core::Path folder = path.parent_path();
  if (last_ && last_->first == folder) return last_->second;
  last_.emplace(std::move(folder), measure_of(path));
  return last_->second;
}

FileChecker& Checkers::of(const core::Path& path, std::vector<CheckItem>& items) {
  Measure measure = measure_beside(path);
  const auto known = known_.find(measure);
  if (known != known_.end()) return known->second;
  Trust trust = trust_of(measure, items);
  const auto strangers = options_.ca.empty() && trust.asked_for ? FileChecker::Strangers::ask_system
                                                                : FileChecker::Strangers::as_judged;
  return known_.try_emplace(std::move(measure), std::move(trust), strangers, options_.within, now_)
      .first->second;
}

}  // namespace wxsec::certs
