// One line per thing that can run out or be broken: a certificate with its key and chain, a
// revocation list, an endpoint. Problems are items and not errors, so that one unreadable file in a
// hundred does not hide the other ninety-nine; and a target in which nothing was found is a
// problem, so that a wrong path never looks like good news.
#include "src/look/check.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <thread>

#include "lib/core/counted.h"
#include "src/certs/check_tree.h"
#include "src/certs/crl_file.h"
#include "src/certs/forgotten.h"
#include "src/certs/generations.h"
#include "src/certs/layout.h"
#include "src/certs/place.h"
#include "src/certs/root_list.h"
#include "src/certs/successor.h"
#include "src/look/check_current.h"
#include "src/look/check_item.h"
#include "src/look/check_pair.h"
#include "src/look/check_trust.h"
#include "src/look/endpoint.h"

namespace wxsec::certs {
namespace {

constexpr std::array<std::string_view, 5> kStates{"fine", "due", "expired", "broken", "unreadable"};

struct Run {
  const CheckOptions& options;
  core::Instant now;
  const core::Clock& clock;
  Checkers checkers;
  CurrentChecker current;
};
using Items = std::vector<CheckItem>;

void add_trouble(const std::string& target, std::string what, const core::Error& error,
                 Items& items) {
  CheckItem item{.target = target, .what = std::move(what)};
  set_unreadable(item, error);
  items.push_back(std::move(item));
}

// A broker that is started without the list lets in whoever was revoked.
CheckItem missing_list(const Layout& layout) {
  CheckItem item{.target = layout.crl().string(), .what = "revocation list"};
  set_broken(item, pki::Reason::revocation_unknown, "it is missing: who was revoked is let in",
             lost_list_hint(layout.dir()));
  return item;
}

// One that ran out is told as what it is; of a list that is not there only this tells.
void check_root_lists(const Layout& layout, core::Instant now, Items& items) {
  const auto lists = read_crl_file(layout.crl());
  if (!lists) return;  // told as what it is
  const auto roots = root_lists(layout, *lists, now);
  if (!roots) return;
  for (const RootList& one : *roots) {
    if (one.state != RootListState::missing) continue;
    CheckItem item{.target = layout.crl().string(), .what = "revocation list"};
    item.subject = one.root.common_name;
    set_broken(item, pki::Reason::revocation_unknown, root_list_trouble(layout, one),
               root_list_hint(layout, one));
    items.push_back(std::move(item));
  }
}

// Who is known to be revoked is judged so all the same; but whoever reads this list lets him in.
void check_forgotten(const Layout& layout, Items& items) {
  const auto lists = read_crl_file(layout.crl());
  if (!lists) return;  // told as what it is
  const auto forgotten = forgotten_by(layout, *lists);
  std::size_t count = 0;
  if (forgotten)
    for (const auto& [issuer, revoked] : *forgotten) count += revoked.size();
  if (count == 0) return;
  CheckItem item{.target = layout.crl().string(), .what = "revocation list"};
  set_broken(item, pki::Reason::revocation_unknown,
             fmt::format("{} in the ledger and not in it: an older list came back",
                         core::counted(count, "revocation")),
             "wxsec certs crl --dir DIR");
  items.push_back(std::move(item));
}

// Whoever judged it does not know where it lies; with the place its remedy can be pasted.
void name_place(Items& items, std::size_t from, const std::optional<Place>& place) {
  for (std::size_t i = from; i < items.size(); ++i) items[i].hint = placed(items[i].hint, place);
}

// A damaged list has a line of its own; that it could not be judged by says no more.
void drop_trust_item(const Layout& layout, Items& items) {
  const bool damaged = std::any_of(items.begin(), items.end(), [&](const CheckItem& item) {
    return item.target == layout.crl().string() && item.reason == pki::Reason::malformed;
  });
  if (!damaged) return;
  std::erase_if(items, [&](const CheckItem& item) {
    return item.what == "trust" && item.target == layout.dir().string();
  });
}

void check_identities(const Layout& layout, const std::vector<std::string>& names, Run& run,
                      Items& items) {
  for (const std::string& name : names) {
    const core::Path folder = layout.identity(name);
    run.current.check(folder, Place{layout.dir(), name}, run.checkers.of(folder, items), items);
  }
  const std::size_t before = items.size();
  for (CheckItem& item : out_of_reach(layout)) items.push_back(std::move(item));
  if (core::path_exists(layout.crl())) {
    run.checkers.of(layout.dir(), items)
        .check(layout.crl(), layout.crl().string(), LoneKeys::skip, items);
    check_root_lists(layout, run.now, items);
    check_forgotten(layout, items);
  } else if (core::path_exists(layout.identity("issuing"))) {
    items.push_back(missing_list(layout));
  }
  for (const ClosedFolder& closed : closed_folders(layout))
    add_trouble(closed.path.string(), "directory", closed.error, items);
  name_place(items, before, Place{layout.dir(), {}});
  drop_trust_item(layout, items);
}

void check_file(const core::Path& file, LoneKeys keys, Run& run, Items& items) {
  FileChecker& checker = run.checkers.of(file, items);
  const std::size_t before = items.size();
  checker.check(file, file.string(), keys, items);
  const bool any_remedy =
      std::any_of(items.begin() + static_cast<std::ptrdiff_t>(before), items.end(),
                  [](const CheckItem& item) { return !item.hint.empty(); });
  if (any_remedy) name_place(items, before, place_of(file));  // which asks the disk
}

void check_tree(const core::Path& dir, Run& run, Items& items) {
  const Tree tree = certificate_files_below(dir);
  const std::size_t before = items.size();
  for (const core::Path& file : tree.files) check_file(file, LoneKeys::skip, run, items);
  for (const core::Error& trouble : tree.troubles)
    add_trouble(dir.string(), "directory", trouble, items);
  if (items.size() != before) return;
  add_trouble(dir.string(), "directory",
              {core::Code::not_found, "no certificate in this directory",
               "files ending in .pem, .crt, .cer, .der and .crl are looked at"},
              items);
}

void check_directory(const core::Path& dir, Run& run, Items& items) {
  const Layout layout(dir);
  const auto names = layout.identities();
  if (names && !names->empty()) return check_identities(layout, *names, run, items);
  if (!is_in_use(dir).value_or(false)) return check_tree(dir, run, items);
  // One identity's own folder.
  run.current.check(dir, Place{dir, {}}, run.checkers.of(dir, items), items);
}

CheckItem endpoint_item(const std::string& url, const Run& run) {
  CheckItem item{.target = url, .what = "endpoint"};
  const auto view = look_at({url, run.options.ca, run.options.dir, run.options.timeout}, run.clock);
  if (!view) {
    set_unreadable(item, view.error());
    const std::string again = url + ": ";  // the table has it already
    if (item.sentence.starts_with(again)) item.sentence.erase(0, again.size());
    return item;
  }
  describe(item, view->chain.front());
  if (view->reason == pki::Reason::valid) {
    set_time_left(item, view->chain, run.options.within, run.now);
    if (view->revocation_unknown) set_without_lists(item);
  } else {
    set_verdict(item, {view->reason, view->sentence, view->hint, 0, {}});
  }
  // Of this directory where its own authority vouches for it.
  const bool ours = run.options.ca.empty() && !run.options.dir.empty() &&
                    is_ours(view->chain.front(), Layout(run.options.dir));
  item.hint = placed(item.hint, ours ? std::optional(Place{run.options.dir, {}}) : std::nullopt);
  return item;
}

// Endpoints wait for the network, so many are asked at once.
void check_endpoints(const std::vector<std::size_t>& which, const Run& run,
                     std::vector<Items>& found) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t at = next++; at < which.size(); at = next++)
      found[which[at]] = {endpoint_item(run.options.targets[which[at]], run)};
  };
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < std::min<std::size_t>(which.size(), kEndpointsAtOnce); ++i)
    threads.emplace_back(work);
}

