// Where people put secrets in messages that anybody can read. Names decide, hardly ever the look of
// a value: a random-looking value may be anything, and a false find would hide the true ones.
#include "src/sniff/secrets.h"

#include <algorithm>

#include "src/sniff/broken_connect.h"
#include "src/sniff/cut_mqtt_secrets.h"
#include "src/sniff/declared_secrets.h"
#include "src/sniff/field_secret.h"
#include "src/sniff/header_secrets.h"
#include "src/sniff/json_secrets.h"
#include "src/sniff/secret_names.h"
#include "src/sniff/text_secrets.h"

namespace wxsec::sniff {
namespace {

// Secrets from `first` on that reach the end of `text`, behind which something is missing.
void call_cut(std::string_view text, std::size_t first, SecretsSeen& out) {
  const char* const end = text.data() + text.size();
  for (std::size_t i = first; i < out.size(); ++i) {
    if (out[i].raw.data() + out[i].raw.size() == end) out[i].kind = cut_kind(out[i].kind);
  }
}

// What stands right behind a gap may be the rest of a name or of a value. A JSON name has its
// quotes before it; all others are believed from the next separator on.
std::string_view from_first_whole_field(std::string_view type, std::string_view part) {
  if (contains_ignoring_case(type, "json")) return part;
  const std::size_t begin = contains_ignoring_case(type, "multipart")
                                ? part.find("\n--") + 1  // npos + 1 is 0
                                : part.find_first_of("&\n<\"{") + 1;
  return begin == 0 ? std::string_view() : part.substr(begin - 1);
}

// As what the rest of `body` behind a gap is read, which has lost its beginning.
std::string_view type_of_rest(std::string_view type, std::string_view body) {
  const bool lines = begins_section(body) && holds_lines(type);
  return looks_like_json(body) && !lines ? "application/json" : type;
}

void scan_body(const flow::HttpMessage& message, SecretsSeen& out) {
  const std::string_view type = message.head->field("content-type");
  const std::string_view body = core::as_text(message.body);
  const std::size_t before = out.size();
  scan_declared(type, body, out);
  if (message.incomplete || message.truncated) call_cut(body, before, out);
  const std::string_view rest_type = type_of_rest(type, body);
  for (const core::ByteView one : message.behind_gaps) {
    const std::string_view part = from_first_whole_field(rest_type, core::as_text(one));
    const std::size_t first = out.size();
    scan_declared(rest_type, part, out);
    call_cut(part, first, out);
  }
}

// Where a head broke off.
void scan_head_end(const flow::HttpMessage& message, SecretsSeen& out) {
  const std::string_view raw = core::as_text(message.raw);
  call_cut(raw, 0, out);
  if (message.head->fields.empty()) return;
  const proto::HttpField& last = message.head->fields.back();
  if (last.value.data() + last.value.size() == raw.data() + raw.size()) hide_cut_host(last, out);
}

void scan(const flow::HttpMessage& message, SecretsSeen& out) {
  for (const proto::HttpField& field : message.head->fields) scan_http_field(field, out);
  scan_target(message.head->target, out);
  if (message.incomplete) scan_head_end(message, out);
  if (!message.body.empty() || !message.behind_gaps.empty()) scan_body(message, out);
}

void scan_properties(core::ByteView properties, SecretsSeen& out) {
  proto::MqttPropertyReader reader(properties);
  while (const auto one = reader.next()) {
    if (one->id == proto::MqttPropertyId::authentication_data)
      add_secret(out, "mqtt authentication data", "", std::string(one->text), one->text);
    if (one->kind == proto::MqttPropertyKind::pair && is_secret(one->key, one->text))
      add_field(out, "mqtt user property", one->key, std::string(one->text), one->text);
  }
}

// Payloads are binary, text or JSON, and most of them are small and come by the thousand.
void scan_payload(std::string_view payload, SecretsSeen& out) {
  if (!looks_like_json(payload)) return;
  scan_json(payload, out);
  scan_url_passwords(payload, out);
}

// Some use one word for all three, and a short one is masked only where it is known to stand.
void hide_same(std::string_view name, std::string_view password, SecretsSeen& out) {
  if (name == password) add_hidden(out, name);
}

struct MqttScan {
  SecretsSeen& out;

