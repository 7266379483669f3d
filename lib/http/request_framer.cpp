// The states of one request, in the order of its bytes:
//
//   head -> done                                     no body
//   head -> sized_body -> done                       Content-Length
//   head -> chunk_size -> chunk_data -> chunk_end    Transfer-Encoding: chunked; the size line of
//               ^                          |         the last chunk says 0
//               +--------------------------+
//           chunk_size -> trailers -> done
//
// Any of them may end in `refused`, which is final. Bytes are looked at once: a client that drips
// costs no more than one that does not.
#include "lib/http/request_framer.h"

#include <algorithm>
#include <charconv>

namespace wxsec::http {
namespace {

constexpr std::size_t kMaxChunkLine = 256;     // size and extensions
constexpr std::size_t kMethodAndVersion = 64;  // the rest of a request line, generously
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

// True if every CR is followed by an LF and every LF preceded by a CR, and there is no NUL.
bool has_clean_lines(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\0') return false;
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return false;
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return false;
  }
  return true;
}

// Of the first line, as far as it has come, without its line end.
std::size_t first_line_size(std::string_view text, bool whole) {
  const std::size_t end = text.find(kLineEnd);
  if (end != std::string_view::npos) return end;
  return !whole && text.ends_with('\r') ? text.size() - 1 : text.size();
}

}  // namespace

RequestFramer::Step RequestFramer::refuse(Refusal refusal) {
  refusal_ = refusal;
  phase_ = Phase::refused;
  return Step::refused;
}

RequestFramer::Step RequestFramer::next() {
  for (;;) {
    const Phase before = phase_;
    const Step step = advance();
    if (step != Step::need_more || phase_ == before) {
      if (step == Step::need_more) drop_front();
      return step;
    }
  }
}

// One phase; need_more with another phase_ than before means: go on.
RequestFramer::Step RequestFramer::advance() {
  switch (phase_) {
    case Phase::head: return read_head();
    case Phase::sized_body: return read_sized_body();
    case Phase::chunk_size: return read_chunk_size();
    case Phase::chunk_data: return read_chunk_data();
    case Phase::chunk_end: return read_chunk_end();
    case Phase::trailers: return read_trailers();
    case Phase::done: return Step::done;
    case Phase::refused: return Step::refused;
  }
  return Step::refused;
}

Request RequestFramer::take() {
  Request request = std::move(head_.request);
  const bool keep_alive = head_.keep_alive;
  head_ = {};
  head_.keep_alive = keep_alive;
  phase_ = Phase::head;
  trailer_bytes_ = 0;
  forgave_empty_line_ = false;
  drop_front();
  return request;
}

void RequestFramer::drop_front() {
  if (at_ == 0) return;
  buffer_.erase(0, at_);
  scanned_ = scanned_ > at_ ? scanned_ - at_ : 0;
  at_ = 0;
  if (buffer_.empty()) std::string().swap(buffer_);  // an idle connection costs no buffer
}

RequestFramer::Step RequestFramer::read_head() {
  // One empty line before a request is forgiven. RFC 9112 2.2.
  while (std::string_view(buffer_).starts_with(kLineEnd)) {
    if (forgave_empty_line_) return refuse({400, "the request line is missing"});
    forgave_empty_line_ = true;
    buffer_.erase(0, kLineEnd.size());
    scanned_ = 0;
  }
  if (!buffer_.empty() && buffer_ != "\r" && !is_token_char(buffer_.front())) {
    return refuse({400, "this is no HTTP request"});  // TLS, for example: no need to wait for more
  }
  const std::size_t from = scanned_ > at_ + 3 ? scanned_ - 3 : at_;
  const std::size_t end = buffer_.find(kHeadEnd, from);
  const bool whole = end != std::string::npos;
  const std::size_t size = whole ? end - at_ : buffer_.size() - at_;
  const std::string_view text = std::string_view(buffer_).substr(at_, size);
  if (first_line_size(text, whole) > limits_.max_target_bytes + kMethodAndVersion) {
    return refuse({414, "the request target is too long"});
  }
  const std::size_t slack = whole ? 0 : kHeadEnd.size() - 1;  // may belong to the end of the head
  if (size > limits_.max_head_bytes + slack) return refuse({431, "the request head is too large"});
  if (!whole) {
    scanned_ = buffer_.size();
    return Step::need_more;
  }
  if (!has_clean_lines(text)) return refuse({400, "a line does not end in CRLF"});
  head_ = {};
  if (const Refusal refusal = parse_head(text, limits_, head_)) return refuse(refusal);
  at_ = end + kHeadEnd.size();
  return start_body();
}

