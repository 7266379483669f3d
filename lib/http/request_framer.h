// Cuts a byte stream into complete requests, however it arrives, and buffers no more than the
// limits allow.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/http/request_head.h"

namespace wxsec::http {

class RequestFramer {
 public:
  explicit RequestFramer(const Limits& limits) : limits_(limits) {}

  void push(std::string_view bytes) { buffer_.append(bytes); }

  enum class Step { need_more, send_continue, done, refused };
  // Goes on as far as the bytes reach. `send_continue`: the sender waits for "100 Continue"; send
  // it and ask again. `done`: take() the request, then ask again, for more may follow in the
  // buffer. `refused`: answer with refusal() and close; the stream cannot be trusted any further.
  Step next();

  Request take();  // after `done`
  bool keep_alive() const { return head_.keep_alive; }
  Refusal refusal() const { return refusal_; }
  // True between requests: nothing of the next one has come.
  bool idle() const { return phase_ == Phase::head && buffer_.empty(); }
  // Bytes that wait here; a bound for whoever reads from the socket.
  std::size_t buffered() const { return buffer_.size(); }

 private:
  enum class Phase { head, sized_body, chunk_size, chunk_data, chunk_end, trailers, done, refused };

  Step refuse(Refusal refusal);
  Step advance();
  Step read_head();
  Step start_body();
  Step read_sized_body();
  Step read_chunk_size();
  Step read_chunk_data();
  Step read_chunk_end();
  Step read_trailers();
  enum class Line { whole, partial, broken };
  Line take_line(std::size_t max_bytes, std::string_view& line);
  void drop_front();

  const Limits limits_;
  std::string buffer_;
  std::size_t at_ = 0;       // what lies before is used up
  std::size_t scanned_ = 0;  // no end of line or head lies between at_ and here
  Phase phase_ = Phase::head;
  bool forgave_empty_line_ = false;
  RequestHead head_;
  std::size_t chunk_left_ = 0;
  std::size_t trailer_bytes_ = 0;
  Refusal refusal_;
};

}  // namespace wxsec::http
