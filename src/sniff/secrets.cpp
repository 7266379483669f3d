// Where people put secrets in messages that anybody can read. Names decide, never the look of a
// value: a random-looking value may be anything, and a false find would hide the true ones.
#include "src/sniff/secrets.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "src/sniff/secret_names.h"

namespace wxsec::sniff {
namespace {

constexpr std::size_t kMaxSecrets = 64;          // of one message
constexpr std::size_t kMaxScanned = 256 * 1024;  // bytes of a body
constexpr std::size_t kTellingPart = 2;          // a shorter beginning of a secret tells nothing

using Secrets = std::vector<SecretSeen>;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

void add(Secrets& out, std::string_view kind, std::string_view name, std::string value,
         std::string_view raw) {
  if (out.size() < kMaxSecrets && !raw.empty())
    out.push_back({kind, std::string(name), std::move(value), raw});
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  return text.size() >= part.size() &&
         std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Calls `each(part)` for the parts of `text` between separators.
template <class Each>
void split(std::string_view text, char separator, const Each& each) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    each(trim(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char letter = lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

// application/x-www-form-urlencoded: %41 and plus signs.
std::string decode_form(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (text[i] == '%' && high >= 0 && low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

void scan_form(std::string_view text, std::string_view kind, Secrets& out) {
  split(text, '&', [&](std::string_view pair) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return;
    const std::string name = decode_form(pair.substr(0, equals));
    const std::string_view value = pair.substr(equals + 1);
    if (is_secret_name(name)) add(out, kind, name, decode_form(value), value);
  });
}

// The end of the JSON string that begins after `at`'s quote, or npos.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (std::size_t i = at; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i;
    }
  }
  return std::string_view::npos;
}

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::size_t skip_blank(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

// RFC 8259 7, as far as secrets need it: \u below 0x80 only, others stay as they are written.
std::string decode_json(std::string_view text) {
  constexpr std::string_view kNames = "bfnrt";
  constexpr std::string_view kValues = "\b\f\n\r\t";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out.push_back(text[i]);
      continue;
    }
    const char c = text[++i];
    const std::size_t named = kNames.find(c);
    const bool ascii = c == 'u' && text.substr(i + 1).starts_with("00") && i + 4 < text.size();
    const int high = ascii ? hex_value(text[i + 3]) : -1;
    const int low = ascii ? hex_value(text[i + 4]) : -1;
    if (high >= 0 && high < 8 && low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 4;
    } else if (c == 'u') {
      out += "\\u";
    } else {
      out.push_back(named == std::string_view::npos ? c : kValues[named]);
    }
  }
  return out;
}

// The number at `at`, or nothing.
std::string_view number_at(std::string_view text, std::size_t at) {
  const std::size_t end = std::min(text.find_first_not_of("-+.0123456789eE", at), text.size());
  return text.substr(at, end - at);
}

bool is_escaped(std::string_view text, std::size_t at) {
  std::size_t backslashes = 0;
  while (backslashes < at && text[at - 1 - backslashes] == '\\') ++backslashes;
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

// Strings followed by a colon and a string or a number, at any depth; no need to parse the rest.
// Looked for by their colons, of which a body has fewer than it has quotes.
void scan_json(std::string_view text, Secrets& out) {
  if (!may_hold_secret_name(text)) return;
  std::size_t at = 0;
  while ((at = text.find(':', at)) != std::string_view::npos) {
    const std::size_t colon = at++;
    const auto name = string_before(text, colon);
    if (!name) continue;
    at = skip_blank(text, at);
    if (at >= text.size()) return;
    if (text[at] != '"') {
      if (!is_secret_name(*name)) continue;
      const std::string_view number = number_at(text, at);
      add(out, "json field", *name, std::string(number), number);
      continue;
    }
    const std::size_t value_end = string_end(text, at + 1);
    if (value_end == std::string_view::npos) return;
    const std::string_view value = text.substr(at + 1, value_end - at - 1);
    if (is_secret_name(*name)) add(out, "json field", *name, decode_json(value), value);
    at = value_end + 1;
  }
}

// RFC 7578: parts with a name, each after a line of two hyphens and the boundary.
void scan_multipart(std::string_view text, Secrets& out) {
  constexpr std::string_view kName = "; name=\"";
  constexpr std::string_view kBlank = "\r\n\r\n";
  std::size_t at = 0;
  while ((at = text.find(kName, at)) != std::string_view::npos) {
    at += kName.size();
    const std::size_t name_end = text.find('"', at);
    const std::size_t begin = text.find(kBlank, at);
    if (name_end == std::string_view::npos || begin == std::string_view::npos) return;
    const std::size_t content = begin + kBlank.size();
    const std::size_t end = std::min(text.find("\r\n--", content), text.size());
    const std::string_view name = text.substr(at, name_end - at);
    const std::string_view value = text.substr(content, end - content);
    if (is_secret_name(name)) add(out, "form field", name, std::string(value), value);
    at = end;
  }
}

void scan_authorization(std::string_view value, std::string_view prefix, Secrets& out) {
  const std::size_t space = std::min(value.find(' '), value.size());
  const std::string scheme = lowered(value.substr(0, space));
  const std::string_view rest = trim(value.substr(space));
  if (scheme == "basic") {
    const std::string pair = proto::decode_base64(rest).value_or("");
    const std::size_t colon = std::min(pair.find(':'), pair.size());
    add(out, prefix == "proxy" ? "http proxy basic" : "http basic", pair.substr(0, colon),
        pair.substr(std::min(colon + 1, pair.size())), rest);
  } else if (scheme == "bearer") {
    add(out, "http bearer", "", std::string(rest), rest);
  } else if (scheme != "digest" && scheme != "negotiate" && scheme != "ntlm") {
    add(out, "http authorization", scheme, std::string(rest), rest.empty() ? value : rest);
  }
}

void scan_cookies(std::string_view value, bool only_first, Secrets& out) {
  bool first = true;
  split(value, ';', [&](std::string_view pair) {
    const std::size_t equals = pair.find('=');
    const bool wanted = first || !only_first;
    first = false;
    if (!wanted || equals == std::string_view::npos) return;
    const std::string_view content = pair.substr(equals + 1);
    add(out, "cookie", pair.substr(0, equals), std::string(content), content);
  });
}

// What stands behind the question mark of a target or URL, up to its fragment; an access token may
// stand in the fragment, too (RFC 6749 4.2.2).
void scan_query(std::string_view url, Secrets& out) {
  const std::size_t query = url.find('?');
  const std::size_t fragment = url.find('#');
  if (query < fragment) scan_form(url.substr(query + 1, fragment - query - 1), "query field", out);
  if (fragment != std::string_view::npos) scan_form(url.substr(fragment + 1), "query field", out);
}

void scan_field(const proto::HttpField& field, Secrets& out) {
  const auto is = [&](std::string_view name) {
    return field.name.size() == name.size() && proto::equals_ignoring_case(field.name, name);
  };
  if (is("authorization")) return scan_authorization(field.value, "", out);
  if (is("proxy-authorization")) return scan_authorization(field.value, "proxy", out);
  if (is("cookie")) return scan_cookies(field.value, false, out);
  if (is("set-cookie")) return scan_cookies(field.value, true, out);
  if (is("referer") || is("location") || is("content-location"))
    return scan_query(field.value, out);
  constexpr std::array<std::string_view, 5> kKeys = {"x-api-key", "x-auth-token", "api-key",
                                                     "x-access-token", "private-token"};
  if (std::any_of(kKeys.begin(), kKeys.end(), is))
    add(out, "api key", field.name, std::string(field.value), field.value);
}

void scan_http(const flow::HttpMessage& message, Secrets& out) {
  for (const proto::HttpField& field : message.head->fields) scan_field(field, out);
  scan_query(message.head->target, out);
  if (message.body.empty()) return;
  const std::string_view body =
      core::as_text(message.body.first(std::min(message.body.size(), kMaxScanned)));
  const std::string_view type = message.head->field("content-type");
  if (contains_ignoring_case(type, "x-www-form-urlencoded")) {
    scan_form(body, "form field", out);
  } else if (contains_ignoring_case(type, "multipart/form-data")) {
    scan_multipart(body, out);
  } else if (contains_ignoring_case(type, "json")) {
    scan_json(body, out);
  }
}

void scan_mqtt(const flow::MqttMessage& message, Secrets& out) {
  if (const auto* connect = std::get_if<proto::MqttConnect>(&message.packet->body)) {
    if (connect->password) {
      const std::string_view password = core::as_text(*connect->password);
      add(out, "mqtt password", connect->username.value_or(""), std::string(password), password);
    }
    const auto data =
        proto::find_mqtt_property(connect->properties, proto::MqttPropertyId::authentication_data);
    if (data) add(out, "mqtt authentication data", "", std::string(data->text), data->text);
  } else if (message.packet->type == proto::MqttType::auth) {
    const auto* reason = std::get_if<proto::MqttReason>(&message.packet->body);
    if (reason == nullptr) return;
    const auto data =
        proto::find_mqtt_property(reason->properties, proto::MqttPropertyId::authentication_data);
    if (data) add(out, "mqtt authentication data", "", std::string(data->text), data->text);
  }
}

}  // namespace

std::string masked_target(std::string_view target) {
  Secrets found;
  scan_query(target, found);
  return masked_copy(target, found);
}

std::vector<SecretSeen> find_secrets(const flow::Event& event) {
  Secrets out;
  if (const auto* mqtt = std::get_if<flow::MqttMessage>(&event.what)) scan_mqtt(*mqtt, out);
  if (const auto* http = std::get_if<flow::HttpMessage>(&event.what)) scan_http(*http, out);
  return out;
}

std::string masked_copy(std::string_view text, const std::vector<SecretSeen>& secrets) {
  std::string out(text);
  for (const SecretSeen& secret : secrets) {
    for (std::size_t at = out.find(secret.raw); at != std::string::npos;
         at = out.find(secret.raw, at + secret.raw.size()))
      out.replace(at, secret.raw.size(), secret.raw.size(), '*');
    // Where the text was cut in the middle of the secret, its beginning is no less secret.
    for (std::size_t size = std::min(secret.raw.size() - 1, out.size()); size >= kTellingPart;
         --size) {
      if (!out.ends_with(secret.raw.substr(0, size))) continue;
      out.replace(out.size() - size, size, size, '*');
      break;
    }
  }
  return out;
}

}  // namespace wxsec::sniff
