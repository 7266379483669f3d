// The head of a request: request line and fields, read so strictly that no two programs can read it
// differently. RFC 9112 sections 2 to 5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/http/message.h"
#include "lib/http/server.h"

namespace wxsec::http {

// An answer instead of a request.
struct Refusal {
  int status = 0;           // 0: nothing is wrong
  std::string_view detail;  // one sentence, a literal; safe to send
  explicit operator bool() const { return status != 0; }
};

struct RequestHead {
  Request request;  // without body
  bool chunked = false;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  bool expects_continue = false;
};

// `text` is everything before the empty line, its lines ending in CRLF. Fills `head` as far as it
// gets.
Refusal parse_head(std::string_view text, const Limits& limits, RequestHead& head);

// One field line without its CRLF; for heads and for trailers. Nothing when it breaks the grammar.
std::optional<Field> parse_field(std::string_view line);

// What names and methods are made of. RFC 9110 5.6.2.
bool is_token_char(char c);

// Percent-decoding: nothing on a bad escape, or where a control character comes out. With
// `plus_is_space`, as forms do it.
enum class Plus { is_plus, is_space };
std::optional<std::string> percent_decode(std::string_view text, Plus plus);

}  // namespace wxsec::http
