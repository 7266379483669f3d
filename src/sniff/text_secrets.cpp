// Fields are looked for, documents are not parsed: what travels may be cut, broken or unlabelled,
// and a secret in it is no less readable. Names decide, see secret_names.h. Everything is one pass
// over the text, and a text that holds no part of a secret's name is left at once.
#include "src/sniff/text_secrets.h"

#include <algorithm>
#include <optional>

#include "src/sniff/secret_names.h"
#include "src/sniff/text_decoding.h"

namespace wxsec::sniff {
namespace {

constexpr auto kNone = std::string_view::npos;

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

bool is_name_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '-' || c == '.' || c == '[' || c == ']' || c == '%' || c == '+';
}

bool is_field_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), is_name_char);
}

// Calls `each(part)` for the parts of `text` between separators.
template <class Each>
void split(std::string_view text, char separator, const Each& each) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    each(trim_blanks(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void form_field(std::string_view pair, std::string_view kind, SecretsSeen& out) {
  const std::size_t equals = pair.find('=');
  if (equals == kNone) return;
  const std::string name = decode_form(pair.substr(0, equals));
  const std::string_view value = pair.substr(equals + 1);
  if (is_secret_name(name)) add_secret(out, kind, name, decode_form(value), value);
}

// HTML 4 B.2.2 allows a semicolon between fields. One that is part of a value is sent as %3B by
// whoever encodes forms, so it is taken for a separator only where another field follows.
std::size_t next_semicolon_field(std::string_view pair) {
  for (std::size_t at = pair.find(';'); at != kNone; at = pair.find(';', at + 1)) {
    const std::string_view rest = trim_blanks(pair.substr(at + 1));
    const std::size_t equals = rest.find_first_of("=;");
    if (equals != kNone && rest[equals] == '=' && is_field_name(rest.substr(0, equals))) return at;
  }
  return kNone;
}

void form_fields(std::string_view pair, std::string_view kind, SecretsSeen& out) {
  while (true) {
    const std::size_t end = next_semicolon_field(pair);
    form_field(pair.substr(0, end), kind, out);
    if (end == kNone) return;
    pair = trim_blanks(pair.substr(end + 1));
  }
}

// The end of the JSON string whose first character is at `at`, or npos.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (std::size_t i = at; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i;
    }
  }
  return kNone;
}

