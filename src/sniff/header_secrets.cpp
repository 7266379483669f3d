// A head may break off anywhere, so half an Authorization is masked as a whole one is; it is called
// a credential only where something could be decoded from it.
#include "src/sniff/header_secrets.h"
#include "src/sniff/field_secret.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "src/sniff/secret_names.h"
#include "src/sniff/session_cookie.h"
#include "src/sniff/text_secrets.h"

namespace wxsec::sniff {
namespace {

constexpr auto kNone = std::string_view::npos;

bool is(std::string_view text, std::string_view name) {
  return text.size() == name.size() && proto::equals_ignoring_case(text, name);
}

template <std::size_t Size>
bool is_one_of(std::string_view text, const std::array<std::string_view, Size>& names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return is(text, name); });
}

// Base64 whose end may be cut off.
std::optional<std::string> decode_cut_base64(std::string_view text) {
  if (auto whole = proto::decode_base64(text)) return whole;
  return proto::decode_base64(text.substr(0, text.size() - text.size() % 4));
}

// RFC 7617. Without a password the user name is what opens the door: API keys are sent so.
void scan_basic(std::string_view kind, std::string_view encoded, SecretsSeen& out) {
  const auto pair = decode_cut_base64(encoded);
  if (!pair || pair->empty() || *pair == ":") return add_hidden(out, encoded);
  const std::size_t colon = pair->find(':');
  if (colon == kNone || colon + 1 == pair->size())
    return add_secret(out, kind, "", pair->substr(0, colon), encoded);
  add_secret(out, kind, std::string_view(*pair).substr(0, colon), pair->substr(colon + 1), encoded);
}

void scan_authorization(std::string_view value, bool proxy, SecretsSeen& out) {
  constexpr std::array<std::string_view, 3> kProofs = {"digest", "negotiate", "ntlm"};
  const std::size_t blank = std::min(value.find_first_of(" \t\r\n"), value.size());
  const std::string_view scheme = value.substr(0, blank);
  const std::string_view rest = trim_blanks(value.substr(blank));
  if (is(scheme, "basic")) {
    scan_basic(proxy ? "http proxy basic" : "http basic", rest, out);
  } else if (is(scheme, "bearer")) {
    add_secret(out, "http bearer", "", std::string(rest), rest);
  } else if (rest.empty()) {
    add_secret(out, "http authorization", "", std::string(value), value);
  } else if (!is_one_of(scheme, kProofs)) {
    std::string name(scheme);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    add_secret(out, "http authorization", name, std::string(rest), rest);
  }
}

void add_cookie(std::string_view pair, SecretsSeen& out) {
  const std::size_t equals = pair.find('=');
  if (equals == kNone) return;
  const std::string_view name = trim_blanks(pair.substr(0, equals));
  const std::string_view value = pair.substr(equals + 1);
  if (is_session_cookie(name, value)) add_secret(out, "cookie", name, std::string(value), value);
}

void scan_cookies(std::string_view value, SecretsSeen& out) {
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(';'), value.size());
    add_cookie(trim_blanks(value.substr(0, end)), out);
    value.remove_prefix(std::min(end + 1, value.size()));
  }
}

// RFC 6265 4.1: the pair, then attributes.
void scan_set_cookie(std::string_view value, SecretsSeen& out) {
  const std::size_t end = std::min(value.find(';'), value.size());
  if (!deletes_cookie(value.substr(end))) add_cookie(trim_blanks(value.substr(0, end)), out);
}

constexpr unsigned letters(char first, char second) {
  return static_cast<unsigned>(first) << 8U | static_cast<unsigned>(second);
}

// In lower case. Every field of every message is asked for its name's end, and hardly any is one
// that counts.
unsigned last_letters(std::string_view name) {
  if (name.size() < 3) return 0;
  const auto lower = [](char c) {
    return static_cast<char>(static_cast<unsigned char>(c) | 0x20U);
  };
  return letters(lower(name[name.size() - 2]), lower(name.back())) & 0xFFFFU;
}

bool ends_ignoring_case(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() && is(text.substr(text.size() - ending.size()), ending);
}

// "Location", "Referer", and what proxies call the address that they were asked for.
bool is_url_field(std::string_view name) {
  constexpr std::array<std::string_view, 4> kUrls = {"referer", "refresh", "destination", "origin"};
  switch (last_letters(name)) {
    case letters('r', 'i'): return ends_ignoring_case(name, "uri");
    case letters('r', 'l'): return ends_ignoring_case(name, "url");
    case letters('o', 'n'):
      if (ends_ignoring_case(name, "location")) return true;
      break;
    default: break;
  }
  return is_one_of(name, kUrls);
}

