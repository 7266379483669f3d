// Fields are looked for, documents are not parsed: what travels may be cut, broken or unlabelled,
// and a secret in it is no less readable. Names decide, see secret_names.h. Everything is one pass
// over the text, and a text that holds no part of a secret's name is left at once.
#include "src/sniff/text_secrets.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "lib/proto/http_message.h"
#include "src/sniff/assigned_value.h"
#include "src/sniff/field_secret.h"
#include "src/sniff/json_secrets.h"
#include "src/sniff/nested_secrets.h"
#include "src/sniff/secret_names.h"
#include "src/sniff/text_decoding.h"

namespace wxsec::sniff {
namespace {

constexpr auto kNone = std::string_view::npos;

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

void url_fields(std::string_view url, int depth, SecretsSeen& out);

// Whether any of the marks of a nested address, as they are or encoded, stands in `value`.
bool may_be_address(std::string_view value) {
  for (const std::string_view mark : {"?", "%3F", "%3f", "%3D", "%3d", "%40", "%25"}) {
    if (value.find(mark) != kNone) return true;
  }
  return false;
}

// "next=%2Flogin%3Fpassword%3Dx": an address, perhaps one within another.
void nested_url(std::string_view value, int depth, SecretsSeen& out) {
  constexpr int kDeepest = 3;
  if (depth == kDeepest) return;
  if (value.find('%') == kNone) {
    if (value.find('?') != kNone) url_fields(value, depth + 1, out);
    return;
  }
  if (!may_be_address(value)) return;
  const Decoded url = decode_form_placed(value);
  SecretsSeen inner;
  // One that is still encoded is an address encoded twice.
  const bool again = url.text.find('?') == kNone && url.text.find('%') != kNone;
  if (again) nested_url(url.text, depth + 1, inner);
  if (!again) url_fields(url.text, depth + 1, inner);
  scan_url_passwords(url.text, inner);
  add_placed(value, url, std::move(inner), out);
}

// data={"password":"x"}, encoded in part or altogether; whether anything was found.
bool nested_json(std::string_view value, SecretsSeen& out) {
  constexpr std::array<std::string_view, 6> kBegins = {"{", "[", "%7B", "%7b", "%5B", "%5b"};
  if (std::none_of(kBegins.begin(), kBegins.end(),
                   [&](std::string_view begin) { return value.starts_with(begin); }))
    return false;
  const Decoded json = decode_form_placed(value);
  SecretsSeen inner;
  scan_json(json.text, inner);
  const bool found = !inner.empty();
  add_placed(value, json, std::move(inner), out);
  return found;
}

// OpenWeatherMap's key is called "appid", by which others mean a number or a name.
bool is_application_key(std::string_view name, std::string_view value) {
  constexpr std::size_t kShortest = 16;
  if (!proto::equals_ignoring_case(name, "appid") || value.size() < kShortest) return false;
  const auto counts = [&](std::string_view signs) {
    return std::count_if(value.begin(), value.end(),
                         [&](char c) { return signs.find(c) != kNone; });
  };
  const auto digits = counts("0123456789");
  const auto letters = counts("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
  return digits > 0 && letters > 0 && digits + letters == std::ssize(value);
}

void form_field(std::string_view pair, std::string_view kind, int depth, SecretsSeen& out) {
  const std::size_t equals = pair.find('=');
  if (equals == kNone) return;
  const std::string name = decode_form(trim_blanks(pair.substr(0, equals)));
  const std::string_view value = trim_blanks(pair.substr(equals + 1));
  if (is_secret_name(name)) {
    if (is_setting(name, value)) return;
    const bool blank_before = equals > 0 && is_blank(pair[equals - 1]);
    switch (blank_before ? assigned(name, value) : Assigned::setting) {
      case Assigned::setting: return add_field(out, kind, name, decode_form(value), value);
      case Assigned::doubtful: return add_hidden(out, value);
      case Assigned::program: return;
    }
  }
  if (is_application_key(name, value))
    return add_secret(out, kind, name, std::string(value), value);
  if (!nested_json(value, out)) nested_url(value, depth, out);
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

void form_fields(std::string_view pair, std::string_view kind, int depth, SecretsSeen& out) {
  while (true) {
    const std::size_t end = next_semicolon_field(pair);
    form_field(pair.substr(0, end), kind, depth, out);
    if (end == kNone) return;
    pair = trim_blanks(pair.substr(end + 1));
  }
}

void form(std::string_view text, std::string_view kind, int depth, SecretsSeen& out) {
  // A percent sign may hide a letter of a name.
  if (!may_hold_secret_name(text) && text.find('%') == kNone) return;
  split(text, '&', [&](std::string_view pair) { form_fields(pair, kind, depth, out); });
}

void url_fields(std::string_view url, int depth, SecretsSeen& out) {
  const std::size_t query = url.find('?');
  const std::size_t fragment = url.find('#');
  if (query < fragment)
    form(url.substr(query + 1, fragment - query - 1), "query field", depth, out);
  // An access token may stand in the fragment, too (RFC 6749 4.2.2).
  if (fragment != kNone) form(url.substr(fragment + 1), "query field", depth, out);
}

// RFC 3986 3.2.1: "user:password@host".
void userinfo(std::string_view authority, SecretsSeen& out) {
  const std::size_t host = authority.rfind('@');
  const std::size_t colon = authority.find(':');
  if (host == kNone || colon >= host) return;
  const std::string_view raw = authority.substr(colon + 1, host - colon - 1);
  add_secret(out, "url password", decode_percent(authority.substr(0, colon)), decode_percent(raw),
             raw);
}

// "GET /a?b=1&password=x RTSP/1.0" is no form, though what stands behind its "&" looks like one.
bool is_address_line(std::string_view line) {
  const std::string_view pair = line.substr(0, line.find('&'));
  return pair.find('?') != kNone && !is_field_name(trim_blanks(pair.substr(0, pair.find('='))));
}

void undeclared_line(std::string_view line, SecretsSeen& out) {
  if (is_address_line(line)) return;
  split(line, '&', [&](std::string_view pair) {
    if (is_field_name(trim_blanks(pair.substr(0, pair.find('=')))))
      form_fields(pair, "form field", 0, out);
  });
}

}  // namespace

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

void scan_form(std::string_view text, std::string_view kind, SecretsSeen& out) {
  form(text, kind, 0, out);
}

void scan_url(std::string_view url, SecretsSeen& out) {
  url_fields(url, 0, out);
  scan_url_passwords(url, out);
}

// RFC 9112 3.2.3: CONNECT names an authority alone.
void scan_target(std::string_view target, SecretsSeen& out) {
  scan_url(target, out);
  if (!target.starts_with('/') && target.find("://") == kNone) scan_authority(target, out);
}

void scan_authority(std::string_view text, SecretsSeen& out) {
  if (text.find('@') != kNone) userinfo(text.substr(0, text.find_first_of("/?#")), out);
}

void scan_url_passwords(std::string_view text, SecretsSeen& out) {
  constexpr std::string_view kBefore = "://";
  if (text.find('@') == kNone) return;
  std::size_t at = 0;
  while ((at = text.find(kBefore, at)) != kNone) {
    at += kBefore.size();
    const std::size_t end = std::min(text.find_first_of("/?# \t\r\n\"'<>\\,", at), text.size());
    userinfo(text.substr(at, end - at), out);
    at = end;
  }
}

// Queries and fragments of addresses, wherever they stand: a request's line may be cut, or that of
// another protocol than HTTP.
void scan_queries(std::string_view text, SecretsSeen& out) {
  std::size_t at = 0;
  while ((at = text.find_first_of("?#", at)) != kNone) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n\"'<>\\", at), text.size());
    url_fields(text.substr(at, end - at), 0, out);
    at = end;
  }
}

void scan_undeclared(std::string_view text, SecretsSeen& out) {
  scan_url_passwords(text, out);
  if (!may_hold_secret_name(text) && text.find_first_of("%\\") == kNone) return;
  scan_json(text, out);
  if (!looks_like_json(text) || begins_section(text))
    split(text, '\n', [&](std::string_view line) { undeclared_line(line, out); });
  scan_queries(text, out);
}

}  // namespace wxsec::sniff
