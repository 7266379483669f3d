// The round has judged every identity by its age already, and called those foreign that are due and
// not of the directory's own authority.
#include "src/acme/watch_round.h"

#include <algorithm>

namespace wxsec::acme {
namespace {

constexpr std::chrono::hours kRest{1};

certs::RenewState state_of(RenewState state) {
  switch (state) {
    case RenewState::renewed: return certs::RenewState::renewed;
    case RenewState::rolled_back: return certs::RenewState::rolled_back;
    case RenewState::failed: return certs::RenewState::failed;
    default: return certs::RenewState::not_due;
  }
}

void take_over(const RenewItem& from, certs::RenewItem& item) {
  item.state = state_of(from.state);
  item.new_serial = from.new_serial;
  item.not_after = from.not_after;
  item.due = from.due;
  item.untold = false;  // obtain remembers who is to be told
  item.error = from.error;
}

certs::RenewItem* find(certs::RenewReport& round, const std::string& name) {
  const auto found = std::find_if(round.items.begin(), round.items.end(),
                                  [&](const certs::RenewItem& item) { return item.name == name; });
  return found == round.items.end() ? nullptr : &*found;
}

void keep_resting(const std::optional<core::Error>& error, core::Instant until,
                  certs::RenewItem& item) {
  if (item.state != certs::RenewState::foreign) return;
  item.state = error ? certs::RenewState::failed : certs::RenewState::not_due;
  item.error = error;
  item.due = std::max(item.due, until);
}

// None of them could be tried at all.
void fail_due(certs::RenewReport& round, const std::vector<std::string>& names,
              const core::Error& error) {
  for (const std::string& name : names) {
    certs::RenewItem* const item = find(round, name);
    if (item == nullptr || item->state != certs::RenewState::foreign) continue;
    item->state = certs::RenewState::failed;
    item->error = error;
  }
}

}  // namespace

const WatchRound::Rest* WatchRound::rest_of(const std::string& name, core::Instant now) const {
  const auto rest = rests_.find(name);
  return rest != rests_.end() && now < rest->second.until ? &rest->second : nullptr;
}

RenewOptions WatchRound::options_for(std::vector<std::string> names,
                                     const std::function<void()>& alive) const {
  RenewOptions options;
  options.run = run_;
  options.names = std::move(names);
  options.within = within_;
  options.run.note = [&alive, tell = run_.note](std::string_view text) {
    if (alive) alive();
    if (tell) tell(text);
  };
  return options;
}

void WatchRound::note(const RenewItem& done, certs::RenewItem& item, core::Instant now) {
  take_over(done, item);
  const auto tenth = std::chrono::floor<core::Instant::duration>((done.not_after - now) / 10);
  if (done.error) {
    rests_.insert_or_assign(done.name, Rest{now + kRest, done.error});
  } else if (done.state == RenewState::renewed) {
    rests_.insert_or_assign(done.name,
                            Rest{now + std::min<core::Instant::duration>(kRest, tenth), {}});
  }
}

void WatchRound::join(certs::RenewReport& round, const std::function<void()>& alive,
                      const core::Clock& clock, const std::stop_token& stop) {
  const auto all = acme_identities(run_.dir);
  if (!all) return;  // the round has told of the directory already
  std::vector<std::string> names;
  for (const std::string& name : *all) {
    certs::RenewItem* const item = find(round, name);
    if (item == nullptr) continue;
    if (const Rest* const rest = rest_of(name, clock.now())) {
      keep_resting(rest->error, rest->until, *item);
    } else {
      names.push_back(name);
    }
  }
  if (names.empty()) return;
  const auto done = renew(options_for(names, alive), clock, stop);
  if (!done) return fail_due(round, names, done.error());
  for (const RenewItem& one : done->items)
    if (certs::RenewItem* const item = find(round, one.name)) note(one, *item, clock.now());
}

}  // namespace wxsec::acme