// RFC 8288 3: <http://...>; rel=next, <...>. Each '<' has the next '>' only, and what is behind the
// last of them is one link, cut: nobody may make us read the same bytes again and again.
void scan_links(std::string_view value, SecretsSeen& out) {
  std::size_t begin = value.find('<');
  while (begin != kNone) {
    const std::size_t end = std::min(value.find('>', begin), value.size());
    scan_url(value.substr(begin + 1, end - begin - 1), out);
    begin = value.find('<', end);
  }
}

// Fields of the reader's own making; X-Forwarded-Host and the like hold no part of a secret's name.
bool is_key_field(std::string_view name) {
  constexpr std::array<std::string_view, 5> kKeys = {"api-key", "apikey", "private-token",
                                                     "ocp-apim-subscription-key", "token"};
  if (is_one_of(name, kKeys)) return true;
  return name.size() > 2 && (name[0] == 'x' || name[0] == 'X') && name[1] == '-' &&
         is_secret_name(name);
}

// Whether a name's last two letters are those of one of the words below.
bool may_end_as_secret(std::string_view name) {
  switch (last_letters(name)) {
    case letters('r', 'd'):
    case letters('w', 'd'):
    case letters('s', 'e'):
    case letters('e', 't'):
    case letters('e', 'n'):
    case letters('e', 'y'):
    case letters('w', 't'): return true;
    default: return false;
  }
}

// "Password", "Client-Secret", "Api_Key" without an X-. Stricter than for those: only a name that
// ends so, and none of the browser's own (Sec-Token-Binding proves something, it does not open).
bool is_secret_field(std::string_view name) {
  constexpr std::array<std::string_view, 12> kEndings = {
      "password", "passwd",    "passphrase", "secret",    "token",   "pwd",
      "apikey",   "accesskey", "privatekey", "secretkey", "authkey", "jwt"};
  if (!may_end_as_secret(name) || !is_secret_name(name) ||
      (name.size() > 4 && is(name.substr(0, 4), "sec-")))
    return false;
  std::string letters;
  std::copy_if(name.begin(), name.end(), std::back_inserter(letters),
               [](char c) { return c != '-' && c != '_' && c != '.'; });
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return ends_ignoring_case(letters, ending); });
}

void scan_known_field(const proto::HttpField& field, SecretsSeen& out) {
  const std::string_view name = field.name;
  const std::string_view value = field.value;
  if (value.empty()) return;
  if (is(name, "authorization")) return scan_authorization(value, false, out);
  if (is(name, "proxy-authorization")) return scan_authorization(value, true, out);
  if (is(name, "cookie")) return scan_cookies(value, out);
  if (is(name, "set-cookie")) return scan_set_cookie(value, out);
  if (is(name, "host")) return scan_authority(value, out);
  if (is(name, "link")) return scan_links(value, out);
  if (is_url_field(name)) return scan_url(value, out);
  if (is_key_field(name) && !is_setting(name, value))
    add_secret(out, "api key", name, std::string(value), value);
}

}  // namespace

void scan_http_field(const proto::HttpField& field, SecretsSeen& out) {
  const std::size_t before = out.size();
  scan_known_field(field, out);
  if (out.size() == before && is_secret_field(field.name) && !is_setting(field.name, field.value))
    add_field(out, "http field", field.name, std::string(field.value), field.value);
}

void hide_cut_host(const proto::HttpField& field, SecretsSeen& out) {
  const std::string_view host = field.value;
  const std::size_t colon = host.find(':');
  const bool innocent = host.starts_with('[') || host.find('@') != kNone;  // IPv6; found already
  if (!is(field.name, "host") || colon == kNone || innocent) return;
  const std::string_view behind = host.substr(colon + 1);
  if (behind.find_first_not_of("0123456789") != kNone) add_hidden(out, behind);
}

void scan_request_line(std::string_view line, SecretsSeen& out) {
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = trim_blanks(line.substr(0, end));
    if (word.find_first_of("?#@") != kNone) scan_target(word, out);
    line.remove_prefix(std::min(end + 1, line.size()));
  }
}

// STOMP sends its password as "passcode:x". A value of several words is rather a sentence, but may
// be a passphrase: it is not told, and not shown.
void scan_field_lines(std::string_view text, SecretsSeen& out) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = line.find(':');
    if (colon == kNone) continue;
    const std::string_view name = trim_blanks(line.substr(0, colon));
    const std::string_view value = trim_blanks(line.substr(colon + 1));
    const std::size_t before = out.size();
    if (name.find_first_of(" \t\"'{<=") != kNone) continue;
    scan_known_field({name, value}, out);
    if (out.size() != before || !is_secret(name, value)) continue;
    if (value.find_first_of(" \t") != kNone) {
      add_hidden(out, value);
    } else {
      add_field(out, "text field", name, std::string(value), value);
    }
  }
}

}  // namespace wxsec::sniff
