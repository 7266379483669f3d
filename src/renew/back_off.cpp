#include "src/renew/back_off.h"

#include <algorithm>

namespace wxsec::certs {
namespace {

bool has_failed(const RenewItem& item) {
  return item.state == RenewState::failed || item.state == RenewState::rolled_back;
}

core::Error reason_of(const RenewItem& item) { return item.error.value_or(core::Error{}); }

}  // namespace

std::map<std::string, core::Error> BackOff::resting(core::Instant now) const {
  std::map<std::string, core::Error> found;
  for (const auto& [name, rest] : rests_)
    if (now < rest.until) found.emplace(name, rest.why);
  return found;
}

BackOff::Rest BackOff::after(const std::string& name, const core::Error& why, core::Instant began,
                             core::Instant now) const {
  const auto before = rests_.find(name);
  if (before == rests_.end()) return {now + shortest_, shortest_, why};
  if (began < before->second.until) return before->second;
  const auto pause = std::min(before->second.pause * 2, longest_);
  return {now + pause, pause, why};
}

// Who was to be tried again waits with all others for the next round.
void BackOff::nobody_tried(const core::Error& why, core::Instant began, core::Instant now) {
  const Rest all = after("", why, began, now);
  rests_[""] = all;
  for (auto& [name, rest] : rests_) rest.until = std::max(rest.until, all.until);
}

void BackOff::note(const core::Result<RenewReport>& round, core::Instant began, core::Instant now) {
  if (!round) return nobody_tried(round.error(), began, now);
  std::map<std::string, Rest> rests;
  if (round->crl_error) rests[""] = after("", *round->crl_error, began, now);
  for (const RenewItem& item : round->items)
    if (has_failed(item)) rests[item.name] = after(item.name, reason_of(item), began, now);
  rests_ = std::move(rests);
}

core::Instant BackOff::next() const {
  core::Instant first = core::Instant::max();
  for (const auto& [name, rest] : rests_) first = std::min(first, rest.until);
  return first;
}

void BackOff::wake() {
  for (auto& [name, rest] : rests_) rest.until = core::Instant::min();
}

}  // namespace wxsec::certs
