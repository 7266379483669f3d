// HTTP/1.x is lines of text: a start line, fields, an empty line, then a body whose end has to be
// worked out from the fields (RFC 9112 6.3), which is where receivers disagree and attacks begin.
// An eavesdropper must not refuse what a careless receiver accepts, so bare LF ends a line here and
// broken field lines are skipped; what is decided by them is still decided strictly.
#include "lib/proto/http_message.h"

#include <algorithm>
#include <array>

#include "lib/core/number.h"
#include "lib/wire/reader.h"

namespace wxsec::proto {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// RFC 9110 5.6.2.
bool is_token_char(std::uint8_t byte) {
  if (byte >= '0' && byte <= '9') return true;
  if ((byte | 0x20U) >= 'a' && (byte | 0x20U) <= 'z') return true;
  return byte != 0 && std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(byte)) !=
                          std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

// An item of a list, whose field may be folded.
std::string_view trim_item(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

// The next line without its end, or nothing if no line end is there.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

bool parse_version(std::string_view text, std::uint8_t& minor) {
  if (text.size() != 8 || !text.starts_with("HTTP/1.")) return false;
  if (text[7] < '0' || text[7] > '9') return false;
  minor = static_cast<std::uint8_t>(text[7] - '0');
  return true;
}

bool parse_status_line(std::string_view line, HttpHead& out) {
  out.request = false;
  if (!parse_version(line.substr(0, 8), out.minor_version)) return false;
  line = trim(line.substr(8));
  const auto status = core::parse_number<std::uint16_t>(line.substr(0, 3), 100, 999);
  if (!status) return false;
  out.status = *status;
  out.reason = trim(line.substr(3));
  return true;
}

bool parse_request_line(std::string_view line, HttpHead& out) {
  out.request = true;
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == 0 || last == first) return false;
  out.method = line.substr(0, first);
  out.target = trim(line.substr(first, last - first));
  return !out.target.empty() && parse_version(trim(line.substr(last)), out.minor_version) &&
         std::all_of(out.method.begin(), out.method.end(),
                     [](char c) { return is_token_char(static_cast<std::uint8_t>(c)); });
}

bool parse_start_line(std::string_view line, HttpHead& out) {
  out.method = out.target = out.reason = {};
  out.status = 0;
  return line.starts_with("HTTP/") ? parse_status_line(line, out) : parse_request_line(line, out);
}

// False where it is no field.
bool add_field(std::string_view line, HttpHead& out) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  out.fields.push_back({trim(line.substr(0, colon)), trim(line.substr(colon + 1))});
  return true;
}

