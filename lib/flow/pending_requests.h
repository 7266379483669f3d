// Which request a response answers. HTTP/1.1 says it by order alone (RFC 9112 9.3.2), so after a
// loss in either direction it is claimed only where the order has become clear again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/proto/http_message.h"

namespace wxsec::flow {

class PendingRequests {
 public:
  struct Request {
    std::string method;  // empty: it is not known which request this was
    std::string target;
    bool certain = false;  // nothing was lost before it
    bool late = false;  // it may be answered already, for it waited for a loss to be certain, say
  };

  // What is known of what the client said: all, only the later part, or not even all of that.
  enum class Asked : std::uint8_t { seen_whole, from_the_middle, lacks };

  // False if its answer was captured before it.
  bool add(const proto::HttpHead& request, std::uint64_t packet, std::int64_t time_ns);
  // What this response answers. A final response takes it away.
  Request take(const proto::HttpHead& response, Asked asked, std::int64_t time_ns);
  // Memory of a request that was taken, for another one.
  void give_back(Request&& request);

  // Bytes that waiting ones hold.
  std::size_t held() const { return held_ + (crowd_ ? crowd_->methods.capacity() : 0); }
  // Gives up what they asked for; that responses follow, and to what methods, is still known.
  void forget_targets();

  // Requests are missing, which packet `packet` made certain.
  void lost_requests(std::uint64_t packet);
  // Responses are missing; `heads`: one of them with its head.
  void lost_responses(bool heads);

 private:
  // Those for which there is no room: of each only which method it was, in a byte.
  struct Crowd {
    std::string methods;
    std::size_t answered = 0;
  };

  void add_to_crowd(const proto::HttpHead& request);
  bool answered_before(std::uint64_t packet, std::int64_t time_ns);
  void take_unasked(const proto::HttpHead& response, Asked asked, std::int64_t time_ns);
  Request take_of_crowd(bool interim);
  Request take_in_doubt(bool interim);
  void forget_all();

  std::vector<Request> waiting_;
  std::unique_ptr<Crowd> crowd_;  // behind these; null if there is none
  Request spare_;
  std::size_t held_ = 0;
  std::uint64_t doubt_since_ = 0;  // the packet that made the last loss certain
  std::uint16_t stale_ = 0;        // so many responses may come to requests that are forgotten
  std::uint16_t owed_ = 0;         // so many requests will come that are answered already,
  std::int64_t owed_since_ = 0;    // and soon
  bool in_order_ = true;
  bool pipelines_ = false;  // the client did not wait for an answer, once
};

}  // namespace wxsec::flow
