// HTTP/1.0 and 1.1 as they stand on the wire: heads, body framing, chunks, and a request writer for
// attempts. Views into the input. RFC 9110, RFC 9112.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/bytes.h"
#include "lib/proto/frame.h"

namespace wxsec::proto {

struct HttpField {
  std::string_view name;
  std::string_view value;  // without the white space around it; a folded one with its line ends
};

// Start line and fields. Reusable: decoding again keeps the memory of `fields`.
struct HttpHead {
  bool request = true;
  std::string_view method;  // request
  std::string_view target;
  std::uint16_t status = 0;  // response
  std::string_view reason;
  std::uint8_t minor_version = 1;  // HTTP/1.x
  std::vector<HttpField> fields;
  std::size_t size = 0;  // with the empty line at the end

  // The first field with this name, case-insensitive; empty if there is none.
  std::string_view field(std::string_view name) const;
  // All fields with this name as the one list that they are (RFC 9110 5.3).
  std::string list(std::string_view name) const;
};

inline constexpr std::size_t kMaxHttpHead = 128 * 1024;

// Could a stream begin with this: `done` for a certain start of a request or response line, `bad`
// for certainly not, `need_more` for too short to tell. Any method of letters, digits, "-" and "_"
// with a plausible line, which empty lines may precede.
FrameState looks_like_http(core::ByteView stream);

// Where the next request (or response) line may begin in `stream`, for whoever does not know where
// the message before it ends; its size if nowhere. Only methods that everybody knows.
std::size_t find_http_start_line(core::ByteView stream, bool request);

// The head at the front of `stream`. `bad` on a malformed start line or more than kMaxHttpHead
// bytes; a field line without a colon is skipped, as is a bare LF line end
// accepted (RFC 9112 2.2).
FrameState decode_http_head(core::ByteView stream, HttpHead& out);

// `unknown`: the head contradicts itself or says nothing that makes sense.
enum class HttpBodyKind : std::uint8_t { none, length, chunked, until_close, unknown };
struct HttpBodyFraming {
  HttpBodyKind kind = HttpBodyKind::none;
  std::uint64_t length = 0;
};
// How the body of this head is delimited (RFC 9112 6.3). A response needs the method that it
// answers ("HEAD", "CONNECT" change it).
HttpBodyFraming http_body_framing(const HttpHead& head, std::string_view request_method);

// Finds its way through chunked coding, however the bytes come in pieces.
class HttpChunkReader {
 public:
  // Eats a prefix of `input` and appends at most `limit - out.size()` bytes of content to `out`
  // (the rest is counted, not kept). `done` once the last chunk and trailers are through.
  FrameState feed(core::ByteView input, std::size_t& eaten, core::Bytes& out, std::size_t limit);
  std::uint64_t content_size() const { return content_; }

 private:
  FrameState feed_line(std::uint8_t byte);
  FrameState line_ended();

  enum class At : std::uint8_t { size, data, data_end, trailer } at_ = At::size;
  std::string line_;
  std::uint64_t left_ = 0;
  std::uint64_t content_ = 0;
};

struct Inflated {
  std::optional<core::Bytes> body;
  bool cut = false;      // at the limit, so there is more
  std::size_t made = 0;  // bytes of output on the way, also where nothing came of it
};
// The codings of a Content-Encoding or Transfer-Encoding undone, the last one first, as far as they
// are gzip or deflate (chunked is undone already); at most `limit` bytes of output each. No body if
// there is nothing to undo, another coding among them, or too many. A body that breaks off gives
// what could be read.
Inflated inflate_body(core::ByteView body, std::string_view codings, std::size_t limit);

// "METHOD target HTTP/1.1", the fields in order, an empty line, the body; nothing is added.
std::string encode_http_request(std::string_view method, std::string_view target,
                                std::span<const HttpField> fields, std::string_view body);

// ASCII letters alike.
bool equals_ignoring_case(std::string_view a, std::string_view b);

// "Basic", "Bearer" credentials and so on: RFC 4648 base64, padding optional; nothing if broken.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace wxsec::proto