// RFC 9112 5.2: a line that begins with white space goes on with the field before it.
void fold(std::string_view text, std::string_view line, HttpField& field) {
  const std::string_view more = trim(line);
  if (more.empty()) return;
  if (field.value.empty()) {
    field.value = more;
    return;
  }
  const auto begin = static_cast<std::size_t>(field.value.data() - text.data());
  const auto end = static_cast<std::size_t>(more.data() - text.data()) + more.size();
  field.value = text.substr(begin, end - begin);
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (equals_ignoring_case(trim_item(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool is_named(const HttpField& field, std::string_view name) {
  return field.name.size() == name.size() && equals_ignoring_case(field.name, name);
}

// RFC 9112 6.3: a list of the same number over and over is that number, any other is an error.
HttpBodyFraming framing_by_length(std::string_view list, HttpBodyFraming before) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const auto value =
        core::parse_number<std::uint64_t>(trim_item(list.substr(0, comma)), 0, ~std::uint64_t{0});
    if (!value) return {HttpBodyKind::unknown, 0};
    if (before.kind == HttpBodyKind::length && before.length != *value)
      return {HttpBodyKind::unknown, 0};
    before = {HttpBodyKind::length, *value};
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return before;
}

HttpBodyFraming framing_by_fields(const HttpHead& head) {
  HttpBodyFraming length;
  for (const HttpField& field : head.fields) {
    if (is_named(field, "transfer-encoding")) {
      if (has_token(field.value, "chunked")) return {HttpBodyKind::chunked, 0};
    } else if (is_named(field, "content-length") && length.kind != HttpBodyKind::unknown) {
      length = framing_by_length(field.value, length);
    }
  }
  if (length.kind == HttpBodyKind::length && length.length == 0) return {};
  if (length.kind != HttpBodyKind::none) return length;
  return {head.request ? HttpBodyKind::none : HttpBodyKind::until_close, 0};
}

// RFC 9112 2.2: empty lines before a start line are ignored.
std::string_view without_empty_lines(std::string_view text) {
  constexpr std::size_t kMost = 16;
  const std::size_t begin = text.substr(0, kMost).find_first_not_of("\r\n");
  return text.substr(std::min({begin, kMost, text.size()}));
}

bool is_method_char(char c, bool any_case) {
  const bool lower_case = c >= 'a' && c <= 'z';
  return (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
         (any_case && (lower_case || (c >= '0' && c <= '9')));
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view HttpHead::field(std::string_view name) const {
  for (const HttpField& one : fields) {
    if (one.name.size() == name.size() && equals_ignoring_case(one.name, name)) return one.value;
  }
  return {};
}

std::string HttpHead::list(std::string_view name) const {
  std::string all;
  for (const HttpField& one : fields) {
    if (!is_named(one, name)) continue;
    if (!all.empty()) all += ',';
    all += one.value;
  }
  return all;
}

// A request line is "TOKEN SP target SP HTTP/1.x"; methods longer than 20 letters do not exist. One
// that is not there in whole is believed in capitals only, as nearly all methods are.
FrameState looks_like_http(core::ByteView stream) {
  constexpr std::size_t kLongestMethod = 20;
  constexpr std::string_view kResponse = "HTTP/1.";
  const std::string_view text = without_empty_lines(
      core::as_text(stream.first(std::min<std::size_t>(stream.size(), kMaxHttpHead))));
  const std::string_view head = text.substr(0, kResponse.size());
  if (kResponse.starts_with(head))
    return head.size() == kResponse.size() ? FrameState::done : FrameState::need_more;
  std::size_t letters = 0;
  std::size_t capitals = 0;
  while (letters < text.size() && letters <= kLongestMethod &&
         is_method_char(text[letters], true)) {
    capitals += is_method_char(text[letters], false) ? 1U : 0U;
    ++letters;
  }
  const bool all_capitals = letters == capitals;
  if (letters == text.size() && letters <= kLongestMethod)
    return all_capitals ? FrameState::need_more : FrameState::bad;
  if (letters < 3 || letters > kLongestMethod || text[letters] != ' ') return FrameState::bad;
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) {
    const bool printable = all_capitals && std::all_of(text.begin(), text.end(), [](char c) {
                             return static_cast<std::uint8_t>(c) >= 0x20 || c == '\r';
                           });
    return printable && text.size() < kMaxHttpHead ? FrameState::need_more : FrameState::bad;
  }
  HttpHead line;
  return parse_start_line(trim(text.substr(0, end)), line) ? FrameState::done : FrameState::bad;
}

std::size_t find_http_start_line(core::ByteView stream, bool request) {
  constexpr std::array<std::string_view, 9> kMethods = {
      "GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE"};
  const std::string_view text = core::as_text(stream);
  if (!request) return std::min(text.find("HTTP/1."), text.size());
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const std::string_view line = text.substr(from, end - from);
    const std::size_t space = line.find(' ');
    if (space != std::string_view::npos && line.find(" HTTP/1.") != std::string_view::npos) {
      for (const std::string_view method : kMethods) {
        if (line.substr(0, space).ends_with(method)) return from + space - method.size();
      }
    }
    from = end + 1;
  }
  return text.size();
}

FrameState decode_http_head(core::ByteView stream, HttpHead& out) {
  const std::string_view text = core::as_text(stream.first(std::min(stream.size(), kMaxHttpHead)));
  std::string_view rest = text;
  const FrameState unfinished =
      stream.size() >= kMaxHttpHead ? FrameState::bad : FrameState::need_more;
  out.fields.clear();
  const auto start = take_line(rest);
  if (!start) return unfinished;
  if (!parse_start_line(*start, out)) return FrameState::bad;
  bool after_field = false;
  while (true) {
    const auto line = take_line(rest);
    if (!line) return unfinished;
    if (line->empty()) break;
    if (after_field && (line->front() == ' ' || line->front() == '\t')) {
      fold(text, *line, out.fields.back());
      continue;
    }
    after_field = add_field(*line, out);
  }
  out.size = text.size() - rest.size();
  return FrameState::done;
}

HttpBodyFraming http_body_framing(const HttpHead& head, std::string_view request_method) {
  if (!head.request) {
    const bool bodiless = head.status < 200 || head.status == 204 || head.status == 304;
    if (bodiless || request_method == "HEAD") return {};
    if (request_method == "CONNECT" && head.status < 300) return {};
  }
  return framing_by_fields(head);
}

FrameState HttpChunkReader::line_ended() {
  if (at_ == At::trailer) return line_.empty() ? FrameState::done : FrameState::need_more;
  if (at_ == At::data_end) {
    at_ = At::size;
    return line_.empty() ? FrameState::need_more : FrameState::bad;
  }
  // RFC 9112 7.1: hexadecimal size, then perhaps extensions after a semicolon.
  const std::string_view digits = trim(std::string_view(line_).substr(0, line_.find(';')));
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, left_, 16);
  if (digits.empty() || error != std::errc{} || stop != end) return FrameState::bad;
  at_ = left_ == 0 ? At::trailer : At::data;
  return FrameState::need_more;
}

FrameState HttpChunkReader::feed_line(std::uint8_t byte) {
  constexpr std::size_t kMaxLine = 8192;
  if (byte != '\n') {
    if (line_.size() == kMaxLine) return FrameState::bad;
    line_.push_back(static_cast<char>(byte));
    return FrameState::need_more;
  }
  if (!line_.empty() && line_.back() == '\r') line_.pop_back();
  const FrameState state = line_ended();
  line_.clear();
  return state;
}

FrameState HttpChunkReader::feed(core::ByteView input, std::size_t& eaten, core::Bytes& out,
                                 std::size_t limit) {
  wire::Reader in(input);
  FrameState state = FrameState::need_more;
  while (!in.empty() && state == FrameState::need_more) {
    if (at_ != At::data) {
      state = feed_line(in.u8());
      continue;
    }
    const core::ByteView piece =
        in.bytes(static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.left())));
    const core::ByteView kept =
        piece.first(std::min(piece.size(), limit - std::min(limit, out.size())));
    out.insert(out.end(), kept.begin(), kept.end());
    content_ += piece.size();
    left_ -= piece.size();
    if (left_ == 0) at_ = At::data_end;
  }
  eaten = in.offset();
  return state;
}

std::string encode_http_request(std::string_view method, std::string_view target,
                                std::span<const HttpField> fields, std::string_view body) {
  std::string out;
  out.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
  for (const HttpField& field : fields)
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  return out.append("\r\n").append(body);
}

std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>((bits >> count) & 0xFF));
  }
  if (count >= 6) return std::nullopt;
  return out;
}

}  // namespace wxsec::proto
