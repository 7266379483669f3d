// One line per message, written straight into the caller's buffer. Masked secrets never enter it.
#include "src/sniff/json_lines.h"

#include <fmt/format.h>

#include "lib/core/time.h"
#include "lib/json/line_writer.h"
#include "src/sniff/exposure.h"
#include "src/sniff/json_mqtt.h"
#include "src/sniff/json_payload.h"
#include "src/sniff/masking.h"

namespace wxsec::sniff {
namespace {

using json::LineWriter;

void certificate(LineWriter& line, const proto::X509Card& card) {
  line.open_item_object()
      .text("subject", card.subject)
      .text("issuer", card.issuer)
      .text("serial", card.serial)
      .text("not_before", core::rfc3339(card.not_before))
      .text("not_after", core::rfc3339(card.not_after));
  line.open_array("dns_names");
  for (const std::string& name : card.dns_names) line.item(name);
  line.close_array().boolean("self_issued", card.self_issued).close_object();
}

// The fields of each kind of event.
struct BodyWriter {
  LineWriter& line;
  const flow::Event& event;
  Secrets secrets;
  const Masks& hidden;  // what must not be shown

  // Names of ours need no escaping.
  void kind(std::string_view protocol, std::string_view type) const {
    line.plain("protocol", protocol).plain("type", type);
    if (event.decrypted) line.boolean("decrypted", true);
  }
  void operator()(const flow::FlowStart&) const {}
  void operator()(const flow::MqttMessage& message) const {
    kind("mqtt", proto::mqtt_type_name(message.packet->type));
    write_mqtt(line, message, secrets, hidden);
  }
  void operator()(const flow::MqttProblem& problem) const {
    kind("mqtt", "malformed");
    line.text("packet_type", proto::mqtt_type_name(problem.type)).text("problem", problem.what);
    line.number("size", problem.raw.size());
  }
  void operator()(const flow::HttpMessage& message) const {
    const Masks& found = hidden;
    std::string masked;  // of the last call
    const auto shown = [&](std::string_view text) {
      if (found.empty()) return text;
      masked = found.copy(text);
      return std::string_view(masked);
    };
    const proto::HttpHead& head = *message.head;
    kind("http", head.request ? "request" : "response");
    const char version[] = {'1', '.', static_cast<char>('0' + head.minor_version % 10)};
    line.plain("version", std::string_view(version, sizeof(version)));
    if (head.request) {
      line.text("method", head.method);
      payload(line, "target", "target_base64", core::as_bytes(shown(head.target)));
      if (!head.field("host").empty()) line.text("host", shown(head.field("host")));
    } else {
      line.number("status", head.status);
      payload(line, "reason", "reason_base64", core::as_bytes(shown(head.reason)));
      if (!message.request_method.empty()) line.text("request_method", message.request_method);
      if (!message.request_target.empty()) {
        const std::string target = secrets == Secrets::masked
                                       ? found.copy(masked_target(message.request_target))
                                       : std::string(message.request_target);
        payload(line, "request_target", "request_target_base64", core::as_bytes(target));
      }
    }
    line.open_array("fields");
    for (const proto::HttpField& field : head.fields) {
      line.open_item_object().text("name", shown(field.name));
      payload(line, "value", "value_base64", core::as_bytes(shown(field.value)));
      line.close_object();
    }
    line.close_array().number("body_size", message.body_size);
    if (!message.body.empty()) {
      payload(line, "body", "body_base64", core::as_bytes(shown(core::as_text(message.body))));
    }
    if (message.truncated) line.boolean("truncated", true);
    if (message.incomplete) line.boolean("incomplete", true);
  }
  // A list of two-byte numbers by their names, GREASE (RFC 8701) left out.
  void names(std::string_view key, core::ByteView list,
             std::string_view (*name)(std::uint16_t)) const {
    line.open_array(key);
    wire::Reader in(list);
    while (in.left() >= 2) {
      const std::uint16_t value = in.u16();
      if (!proto::is_grease(value)) line.item(name(value));
    }
    line.close_array();
  }
  void operator()(const flow::TlsClientHelloSeen& seen) const {
    kind("tls", "client_hello");
    const proto::TlsClientHello& hello = *seen.hello;
    line.text("version", proto::tls_version_name(hello.best_version()));
    line.text("sni", hello.server_name).text("alpn", hello.first_alpn());
    names("versions", hello.supported_versions, proto::tls_version_name);
    names("ciphers", hello.suites, proto::tls_suite_name);
    names("groups", hello.groups, proto::tls_group_name);
    line.open_array("alpns");
    wire::Reader offered(hello.alpn);
    while (offered.left() > 1) {
      const std::size_t length = offered.u8();
      line.item(offered.text(length));
    }
    line.close_array();
    if (hello.pre_shared_key) line.boolean("pre_shared_key", true);
    if (hello.early_data) line.boolean("early_data", true);
    line.text("ja3", seen.ja3).text("ja4", seen.ja4);
  }
  void operator()(const flow::TlsServerHelloSeen& seen) const {
    const proto::TlsServerHello& hello = *seen.hello;
    kind("tls", hello.retry ? "hello_retry_request" : "server_hello");
    line.text("version", proto::tls_version_name(hello.version));
    line.text("cipher", proto::tls_suite_name(hello.suite)).text("alpn", hello.alpn);
    if (hello.group != 0) line.text("group", proto::tls_group_name(hello.group));
    line.text("ja3s", seen.ja3s);
  }
  void operator()(const flow::TlsCertificatesSeen& seen) const {
    kind("tls", "certificate");
    line.open_array("certificates");
    for (const proto::X509Card& card : seen.cards) certificate(line, card);
    line.close_array();
  }
  void operator()(const flow::TlsAlertSeen& alert) const {
    kind("tls", "alert");
    line.text("level", alert.level == 2 ? "fatal" : "warning");
    line.text("alert", proto::tls_alert_name(alert.description));
    line.number("alert_code", alert.description);
  }
  void operator()(const flow::TlsRecordSeen& seen) const {
    kind("tls", "record");
    line.plain("content", proto::tls_content_name(seen.record.type));
    line.plain("version", proto::tls_version_name(seen.record.version));
    line.number("size", seen.record.length).boolean("encrypted", seen.encrypted);
  }
  void operator()(const flow::WebSocketMessage& message) const {
    constexpr std::string_view kNames[] = {"continuation", "text", "binary"};
    constexpr std::string_view kControl[] = {"close", "ping", "pong"};
    kind("websocket", message.opcode < 3                           ? kNames[message.opcode]
                      : message.opcode >= 8 && message.opcode < 11 ? kControl[message.opcode - 8]
                                                                   : "unknown");
    payload(line, "payload", "payload_base64", message.payload, hidden);
    if (message.truncated) line.boolean("truncated", true);
    if (message.deflated) line.boolean("deflated", true);
  }
  void operator()(const flow::Gap& gap) const {
    kind("tcp", "gap");
    line.number("bytes", gap.bytes);
  }
  void operator()(const flow::Conflict& conflict) const {
    kind("tcp", "conflict");
    line.number("bytes", conflict.bytes);
  }
  void operator()(const flow::UnknownData& data) const {
    kind("unknown", "data");
    payload(line, "payload", "payload_base64", data.bytes, hidden);
  }
  void operator()(const flow::FlowEnd&) const {
    const flow::FlowFacts& facts = *event.flow;
    kind(flow::protocol_name(facts.protocol), "flow");
    if (facts.inner != flow::Protocol::unknown)
      line.text("inner", flow::protocol_name(facts.inner));
    line.text("verdict", flow::verdict_name(facts.verdict));
    line.text("ending", flow::ending_name(facts.ending));
    line.boolean("mid_stream", facts.mid_stream);
    line.number("packets", facts.packets[0] + facts.packets[1]);
    line.number("bytes_to_server", facts.bytes[0]).number("bytes_to_client", facts.bytes[1]);
    line.number("lost", facts.lost[0] + facts.lost[1]).number("messages", facts.messages);
    if (facts.mqtt_version != proto::MqttVersion::unknown)
      line.text("mqtt_version", proto::mqtt_version_name(facts.mqtt_version));
    if (facts.tls != nullptr) tls(*facts.tls);
  }
  void tls(const flow::TlsFacts& facts) const {
    const bool agreed = facts.version != 0;
    line.text("version", agreed ? proto::tls_version_name(facts.version) : "");
    line.text("cipher", agreed ? proto::tls_suite_name(facts.suite) : "");
    if (facts.group != 0) line.text("group", proto::tls_group_name(facts.group));
    line.text("sni", facts.sni).text("alpn", facts.alpn);
    line.text("ja3", facts.ja3).text("ja3s", facts.ja3s).text("ja4", facts.ja4);
    line.boolean("established", facts.established).boolean("resumed", facts.resumed);
    line.boolean("early_data", facts.early_data).boolean("opened", facts.decrypted);
    line.number("records", facts.records[0] + facts.records[1]);
    if (facts.alert != 0xFF) line.text("alert", proto::tls_alert_name(facts.alert));
    if (facts.certificates.empty()) return;
    line.open_array("certificates");
    for (const proto::X509Card& card : facts.certificates) certificate(line, card);
    line.close_array();
  }
};

// What is carried by WebSocket shows up as its own lines.
bool has_line(const flow::Event& event) {
  if (std::holds_alternative<flow::FlowStart>(event.what)) return false;
  const auto* frame = std::get_if<flow::WebSocketMessage>(&event.what);
  return frame == nullptr || !frame->carried;
}

}  // namespace

void JsonLines::remember_endpoints(const flow::FlowFacts& facts) {
  if (cached_flow_ == facts.id) return;
  cached_flow_ = facts.id;
  client_.clear();
  server_.clear();
  flow::append(client_, facts.client);
  flow::append(server_, facts.server);
}

void JsonLines::append(json::Buffer& out, const report::Finding& finding, const FindingCase& one,
                       std::string_view protocol) {
  LineWriter line(out);
  line.number("packet", one.place.packet).plain("time", stamp_.rfc3339(one.place.time_ns));
  line.number("flow", one.place.flow).plain("src", one.source()).plain("dst", one.destination());
  line.plain("protocol", protocol).plain("type", "finding").plain("id", finding.id);
  line.plain("severity", report::severity_name(finding.severity)).text("title", finding.title);
  line.text("evidence", one.text);
  payload(line, "excerpt", "excerpt_base64", one.excerpt);
  line.end();
}

void JsonLines::append(json::Buffer& out, const flow::Event& event) {
  append(out, event, secrets_ == Secrets::masked ? finder_.find(event) : SecretsSeen{});
}

void JsonLines::append(json::Buffer& out, const flow::Event& event, const SecretsSeen& found) {
  if (!has_line(event)) return;
  LineWriter line(out);
  line.number("packet", event.packet).plain("time", stamp_.rfc3339(event.time_ns));
  line.number("flow", event.flow->id);
  remember_endpoints(*event.flow);
  const bool forward = event.direction == flow::Direction::to_server;
  line.plain("src", forward ? client_ : server_).plain("dst", forward ? server_ : client_);
  const SecretsSeen none;
  const Masks hidden(secrets_ == Secrets::masked ? found : none);
  std::visit(BodyWriter{line, event, secrets_, hidden}, event.what);
  line.end();
}

}  // namespace wxsec::sniff
