// Where two programs on the way read one byte stream differently, an attacker can hide a second
// request inside the first ("request smuggling"). The cure is to accept only what has a single
// reading, and to refuse everything else with 400 and the end of the connection:
//
//   lines end in CRLF, and neither CR nor LF occurs alone; no folded lines, no space before the
//   colon one Host; one Content-Length of digits alone, or one Transfer-Encoding that says
//   "chunked" and nothing else, never both a body only with methods that give it a meaning
#include "lib/http/request_head.h"

#include <algorithm>

#include "lib/core/number.h"

namespace wxsec::http {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

// RFC 9110 5.5: visible characters, blanks between them, and bytes above ASCII.
bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

// RFC 3986: what may stand in a path or query.
bool is_target_char(char c) {
  return is_alpha(c) || is_digit(c) ||
         std::string_view("-._~!$&'()*+,;=:@/?%").find(c) != std::string_view::npos;
}

bool is_host_char(char c) {
  return is_alpha(c) || is_digit(c) ||
         std::string_view("-._~%[]:").find(c) != std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The part before `separator`, which is cut off `rest` together with it.
std::string_view take_until(std::string_view& rest, std::string_view separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + separator.size());
  return part;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Refusal bad(std::string_view detail) { return {400, detail}; }

bool parse_query(std::string_view text, Fields& query) {
  while (!text.empty()) {
    std::string_view pair = take_until(text, "&");
    if (pair.empty()) continue;
    const auto name = percent_decode(take_until(pair, "="), Plus::is_space);
    const auto value = percent_decode(pair, Plus::is_space);
    if (!name || !value) return false;
    query.emplace_back(*name, *value);
  }
  return true;
}

// Proxies send the absolute form, servers must take it. RFC 9112 3.2.2.
std::string_view without_authority(std::string_view target, std::string_view host) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!target.starts_with(scheme)) continue;
    const std::string_view rest = target.substr(scheme.size());
    if (!same_token(rest.substr(0, host.size()), host)) return {};
    const std::string_view path = rest.substr(host.size());
    return path.empty() ? std::string_view("/") : path;
  }
  return target;
}

Refusal parse_target(std::string_view target, std::string_view host, Request& request) {
  if (!std::all_of(target.begin(), target.end(), is_target_char)) {
    return bad("the request target holds characters that a URL cannot hold");
  }
  target = without_authority(target, host);
  if (target == "*" && request.method == Method::options) {
    request.path = "*";
    return {};
  }
  if (!target.starts_with('/')) return bad("the request target is no path on this server");
  const std::string_view path = take_until(target, "?");
  auto decoded = percent_decode(path, Plus::is_plus);
  if (!decoded || !parse_query(target, request.query)) {
    return bad("the request target holds a broken percent escape or a control character");
  }
  request.path = std::move(*decoded);
  return {};
}

Refusal parse_request_line(std::string_view line, RequestHead& head, std::string_view& target) {
  const std::string_view method = take_until(line, " ");
  target = take_until(line, " ");
  const std::string_view version = line;
  if (!is_token(method) || target.empty()) return bad("the request line is malformed");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    if (version.starts_with("HTTP/") && version.find(' ') == std::string_view::npos) {
      return {505, "this server speaks HTTP/1.1"};
    }
    return bad("the request line is malformed");
  }
  head.keep_alive = version == "HTTP/1.1";
  const auto known = parse_method(method);
  if (!known) return {501, "this method is not implemented"};
  head.request.method = *known;
  head.request.target = target;
  return {};
}

Refusal parse_fields(std::string_view text, const Limits& limits, Request& request) {
  while (!text.empty()) {
    auto field = parse_field(take_until(text, "\r\n"));
    if (!field) return bad("a header field is malformed");
    if (request.headers.size() >= limits.max_headers) return {431, "too many header fields"};
    request.headers.push_back(std::move(*field));
  }
  return {};
}

std::size_t count_of(const Fields& fields, std::string_view name) {
  return static_cast<std::size_t>(
      std::count_if(fields.begin(), fields.end(),
                    [&](const Field& field) { return same_token(field.first, name); }));
}

Refusal check_host(const RequestHead& head) {
  const std::size_t hosts = count_of(head.request.headers, "Host");
  const bool http_1_1 = head.keep_alive;
  if (hosts > 1 || (hosts == 0 && http_1_1)) return bad("exactly one Host field is needed");
  const std::string_view host = head.request.header("Host").value_or("");
  if (!std::all_of(host.begin(), host.end(), is_host_char)) return bad("the Host is malformed");
  return {};
}

Refusal read_length(const Limits& limits, RequestHead& head) {
  const Request& request = head.request;
  const std::size_t lengths = count_of(request.headers, "Content-Length");
  const std::size_t encodings = count_of(request.headers, "Transfer-Encoding");
  if (lengths > 1 || encodings > 1 || (lengths == 1 && encodings == 1)) {
    return bad("the length of the body is ambiguous");
  }
  if (encodings == 1) {
    if (!head.keep_alive) return bad("HTTP/1.0 has no Transfer-Encoding");
    if (!same_token(*request.header("Transfer-Encoding"), "chunked")) {
      return {501, "the only Transfer-Encoding here is chunked"};
    }
    head.chunked = true;
  }
  if (lengths == 0) return {};
  const std::string_view text = *request.header("Content-Length");
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) {
    return bad("the Content-Length is no number");
  }
  const auto length = core::parse_number<std::uint64_t>(text, 0, limits.max_body_bytes);
  if (!length) return {413, "the body is too large"};
  head.content_length = *length;
  return {};
}

void read_connection(RequestHead& head) {
  for (const Field& field : head.request.headers) {
    if (!same_token(field.first, "Connection")) continue;
    std::string_view rest = field.second;
    while (!rest.empty()) {
      const std::string_view option = trim(take_until(rest, ","));
      if (same_token(option, "keep-alive")) head.keep_alive = true;
      if (same_token(option, "close")) {
        head.keep_alive = false;
        return;
      }
    }
  }
}

Refusal check_body_and_expectation(RequestHead& head) {
  const bool has_body = head.chunked || head.content_length > 0;
  const Method method = head.request.method;
  if (has_body && (method == Method::get || method == Method::head || method == Method::options)) {
    return bad("a body has no meaning with this method");
  }
  const auto expectation = head.request.header("Expect");
  if (!expectation) return {};
  if (!same_token(*expectation, "100-continue")) return {417, "no such expectation is known here"};
  head.expects_continue = has_body;
  return {};
}

}  // namespace

bool is_token_char(char c) {
  return is_alpha(c) || is_digit(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::optional<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus == Plus::is_space) {
      c = ' ';
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) return std::nullopt;
    out += c;
  }
  return out;
}

std::optional<Field> parse_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim(line.substr(colon + 1));
  if (!is_token(name) || !is_field_value(value)) return std::nullopt;
  return Field{std::string(name), std::string(value)};
}

Refusal parse_head(std::string_view text, const Limits& limits, RequestHead& head) {
  std::string_view target;
  if (const Refusal r = parse_request_line(take_until(text, "\r\n"), head, target)) return r;
  if (target.size() > limits.max_target_bytes) return {414, "the request target is too long"};
  if (const Refusal r = parse_fields(text, limits, head.request)) return r;
  if (const Refusal r = check_host(head)) return r;
  const std::string_view host = head.request.header("Host").value_or("");
  if (const Refusal r = parse_target(target, host, head.request)) return r;
  if (const Refusal r = read_length(limits, head)) return r;
  read_connection(head);
  return check_body_and_expectation(head);
}

}  // namespace wxsec::http