std::size_t skip_blank(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

bool is_escaped(std::string_view text, std::size_t at) {
  constexpr std::size_t kMost = 256;  // nobody may make us count them again and again
  std::size_t backslashes = 0;
  while (backslashes < std::min(at, kMost) && text[at - 1 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

// The JSON string that ends before `end`, blanks aside, or nothing.
std::optional<std::string_view> string_before(std::string_view text, std::size_t end) {
  constexpr std::size_t kLongestName = 256;
  while (end > 0 && is_blank(text[end - 1])) --end;
  if (end < 2 || text[end - 1] != '"' || is_escaped(text, end - 1)) return std::nullopt;
  const std::size_t least = end - 1 - std::min(end - 1, kLongestName);
  for (std::size_t at = end - 1; at > least; --at) {
    if (text[at - 1] == '"' && !is_escaped(text, at - 1)) return text.substr(at, end - 1 - at);
  }
  return std::nullopt;
}

class JsonScan {
 public:
  JsonScan(std::string_view text, SecretsSeen& out) : text_(text), out_(out) {}

  // Looked for by their colons, of which a body has fewer than it has quotes.
  void run() {
    std::size_t at = 0;
    while ((at = text_.find(':', at)) != kNone) {
      const auto name = string_before(text_, at);
      at = skip_blank(text_, at + 1);
      if (at >= text_.size()) return;
      if (name) at = value(*name, at);
    }
  }

 private:
  // Each gives the place to go on from.
  std::size_t value(std::string_view name, std::size_t at) {
    const bool string = text_[at] == '"';
    const std::string plain = name.find('\\') == kNone ? std::string() : decode_json(name);
    if (!plain.empty()) name = plain;
    if (!is_secret_name(name)) {
      const std::size_t end = string ? string_end(text_, at + 1) : at;
      return end == kNone ? text_.size() : end + (string ? 1 : 0);
    }
    return text_[at] == '[' ? items(name, at + 1) : scalar(name, at);
  }
  // A string that is cut ends where the text ends.
  std::size_t scalar(std::string_view name, std::size_t at) {
    if (text_[at] != '"') {
      const std::size_t end =
          std::min(text_.find_first_not_of("-+.0123456789eE", at), text_.size());
      const std::string_view number = text_.substr(at, end - at);
      add_secret(out_, "json field", name, std::string(number), number);
      return end;
    }
    const std::size_t end = std::min(string_end(text_, at + 1), text_.size());
    const std::string_view raw = text_.substr(at + 1, end - at - 1);
    add_secret(out_, "json field", name, decode_json(raw), raw);
    return std::min(end + 1, text_.size());
  }
  // Objects among the items have names of their own.
  std::size_t items(std::string_view name, std::size_t at) {
    while (at < text_.size()) {
      const char c = text_[at];
      if (c == ',' || c == '[' || c == ']' || is_blank(c)) {
        ++at;
        if (c == ']') return at;
        continue;
      }
      const std::size_t end = scalar(name, at);
      if (end == at) return at;
      at = end;
    }
    return at;
  }

  std::string_view text_;
  SecretsSeen& out_;
};

// The name in `name="x"`, `name=x` of a part's header, from behind the equals sign.
std::string_view part_name(std::string_view text, std::size_t at) {
  const bool quoted = at < text.size() && text[at] == '"';
  if (quoted) ++at;
  const std::size_t end = text.find_first_of(quoted ? "\"\r\n" : "; \t\r\n", at);
  return text.substr(at, std::min(end, text.size()) - at);
}

// Past the next empty line, whose line ends may be bare.
std::size_t after_empty_line(std::string_view text, std::size_t at) {
  for (at = text.find('\n', at); at != kNone; at = text.find('\n', at)) {
    ++at;
    if (text.substr(at).starts_with("\r\n")) return at + 2;
    if (text.substr(at).starts_with('\n')) return at + 1;
  }
  return kNone;
}

void url_fields(std::string_view url, SecretsSeen& out) {
  const std::size_t query = url.find('?');
  const std::size_t fragment = url.find('#');
  if (query < fragment) scan_form(url.substr(query + 1, fragment - query - 1), "query field", out);
  // An access token may stand in the fragment, too (RFC 6749 4.2.2).
  if (fragment != kNone) scan_form(url.substr(fragment + 1), "query field", out);
}

void undeclared_line(std::string_view line, SecretsSeen& out) {
  split(line, '&', [&](std::string_view pair) {
    if (is_field_name(pair.substr(0, pair.find('=')))) form_fields(pair, "form field", out);
  });
}

}  // namespace

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

void scan_form(std::string_view text, std::string_view kind, SecretsSeen& out) {
  // A percent sign may hide a letter of a name.
  if (!may_hold_secret_name(text) && text.find('%') == kNone) return;
  split(text, '&', [&](std::string_view pair) { form_fields(pair, kind, out); });
}

void scan_json(std::string_view text, SecretsSeen& out) {
  if (!may_hold_secret_name(text) && text.find("\\u") == kNone) return;
  JsonScan(text, out).run();
}

void scan_xml(std::string_view text, SecretsSeen& out) {
  if (!may_hold_secret_name(text)) return;
  std::size_t from = 0;  // behind the last end tag
  for (std::size_t at = text.find("</"); at != kNone; at = text.find("</", from)) {
    const std::size_t name_end = text.find('>', at);
    if (name_end == kNone) return;
    std::string_view name = trim_blanks(text.substr(at + 2, name_end - at - 2));
    name.remove_prefix(std::min(name.find(':') + 1, name.size()));  // npos + 1 is 0
    const std::size_t start_tag_end = text.substr(from, at - from).rfind('>');
    const std::size_t begin = start_tag_end == kNone ? at : from + start_tag_end + 1;
    const std::string_view raw = text.substr(begin, at - begin);
    if (is_secret_name(name)) add_secret(out, "xml element", name, std::string(raw), raw);
    from = name_end + 1;
  }
}

void scan_multipart(std::string_view text, SecretsSeen& out) {
  constexpr std::string_view kName = "name=";
  const std::size_t start = text.find("--");
  if (start == kNone) return;
  const std::string_view first_line = text.substr(start, text.find_first_of("\r\n", start) - start);
  const std::string delimiter = '\n' + std::string(first_line);
  std::size_t at = start;
  while ((at = text.find(kName, at)) != kNone) {
    const char before = at == 0 ? '\0' : text[at - 1];
    at += kName.size();
    if (before != ' ' && before != ';' && before != '\t') continue;  // filename=
    const std::string_view name = part_name(text, at);
    const std::size_t content = after_empty_line(text, at);
    if (content == kNone) return;
    const std::size_t end = std::min(text.find(delimiter, content - 1), text.size());
    std::string_view value = text.substr(std::min(content, end), end - std::min(content, end));
    if (end != text.size() && value.ends_with('\r')) value.remove_suffix(1);
    if (is_secret_name(name)) add_secret(out, "form field", name, std::string(value), value);
    at = std::max(content, end);
  }
}

void scan_url(std::string_view url, SecretsSeen& out) {
  url_fields(url, out);
  scan_url_passwords(url, out);
}

// RFC 3986 3.2.1.
void scan_url_passwords(std::string_view text, SecretsSeen& out) {
  constexpr std::string_view kBefore = "://";
  if (text.find('@') == kNone) return;
  std::size_t at = 0;
  while ((at = text.find(kBefore, at)) != kNone) {
    at += kBefore.size();
    const std::size_t end = std::min(text.find_first_of("/?# \t\r\n\"'<>\\,", at), text.size());
    const std::string_view authority = text.substr(at, end - at);
    const std::size_t host = authority.rfind('@');
    const std::size_t colon = authority.find(':');
    at = end;
    if (host == kNone || colon >= host) continue;
    const std::string_view raw = authority.substr(colon + 1, host - colon - 1);
    add_secret(out, "url password", decode_percent(authority.substr(0, colon)), decode_percent(raw),
               raw);
  }
}

void scan_undeclared(std::string_view text, SecretsSeen& out) {
  scan_url_passwords(text, out);
  if (!may_hold_secret_name(text) && text.find_first_of("%\\") == kNone) return;
  scan_json(text, out);
  const std::size_t first = skip_blank(text, 0);
  const bool json = first < text.size() && (text[first] == '{' || text[first] == '[');
  if (!json) split(text, '\n', [&](std::string_view line) { undeclared_line(line, out); });
}

}  // namespace wxsec::sniff