void check_path(const std::string& target, Run& run, Items& items) {
  std::error_code ignored;
  if (std::filesystem::is_directory(target, ignored)) return check_directory(target, run, items);
  check_file(target, LoneKeys::report, run, items);
}

}  // namespace

std::string_view check_state_text(CheckState state) {
  return kStates[static_cast<std::size_t>(state)];
}

CheckState CheckReport::worst() const {
  constexpr std::array kByGravity{CheckState::broken, CheckState::expired, CheckState::due,
                                  CheckState::unreadable};
  if (items.empty()) return CheckState::unreadable;
  const auto worst = std::find_if(kByGravity.begin(), kByGravity.end(),
                                  [&](CheckState state) { return count(state) > 0; });
  return worst == kByGravity.end() ? CheckState::fine : *worst;
}

std::size_t CheckReport::count(CheckState state) const {
  return static_cast<std::size_t>(std::count_if(
      items.begin(), items.end(), [&](const CheckItem& item) { return item.state == state; }));
}

std::size_t CheckReport::by_dates_only() const {
  return static_cast<std::size_t>(std::count_if(
      items.begin(), items.end(), [](const CheckItem& item) { return item.dates_only; }));
}

core::Result<CheckReport> check(const CheckOptions& options, const core::Clock& clock) {
  if (options.targets.empty())
    return core::fail(core::Code::usage, "nothing to check",
                      "name files, directories or URLs: wxsec certs check certs");
  const core::Instant now = clock.now();
  Run run{options, now, clock, WXSEC_TRY(Checkers::create(options, now)), CurrentChecker(now)};
  std::vector<Items> found(options.targets.size());
  std::vector<std::size_t> endpoints;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (is_url(options.targets[i])) {
      endpoints.push_back(i);
    } else {
      check_path(options.targets[i], run, found[i]);
    }
  }
  check_endpoints(endpoints, run, found);
  CheckReport report;
  for (Items& items : found)
    report.items.insert(report.items.end(), std::make_move_iterator(items.begin()),
                        std::make_move_iterator(items.end()));
  return report;
}

}  // namespace wxsec::certs
