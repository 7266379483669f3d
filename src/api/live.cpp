#include "src/api/live.h"

#include <cstddef>
#include <utility>

namespace wxsec::api {
namespace {

// A broker without an access list could invent stations without end.
constexpr std::size_t kMaxStatuses = 100'000;

}  // namespace

void Live::set_status(std::string_view station, const weather::Status& status) {
  const std::lock_guard lock(mutex_);
  if (const auto known = statuses_.find(station); known != statuses_.end()) {
    const auto place = status.place ? status.place : known->second.place;
    known->second = status;
    known->second.place = place;  // a last will carries none, and nobody has moved
  } else if (statuses_.size() < kMaxStatuses) {
    statuses_.emplace(station, status);
  }
}

Live::Statuses Live::statuses() const {
  const std::lock_guard lock(mutex_);
  return statuses_;
}

void Live::set_broker(BrokerState state) {
  const std::lock_guard lock(mutex_);
  broker_ = std::move(state);
}

BrokerState Live::broker() const {
  const std::lock_guard lock(mutex_);
  return broker_;
}

}  // namespace wxsec::api
