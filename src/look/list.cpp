// What is in use is read from the folders, what kind it is from the ledger, and how it stands from
// the same check as `certs check`. Where the two sources differ the report says so: an identity
// without a row was imported or is older than the ledger, a row without a folder was deleted by
// hand or belongs to a run that was killed and will be completed by the next. No difference is what
// was handed out as a file (a signing request's answer) or lies among the wrong ones of a lesson.
#include "src/look/list.h"

#include <fmt/core.h>
#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <set>

#include "lib/core/escape.h"
#include "src/certs/generations.h"
#include "src/certs/ledger.h"
#include "src/look/check_current.h"
#include "src/look/check_file.h"

namespace wxsec::certs {
namespace {

struct Recorded {
  std::string serial;
  std::string profile;
  std::string generation;
  core::Instant issued;
};
struct Books {
  bool there = false;
  std::map<std::string, std::string> profiles;  // by serial
  std::map<std::string, Recorded> latest;       // by name
};

core::Result<Books> read_books(const Layout& layout) {
  Books books;
  auto ledger = Ledger::open_to_read(layout);
  if (!ledger && ledger.error().code == core::Code::not_found) return books;
  if (!ledger) return core::fail(ledger.error());
  books.there = true;
  WXSEC_TRY(ledger->for_each([&](const LedgerRow& row) {
    books.profiles.emplace(row.serial, row.profile);
    Recorded& latest = books.latest[row.name];
    if (latest.serial.empty() ||
        std::pair(row.issued, row.generation) > std::pair(latest.issued, latest.generation))
      latest = {row.serial, row.profile, row.generation, row.issued};
  }));
  return books;
}

bool is_wanted(const std::string& name, const std::vector<std::string>& patterns) {
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), [&](const auto& one) {
           return ::fnmatch(one.c_str(), name.c_str(), 0) == 0;
         });
}

ListedIdentity look_at_one(const Layout& layout, const std::string& name, const Books& books,
                           FileChecker& checker, CurrentChecker& current, core::Instant now) {
  ListedIdentity out;
  out.name = name;
  const auto generation = resolve_current(layout.identity(name));
  if (generation) out.generation = generation->filename().string();
  std::vector<CheckItem> items;
  current.check(layout.identity(name), Place{layout.dir(), name}, checker, items);
  if (items.empty()) return out;
  const CheckItem& item = items.front();
  out.serial = item.serial;
  out.state = item.state;
  out.not_after = item.not_after;
  out.sentence = item.sentence;
  if (item.not_after)
    out.days_left = std::chrono::floor<std::chrono::days>(*item.not_after - now).count();
  out.key = item.key;
  const auto row = books.profiles.find(item.serial);
  out.recorded = row != books.profiles.end();
  const auto by_name = books.latest.find(name);
  if (out.recorded) out.profile = row->second;
  if (!out.recorded && by_name != books.latest.end()) out.profile = by_name->second.profile;
  return out;
}

void sort_by(ListOrder order, std::vector<ListedIdentity>& all) {
  const auto end = [](const ListedIdentity& one) {
    return one.not_after.value_or(core::Instant::min());
  };
  if (order == ListOrder::name)
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.name < b.name; });
  if (order == ListOrder::days_left)
    std::stable_sort(all.begin(), all.end(),
                     [&](const auto& a, const auto& b) { return end(a) < end(b); });
}

bool is_closed(const core::Path& folder, const std::vector<ClosedFolder>& closed) {
  return std::any_of(closed.begin(), closed.end(), [&](const ClosedFolder& one) {
    return one.path == folder || one.path == folder.parent_path();
  });
}

std::vector<std::string> missing_of(const Books& books, const std::set<std::string>& in_use,
                                    const std::vector<ClosedFolder>& closed,
                                    const ListOptions& options) {
  const Layout layout(options.dir);
  std::vector<std::string> missing;
  for (const auto& [name, row] : books.latest) {
    const bool elsewhere = row.generation.empty() || resolve_current(layout.wrong(name));
    if (!elsewhere && !in_use.contains(name) && is_wanted(name, options.names) &&
        !is_closed(layout.identity(name), closed))
      missing.push_back(name);
  }
  return missing;
}

bool passes(const ListedIdentity& one, const ListOptions& options) {
  return (options.profile.empty() || one.profile == options.profile) &&
         (!options.state || one.state == *options.state);
}

}  // namespace

core::Result<CheckState> parse_check_state(std::string_view text) {
  for (const CheckState state : {CheckState::fine, CheckState::due, CheckState::expired,
                                 CheckState::broken, CheckState::unreadable})
    if (check_state_text(state) == text) return state;
  return core::fail(core::Code::usage,
                    fmt::format("'{}' is not a state", core::escape_terminal(text)),
                    "one of fine, due, expired, broken, unreadable");
}

core::Result<ListReport> list_identities(const ListOptions& options, const core::Clock& clock) {
  const Layout layout(options.dir);
  const auto names = WXSEC_TRY(layout.identities());
  const Books books = WXSEC_TRY(read_books(layout));
  Trust trust = WXSEC_TRY(load_trust({}, options.dir));
  trust.asked_for = !trust.roots.empty();
  const core::Instant now = clock.now();
  FileChecker checker(std::move(trust), FileChecker::Strangers::ask_system, options.within, now);
  CurrentChecker current(now);
  ListReport report;
  report.has_ledger = books.there;
  for (const std::string& name : names) {
    if (!is_wanted(name, options.names)) continue;
    ListedIdentity one = look_at_one(layout, name, books, checker, current, now);
    if (passes(one, options)) report.identities.push_back(std::move(one));
  }
  report.closed = closed_folders(layout);
  report.missing = missing_of(books, {names.begin(), names.end()}, report.closed, options);
  // Those two are for their owner alone, and nobody is in them.
  std::erase_if(report.closed, [&](const ClosedFolder& one) {
    return one.path == layout.identity("root") || one.path == layout.identity("issuing") ||
           one.path == layout.dir() / "acme";
  });
  sort_by(options.order, report.identities);
  return report;
}

}  // namespace wxsec::certs
