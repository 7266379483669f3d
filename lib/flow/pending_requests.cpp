// Clients hardly ever send a request before they have the answer to the last one. So after a loss
// a request that waits alone, came after the loss and before any answer that may be an older one's
// is the one that is answered next; in every other case nothing is claimed, and what waits is
// forgotten, so that the order becomes clear sooner. Of a client that was seen to send several at
// once nothing is claimed any more.
//
// A capture may have an answer before its request: if it comes from two network cards, or because
// the request lies behind a hole that is not given up yet. So what nobody asked for yet is the
// answer to the next request, which then waits for none. If that is long in coming, or if it may be
// that nobody asked at all, then the order is in doubt.
//
// Where very many wait, of the later ones only the methods are kept: where a response ends depends
// on that, and which one it answers is said without the target.
#include "lib/flow/pending_requests.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace wxsec::flow {
namespace {

constexpr std::size_t kMaxWaiting = 256;
constexpr std::size_t kMaxCrowd = 64 * 1024;
constexpr std::int64_t kSwappedWithin = 1'000'000'000;  // an answer and its request, in a capture
constexpr std::size_t kShortTarget = 256;               // its memory is kept for the next one

// RFC 9110 9.3, RFC 5789. Of any other method a response ends as one to GET does.
constexpr std::string_view kMethods[] = {"",       "GET",     "HEAD",    "POST",  "PUT",
                                         "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

std::size_t size_of(const PendingRequests::Request& request) {
  return sizeof(request) + request.target.capacity();
}

}  // namespace

bool PendingRequests::add(const proto::HttpHead& request, std::uint64_t packet,
                          std::int64_t time_ns) {
  const bool answered = answered_before(packet, time_ns);
  if (answered && in_order_) return false;
  if (crowd_ || waiting_.size() == kMaxWaiting) {
    add_to_crowd(request);
    return true;
  }
  Request& one = waiting_.emplace_back(std::move(spare_));
  one.method = request.method;
  one.target = request.target;
  one.certain = in_order_;
  one.late = !in_order_ && (answered || packet == doubt_since_);
  held_ += size_of(one);
  return true;
}

// Was a response, still without its request, the answer to this one? After a while that may as well
// have been an answer to nothing.
bool PendingRequests::answered_before(std::uint64_t packet, std::int64_t time_ns) {
  if (owed_ == 0) return false;
  --owed_;
  if (time_ns - owed_since_ <= kSwappedWithin) return true;
  owed_ = 0;
  lost_requests(packet);
  return true;
}

// RFC 9110 15.5.9: a server that is tired of waiting says so without being asked, and closes. One
// that cannot make sense of bytes (15.5.1) may have answered what is no request. Where the client's
// bytes lack some, the request may have been there; before them, most probably.
void PendingRequests::take_unasked(const proto::HttpHead& response, Asked asked,
                                   std::int64_t time_ns) {
  constexpr int kBadRequest = 400;
  constexpr int kRequestTimeout = 408;
  const bool last = proto::equals_ignoring_case(response.field("connection"), "close");
  if (last || response.status == kRequestTimeout) return;
  in_order_ = response.status != kBadRequest && asked == Asked::seen_whole;
  if (asked == Asked::from_the_middle || owed_ == kMaxWaiting) return;
  ++owed_;
  owed_since_ = time_ns;
}

// What there is no room for at all, nor may come between them after a loss, leaves the order in
// doubt for good.
void PendingRequests::add_to_crowd(const proto::HttpHead& request) {
  pipelines_ = true;
  if (!in_order_ || (crowd_ && crowd_->methods.size() == kMaxCrowd)) {
    in_order_ = false;
    return;
  }
  if (!crowd_) crowd_ = std::make_unique<Crowd>();
  const auto* const known = std::find(std::begin(kMethods), std::end(kMethods), request.method);
  const auto number = known == std::end(kMethods) ? 0 : known - std::begin(kMethods);
  crowd_->methods += static_cast<char>(number);
}

PendingRequests::Request PendingRequests::take_of_crowd(bool interim) {
  Request answered;
  answered.method = kMethods[static_cast<std::size_t>(crowd_->methods[crowd_->answered])];
  answered.certain = true;
  if (!interim && ++crowd_->answered == crowd_->methods.size()) crowd_.reset();
  return answered;
}

PendingRequests::Request PendingRequests::take(const proto::HttpHead& response, Asked asked,
                                               std::int64_t time_ns) {
  // RFC 9110 15.2: an interim response; the final one is yet to come.
  const bool interim = response.status < 200 && response.status != 101;
  if (waiting_.empty() && crowd_) return take_of_crowd(interim);
  if (waiting_.empty() && in_order_ && !interim) take_unasked(response, asked, time_ns);
  if (waiting_.empty() || !waiting_.front().certain) return take_in_doubt(interim);
  pipelines_ = pipelines_ || waiting_.size() > 1;
  if (interim) return waiting_.front();
  held_ -= size_of(waiting_.front());
  Request answered = std::move(waiting_.front());
  waiting_.erase(waiting_.begin());
  return answered;
}

PendingRequests::Request PendingRequests::take_in_doubt(bool interim) {
  const auto unanswered =
      std::count_if(waiting_.begin(), waiting_.end(), [](const Request& one) { return !one.late; });
  pipelines_ = pipelines_ || unanswered > 1;
  const bool clear = !pipelines_ && waiting_.size() == 1 && stale_ == 0 && !waiting_.front().late;
  if (interim) return clear ? waiting_.front() : Request{};
  Request answered = clear ? std::move(waiting_.front()) : Request{};
  forget_all();
  if (stale_ > 0) --stale_;
  return answered;
}

void PendingRequests::forget_all() {
  waiting_.clear();
  crowd_.reset();
  held_ = 0;
}

void PendingRequests::forget_targets() {
  held_ = 0;
  for (Request& one : waiting_) {
    one.target = std::string();
    held_ += size_of(one);
  }
}

void PendingRequests::give_back(Request&& request) {
  if (request.target.capacity() <= kShortTarget) spare_ = std::move(request);
}

void PendingRequests::lost_requests(std::uint64_t packet) {
  in_order_ = false;
  doubt_since_ = packet;
}

void PendingRequests::lost_responses(bool heads) {
  // Once requests were lost, too, the response may have been to one of those.
  const bool of_ours = heads && !waiting_.empty() && waiting_.front().certain;
  in_order_ = false;
  stale_ = static_cast<std::uint16_t>(std::min(kMaxWaiting, stale_ + waiting_.size()));
  if (of_ours) --stale_;
  forget_all();
}

}  // namespace wxsec::flow
