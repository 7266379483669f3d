// Line by line, for a start line ends with its line and the first field follows on the next one.
// It need not begin with its line, since the body before it ends anywhere:
//
//     {"note":1}POST /readings HTTP/1.1
//     Host: example
//
// so a method that does not begin its line must be one that everybody knows.
#include <algorithm>
#include <array>
#include <optional>

#include "lib/flow/beginning.h"
#include "lib/proto/http_message.h"

namespace wxsec::flow {
namespace {

constexpr std::string_view kVersion = "HTTP/1.";
constexpr std::size_t kLongestLine = 8192;
constexpr std::size_t kLongestStatusLine = 160;
constexpr std::size_t kKept = 2048;  // of a line that has no end yet
// RFC 9110 9, RFC 5789.
constexpr std::array<std::string_view, 9> kMethods = {
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<std::uint8_t>(c) >= 0x20 || c == '\t'; });
}

bool done(std::string_view line) {
  return proto::looks_like_http(core::as_bytes(line)) == proto::FrameState::done;
}

// `line` with its end. Where the request begins in it.
std::optional<std::size_t> request_in(std::string_view line) {
  const std::size_t end = line.size() - 2;
  constexpr std::size_t kVersionSize = 8;
  if (end < kVersionSize + 2) return std::nullopt;
  const std::size_t target_end = end - kVersionSize - 1;
  if (line[target_end] != ' ' || line.substr(target_end + 1, kVersion.size()) != kVersion)
    return std::nullopt;
  const std::size_t space = line.rfind(' ', target_end - 1);
  if (space == std::string_view::npos || space + 1 == target_end) return std::nullopt;
  const std::string_view before = line.substr(0, space);
  if (done(line) && before.find(' ') == std::string_view::npos && printable(line.substr(0, end)))
    return 0;
  for (const std::string_view method : kMethods) {
    if (!before.ends_with(method)) continue;
    const std::size_t at = space - method.size();
    if (printable(line.substr(at, end - at)) && done(line.substr(at))) return at;
  }
  return std::nullopt;
}

bool is_status_line(std::string_view line) {
  if (line.size() > kLongestStatusLine || line.size() < 14) return false;
  const auto digit = [&](std::size_t at) { return line[at] >= '0' && line[at] <= '9'; };
  const bool status = digit(7) && line[8] == ' ' && line[9] >= '1' && line[9] <= '5' && digit(10) &&
                      digit(11) && (line[12] == ' ' || line[12] == '\r');
  return status && printable(line.substr(0, line.size() - 2));
}

std::optional<std::size_t> response_in(std::string_view line) {
  for (std::size_t at = line.find(kVersion); at != std::string_view::npos;
       at = line.find(kVersion, at + 1)) {
    if (is_status_line(line.substr(at))) return at;
  }
  return std::nullopt;
}

std::optional<std::size_t> start_in(std::string_view line, HttpKind kind) {
  if (line.size() > kLongestLine || !line.ends_with("\r\n")) return std::nullopt;
  if (line.find(kVersion) == std::string_view::npos) return std::nullopt;
  std::optional<std::size_t> at;
  if (kind != HttpKind::response) at = request_in(line);
  if (!at && kind != HttpKind::request) at = response_in(line);
  return at;
}

enum class Answer : std::uint8_t { no, maybe, yes };

// RFC 9112 5: a name without white space, a colon. Or the head is over.
Answer field_follows(std::string_view rest) {
  if (rest.starts_with("\r\n")) return Answer::yes;
  constexpr std::size_t kLongestName = 128;
  for (std::size_t at = 0; at < std::min(rest.size(), kLongestName); ++at) {
    const char c = rest[at];
    if (c == ':') return at > 0 ? Answer::yes : Answer::no;
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool other = (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (!letter && !other && !(c == '\r' && at + 1 == rest.size())) return Answer::no;
  }
  return rest.size() < kLongestName ? Answer::maybe : Answer::no;
}

}  // namespace

Beginning find_http(core::ByteView bytes, HttpKind kind) {
  const std::string_view text = core::as_text(bytes);
  std::size_t line = 0;
  while (true) {
    const std::size_t end = text.find('\n', line);
    if (end == std::string_view::npos) break;
    if (const auto at = start_in(text.substr(line, end + 1 - line), kind)) {
      const Answer answer = field_follows(text.substr(end + 1));
      if (answer == Answer::yes) return {line + *at, true, 0};
      if (answer == Answer::maybe) return {line + *at, false, bytes.size() - line - *at + 1};
    }
    line = end + 1;
  }
  const std::size_t kept = std::min(bytes.size() - line, kKept);
  return {bytes.size() - kept, false, kept + kept / 8 + 1};
}

}  // namespace wxsec::flow