RequestFramer::Step RequestFramer::start_body() {
  scanned_ = at_;
  if (!head_.chunked && head_.content_length == 0) {
    phase_ = Phase::done;
    return Step::done;
  }
  phase_ = head_.chunked ? Phase::chunk_size : Phase::sized_body;
  const bool body_has_come = buffer_.size() > at_;
  return head_.expects_continue && !body_has_come ? Step::send_continue : Step::need_more;
}

RequestFramer::Step RequestFramer::read_sized_body() {
  const std::size_t missing = head_.content_length - head_.request.body.size();
  const std::size_t take = std::min(missing, buffer_.size() - at_);
  head_.request.body.append(buffer_, at_, take);
  at_ += take;
  if (take < missing) return Step::need_more;
  phase_ = Phase::done;
  return Step::done;
}

RequestFramer::Line RequestFramer::take_line(std::size_t max_bytes, std::string_view& line) {
  const std::size_t end = buffer_.find('\n', std::max(scanned_, at_));
  const std::size_t size = (end == std::string::npos ? buffer_.size() : end + 1) - at_;
  if (size > max_bytes) return Line::broken;
  if (end == std::string::npos) {
    scanned_ = buffer_.size();
    return Line::partial;
  }
  const std::string_view whole = std::string_view(buffer_).substr(at_, size);
  if (!whole.ends_with(kLineEnd) || !has_clean_lines(whole)) return Line::broken;
  line = whole.substr(0, size - kLineEnd.size());
  at_ += size;
  scanned_ = at_;
  return Line::whole;
}

// chunk-size [ chunk-ext ] CRLF; extensions are ignored. RFC 9112 7.1.
RequestFramer::Step RequestFramer::read_chunk_size() {
  std::string_view line;
  const Line state = take_line(kMaxChunkLine, line);
  if (state == Line::partial) return Step::need_more;
  const std::string_view digits = line.substr(0, line.find(';'));
  std::size_t size = 0;
  const auto [stop, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  if (state == Line::broken || digits.empty() || error == std::errc::invalid_argument ||
      stop != digits.data() + digits.size()) {
    return refuse({400, "a chunk size is malformed"});
  }
  if (error != std::errc{} || size > limits_.max_body_bytes - head_.request.body.size()) {
    return refuse({413, "the body is too large"});
  }
  chunk_left_ = size;
  phase_ = size == 0 ? Phase::trailers : Phase::chunk_data;
  return Step::need_more;
}

RequestFramer::Step RequestFramer::read_chunk_data() {
  const std::size_t take = std::min(chunk_left_, buffer_.size() - at_);
  head_.request.body.append(buffer_, at_, take);
  at_ += take;
  scanned_ = at_;
  chunk_left_ -= take;
  if (chunk_left_ == 0) phase_ = Phase::chunk_end;
  return Step::need_more;
}

RequestFramer::Step RequestFramer::read_chunk_end() {
  const std::string_view left = std::string_view(buffer_).substr(at_, kLineEnd.size());
  if (left != kLineEnd.substr(0, left.size()))
    return refuse({400, "a chunk is longer than it says"});
  if (left.size() < kLineEnd.size()) return Step::need_more;
  at_ += kLineEnd.size();
  scanned_ = at_;
  phase_ = Phase::chunk_size;
  return Step::need_more;
}

// Trailer fields are checked and dropped: nobody here reads them. RFC 9110 6.5.1.
RequestFramer::Step RequestFramer::read_trailers() {
  for (;;) {
    std::string_view line;
    const std::size_t before = at_;
    const Line state = take_line(limits_.max_head_bytes, line);
    if (state == Line::partial) return Step::need_more;
    trailer_bytes_ += at_ - before;
    if (state == Line::broken || (!line.empty() && !parse_field(line))) {
      return refuse({400, "a trailer field is malformed"});
    }
    if (trailer_bytes_ > limits_.max_head_bytes) return refuse({431, "the trailers are too large"});
    if (!line.empty()) continue;
    phase_ = Phase::done;
    return Step::done;
  }
}

}  // namespace wxsec::http