  void operator()(const proto::MqttConnect& packet) const {
    if (packet.password) {
      const std::string_view password = core::as_text(*packet.password);
      const std::string_view username = packet.username.value_or("");
      add_secret(out, "mqtt password", username, std::string(password), password);
      hide_same(username, password, out);
      hide_same(packet.client_id, password, out);
    }
    scan_properties(packet.properties, out);
    if (!packet.will) return;
    scan_payload(core::as_text(packet.will->payload), out);
    scan_properties(packet.will->properties, out);
  }
  void operator()(const proto::MqttPublish& packet) const {
    scan_payload(core::as_text(packet.payload), out);
    scan_properties(packet.properties, out);
  }
  // The server's side of an exchange proves something, it does not open anything.
  void operator()(const proto::MqttConnack& packet) const {
    scan_properties(packet.properties, out);
    for (SecretSeen& one : out) one.told = false;
  }
  void operator()(std::monostate) const {}
  void operator()(const proto::MqttPing&) const {}
  template <class Packet>
  void operator()(const Packet& packet) const {
    scan_properties(packet.properties, out);
  }
};

// "GET /reading?to", whose end is not there.
bool is_cut_request_line(std::string_view text) {
  const std::size_t space = text.find(' ');
  return space != std::string_view::npos && text.find('\n') == std::string_view::npos &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == space;
}

// A stranger's bytes, perhaps from the middle of a message: whatever is readable in them counts.
// Other than an address in it, the line of a CONNECT may hold a password that is nowhere marked.
void scan_unknown(core::ByteView bytes, SecretsSeen& out) {
  const std::string_view text = core::as_text(bytes);
  const std::string_view line = text.substr(0, text.find('\n'));
  const std::size_t first = out.size();
  if (line.starts_with("CONNECT ") || line.find(" HTTP/") != std::string_view::npos)
    scan_request_line(line, out);
  scan_undeclared(text, out);
  scan_field_lines(text, out);
  drop_repeated(out, first);
  if (is_cut_request_line(text)) call_cut(text, first, out);
}

// Half a password opens nothing, and whoever tries it should know.
void scan_fields(const BrokenConnect& connect, SecretsSeen& out) {
  add_secret(out, connect.password_cut ? "mqtt password (cut)" : "mqtt password", connect.username,
             std::string(connect.password), connect.password);
  hide_same(connect.username, connect.password, out);
  const std::string_view data = connect.authentication_data;
  add_secret(out,
             connect.authentication_data_cut ? "mqtt authentication data (cut)"
                                             : "mqtt authentication data",
             "", std::string(data), data);
  add_hidden(out, connect.rest);
}

// More of the packet was announced than is there.
bool is_cut(core::ByteView packet) { return proto::peek_mqtt_frame(packet).size > packet.size(); }

// Of a CONNECT only what stands in front of the password is looked through: the rest is masked, and
// what would be found in it is no credential of its own.
void scan(const flow::MqttProblem& problem, SecretsSeen& out) {
  const auto connect = read_broken_connect(problem.raw);
  if (connect) scan_fields(*connect, out);
  const core::ByteView unread = connect ? connect->beginning : problem.raw;
  scan_cut_mqtt(unread, out);
  const std::size_t first = out.size();
  scan_unknown(unread, out);
  if (is_cut(problem.raw)) call_cut(core::as_text(problem.raw), first, out);
  drop_repeated(out, 0);
}

void scan(const flow::WebSocketMessage& message, SecretsSeen& out) {
  if (message.carried) return;
  scan_unknown(message.payload, out);
  if (message.deflated) {  // what was stored without compression has to be masked
    for (SecretSeen& one : out) one.told = false;
  }
  if (message.truncated) call_cut(core::as_text(message.payload), 0, out);
}

}  // namespace

std::string_view cut_kind(std::string_view kind) {
  constexpr std::pair<std::string_view, std::string_view> kKinds[] = {
      {"form field", "form field (cut)"},
      {"json field", "json field (cut)"},
      {"query field", "query field (cut)"},
      {"xml element", "xml element (cut)"},
      {"text field", "text field (cut)"},
      {"xml attribute", "xml attribute (cut)"},
      {"url password", "url password (cut)"},
      {"http basic", "http basic (cut)"},
      {"http bearer", "http bearer (cut)"},
      {"http authorization", "http authorization (cut)"},
      {"cookie", "cookie (cut)"},
      {"api key", "api key (cut)"},
      {"http field", "http field (cut)"}};
  for (const auto& [whole, cut] : kKinds) {
    if (kind == whole) return cut;
  }
  return kind;
}

SecretsSeen find_secrets(const flow::Event& event) {
  SecretsSeen out;
  if (const auto* a = std::get_if<flow::MqttMessage>(&event.what)) {
    std::visit(MqttScan{out}, a->packet->body);
    if (a->truncated) call_cut(core::as_text(a->raw), 0, out);
  } else if (const auto* b = std::get_if<flow::HttpMessage>(&event.what)) {
    scan(*b, out);
  } else if (const auto* c = std::get_if<flow::WebSocketMessage>(&event.what)) {
    scan(*c, out);
  } else if (const auto* d = std::get_if<flow::MqttProblem>(&event.what)) {
    scan(*d, out);
  } else if (const auto* e = std::get_if<flow::UnknownData>(&event.what)) {
    scan_unknown(e->bytes, out);
  }
  return out;
}

}  // namespace wxsec::sniff
