#include "src/sniff/multipart_secrets.h"
#include "src/sniff/field_secret.h"

#include <algorithm>
#include <string>

#include "src/sniff/declared_secrets.h"
#include "src/sniff/secret_names.h"
#include "src/sniff/text_secrets.h"

namespace wxsec::sniff {
namespace {

constexpr auto kNone = std::string_view::npos;

// Past the next empty line, whose line ends may be bare.
std::size_t after_empty_line(std::string_view text, std::size_t at) {
  for (at = text.find('\n', at); at != kNone; at = text.find('\n', at)) {
    ++at;
    if (text.substr(at).starts_with("\r\n")) return at + 2;
    if (text.substr(at).starts_with('\n')) return at + 1;
  }
  return kNone;
}

// A part's head; `lowered` is the same text in small letters, in which names are looked for.
struct PartHead {
  std::string_view text;
  std::string lowered;

  explicit PartHead(std::string_view head) : text(head), lowered(head) {
    for (char& c : lowered) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  // The value in `; name = "x"` (RFC 2045 5.1 ignores case, and people add blanks).
  std::string_view name() const {
    constexpr std::string_view kName = "name";
    for (std::size_t at = lowered.find(kName); at != kNone; at = lowered.find(kName, at)) {
      const char before = at == 0 ? ' ' : lowered[at - 1];
      at += kName.size();
      if (!is_blank(before) && before != ';') continue;  // filename=
      const std::size_t equals = text.find_first_not_of(" \t", at);
      if (equals != kNone && text[equals] == '=')
        return word(text.find_first_not_of(" \t", equals + 1));
    }
    return {};
  }
  std::string_view type() const {
    constexpr std::string_view kField = "content-type:";
    const std::size_t at = lowered.find(kField);
    if (at == kNone || (at != 0 && lowered[at - 1] != '\n')) return {};
    return word(text.find_first_not_of(" \t", at + kField.size()));
  }
  // With quotes or without.
  std::string_view word(std::size_t at) const {
    if (at == kNone) return {};
    const bool quoted = text[at] == '"';
    if (quoted) ++at;
    const std::size_t end = text.find_first_of(quoted ? "\"\r\n" : "; \t\r\n", at);
    return text.substr(at, std::min(end, text.size()) - at);
  }
};

void part(const PartHead& head, std::string_view content, SecretsSeen& out) {
  const std::string_view name = head.name();
  if (is_secret(name, content))
    return add_field(out, "form field", name, std::string(content), content);
  const std::string_view type = head.type();
  if (!type.starts_with("multipart")) scan_structured(type, content, out);
}

// Where the first line that begins with two hyphens does.
std::size_t first_delimiter(std::string_view text) {
  if (text.starts_with("--")) return 0;
  const std::size_t at = text.find("\n--");
  return at == kNone ? kNone : at + 1;
}

}  // namespace

void scan_multipart(std::string_view text, SecretsSeen& out) {
  const std::size_t start = first_delimiter(text);
  if (start == kNone || !may_hold_secret_name(text)) return;
  const std::size_t line_end = text.find('\n', start);
  if (line_end == kNone) return;
  const std::string delimiter =
      '\n' + std::string(trim_blanks(text.substr(start, line_end - start)));
  std::size_t at = line_end;  // of the delimiter's line
  while (at != kNone) {
    const std::size_t content = after_empty_line(text, at);
    if (content == kNone) return;
    // The empty line may be the one before the next delimiter.
    const std::size_t next = text.find(delimiter, content - 1);
    const std::size_t end = std::max(std::min(next, text.size()), content);
    std::string_view value = text.substr(content, end - content);
    if (next != kNone && value.ends_with('\r')) value.remove_suffix(1);
    part(PartHead(text.substr(at + 1, content - at - 1)), value, out);
    at = next == kNone ? kNone : text.find('\n', next + 1);
  }
}

}  // namespace wxsec::sniff
