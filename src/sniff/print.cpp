// One line per message:
//
//     #12 10:31:00.123456 flow 1  127.0.0.1:40112 > 127.0.0.1:1883  MQTT  PUBLISH wx/s1/reading
//     {..}
//
// with the number of the packet, as Wireshark counts, and of the flow, as --follow takes it.
// Red is what an eavesdropper reads and should not, green what he cannot.
#include "src/sniff/print.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/term/hexdump.h"
#include "src/sniff/masking.h"
#include "src/sniff/print_mqtt.h"
#include "src/sniff/shown.h"

namespace wxsec::sniff {
namespace {

constexpr std::size_t kMaxWhole = std::size_t{1} << 20;
constexpr std::size_t kMaxHexdump = 256;

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

std::string day(core::Instant at) { return core::rfc3339(at).substr(0, 10); }

std::string card_text(const proto::X509Card& card) {
  return fmt::format("{}, issued by {}, serial {}, {} to {}", shown(card.subject),
                     shown(card.issuer), card.serial, day(card.not_before), day(card.not_after));
}

// The text of an event after its endpoints; empty where it gets no line.
struct EventText {
  const term::Style& style;
  const flow::Event& event;
  const PrintOptions& options;
  const Masks& hidden;  // what must not be shown

  // Bytes of a payload that are shown.
  std::size_t most() const { return options.whole ? kMaxWhole : kMaxText; }
  std::string label(std::string_view name) const {
    std::string text(name);
    if (event.decrypted) return style.yellow(text + " (decrypted)");
    return name == "TLS" ? style.green(text) : style.red(text);
  }
  std::string operator()(const flow::FlowStart&) const { return ""; }
  std::string operator()(const flow::MqttMessage& message) const {
    return label("MQTT") + "  " + upper(proto::mqtt_type_name(message.packet->type)) +
           mqtt_text(style, message, options.secrets, most(), hidden) +
           (message.truncated ? style.dim(" [cut]") : "") +
           (message.incomplete ? style.dim(" [incomplete]") : "");
  }
  std::string operator()(const flow::MqttProblem& problem) const {
    return label("MQTT") + "  " +
           style.doubt(fmt::format("malformed {}: {}", upper(proto::mqtt_type_name(problem.type)),
                                   problem.what));
  }
  std::string operator()(const flow::HttpMessage& message) const {
    const Masks& found = hidden;
    const proto::HttpHead& head = *message.head;
    std::string out = label("HTTP") + "  ";
    if (head.request) {
      out += style.bold(shown(head.method, 32)) + ' ' + shown(found.copy(head.target));
    } else {
      out += style.bold(std::to_string(head.status)) + ' ' + shown(found.copy(head.reason), 64);
    }
    for (const std::string_view name :
         {"host", "authorization", "proxy-authorization", "cookie", "set-cookie"}) {
      const std::string_view value = head.field(name);
      if (value.empty()) continue;
      const std::string text = shown(found.copy(value));
      out += fmt::format(" {}: {}", name, name == "host" ? text : style.bad(text));
    }
    if (message.body_size > 0) {
      const std::string body = found.copy(core::as_text(message.body));
      out += fmt::format(" [{} bytes] ", message.body_size) + shown(body, most());
    }
    if (message.incomplete) out += style.dim(" [incomplete]");
    return out;
  }
  std::string operator()(const flow::TlsClientHelloSeen& seen) const {
    const proto::TlsClientHello& hello = *seen.hello;
    std::string out = label("TLS") + "  ClientHello up to " +
                      std::string(proto::tls_version_name(hello.best_version()));
    if (!hello.server_name.empty()) out += " sni=" + style.bold(shown(hello.server_name));
    if (!hello.first_alpn().empty()) out += " alpn=" + shown(hello.first_alpn(), 64);
    if (!seen.ja4.empty()) out += fmt::format(" ja4={}", seen.ja4);
    return out;
  }
  std::string operator()(const flow::TlsServerHelloSeen& seen) const {
    const proto::TlsServerHello& hello = *seen.hello;
    std::string out =
        fmt::format("{}  {} {} {}", label("TLS"), hello.retry ? "HelloRetryRequest" : "ServerHello",
                    proto::tls_version_name(hello.version), proto::tls_suite_name(hello.suite));
    if (hello.group != 0) out += fmt::format(" group={}", proto::tls_group_name(hello.group));
    if (!hello.alpn.empty()) out += " alpn=" + shown(hello.alpn, 64);
    return out;
  }
  std::string operator()(const flow::TlsCertificatesSeen& seen) const {
    if (seen.cards.empty()) return label("TLS") + "  Certificate: none";
    return fmt::format("{}  Certificate: {}", label("TLS"), card_text(seen.cards.front()));
  }
  std::string operator()(const flow::TlsAlertSeen& alert) const {
    return label("TLS") + "  " +
           style.doubt(fmt::format("{} alert: {}", alert.level == 2 ? "fatal" : "warning",
                                   proto::tls_alert_name(alert.description)));
  }
  std::string operator()(const flow::TlsRecordSeen& seen) const {
    const bool data = seen.record.type == proto::TlsContent::application_data;
    if (!data && !options.every_record) return "";
    return fmt::format("{}  {} record, {} bytes{}", label("TLS"),
                       proto::tls_content_name(seen.record.type), seen.record.length,
                       seen.encrypted ? style.green(" (encrypted)") : "");
  }
  std::string operator()(const flow::WebSocketMessage& message) const {
    if (message.carried) return "";
    return fmt::format("{}  opcode {} {}", label("WebSocket"), message.opcode,
                       shown(hidden.copy(core::as_text(message.payload)), most())) +
           (message.deflated ? style.dim(" [compressed]") : "") +
           (message.truncated ? style.dim(" [cut]") : "");
  }
  std::string operator()(const flow::Gap& gap) const {
    return style.dim(fmt::format("the capture lacks {} bytes here", gap.bytes));
  }
  std::string operator()(const flow::Conflict& conflict) const {
    return style.doubt(fmt::format(
        "{} in {} bytes; the first ones count",
        conflict.fragments ? "overlapping IP fragments differ" : "a retransmission differs",
        conflict.bytes));
  }
  std::string operator()(const flow::UnknownData& data) const {
    const std::string clean = hidden.copy(core::as_text(data.bytes));
    return fmt::format("unknown protocol{}: {}", event.decrypted ? " (decrypted)" : "",
                       core::escape_terminal(std::string_view(clean).substr(0, 64)));
  }
  std::string operator()(const flow::FlowEnd&) const {
    const flow::FlowFacts& facts = *event.flow;
    const std::string verdict(flow::verdict_name(facts.verdict));
    const bool bad =
        facts.verdict == flow::Verdict::plaintext || facts.verdict == flow::Verdict::mixed;
    std::string out = fmt::format("end of flow {}: {}", facts.id,
                                  facts.verdict == flow::Verdict::encrypted ? style.good(verdict)
                                  : bad                                     ? style.bad(verdict)
                                                                            : verdict);
    if (facts.tls != nullptr && facts.tls->version != 0)
      out += fmt::format(", {} {}", proto::tls_version_name(facts.tls->version),
                         proto::tls_suite_name(facts.tls->suite));
    return out + fmt::format(", {} bytes up, {} down", facts.bytes[0], facts.bytes[1]);
  }
};

core::ByteView raw_of(const flow::Event& event) {
  if (const auto* a = std::get_if<flow::MqttMessage>(&event.what)) return a->raw;
  if (const auto* a = std::get_if<flow::MqttProblem>(&event.what)) return a->raw;
  if (const auto* a = std::get_if<flow::HttpMessage>(&event.what)) return a->raw;
  if (const auto* a = std::get_if<flow::TlsRecordSeen>(&event.what)) return a->raw;
  if (const auto* a = std::get_if<flow::TlsClientHelloSeen>(&event.what)) return a->raw;
  if (const auto* a = std::get_if<flow::TlsServerHelloSeen>(&event.what)) return a->raw;
  if (const auto* a = std::get_if<flow::TlsCertificatesSeen>(&event.what)) return a->raw;
  if (const auto* a = std::get_if<flow::TlsAlertSeen>(&event.what)) return a->raw;
  if (const auto* a = std::get_if<flow::WebSocketMessage>(&event.what)) return a->payload;
  if (const auto* a = std::get_if<flow::UnknownData>(&event.what)) return a->bytes;
  return {};
}

}  // namespace

void TextLines::hexdump(std::string& out, const flow::Event& event,
                        const SecretsSeen& hidden) const {
  const core::ByteView raw = raw_of(event);
  if (raw.empty()) return;
  const std::string bytes = masked_raw(event, raw, hidden);
  std::string_view rest = bytes;
  const std::string dump = event.decrypted && !sealed_.empty()
                               ? term::side_by_side("with the key", core::as_bytes(rest),
                                                    "on the wire", sealed_, kMaxHexdump)
                               : term::hexdump(core::as_bytes(rest), kMaxHexdump);
  rest = dump;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    fmt::format_to(std::back_inserter(out), "    {}\n", style_.dim(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

// A day is said once, before its first line.
void TextLines::begin_line(std::string& out, std::uint64_t packet, std::int64_t time_ns,
                           std::uint64_t flow) {
  if (stamp_.day(time_ns) != day_) {
    day_ = stamp_.day(time_ns);
    out += style_.dim(day_ + ", times in UTC") + '\n';
  }
  fmt::format_to(std::back_inserter(out), "#{} {} flow {}  ", packet, stamp_.clock(time_ns), flow);
}

void TextLines::append(std::string& out, const report::Finding& finding, const FindingCase& one) {
  begin_line(out, one.place.packet, one.place.time_ns, one.place.flow);
  const std::string what =
      fmt::format("{} {}", finding.id, report::severity_name(finding.severity));
  fmt::format_to(std::back_inserter(out), "{} > {}  {}  {}: {}\n", one.source(), one.destination(),
                 style_.bad(what), finding.title, shown(one.text));
}

void TextLines::append(std::string& out, const flow::Event& event) {
  append(out, event, options_.secrets == Secrets::masked ? finder_.find(event) : SecretsSeen{});
}

void TextLines::append(std::string& out, const flow::Event& event, const SecretsSeen& found) {
  const SecretsSeen none;
  const SecretsSeen& hidden = options_.secrets == Secrets::masked ? found : none;
  const auto* const record = std::get_if<flow::TlsRecordSeen>(&event.what);
  if (options_.hexdump && record != nullptr && record->encrypted)
    sealed_ = core::to_bytes(record->raw.first(std::min(record->raw.size(), kMaxHexdump)));
  const Masks masks(hidden);
  const std::string text = std::visit(EventText{style_, event, options_, masks}, event.what);
  if (text.empty()) return;
  begin_line(out, event.packet, event.time_ns, event.flow->id);
  flow::append(out, event.source());
  out += " > ";
  flow::append(out, event.destination());
  out += "  ";
  out += text;
  out += '\n';
  if (options_.hexdump) hexdump(out, event, hidden);
}

}  // namespace wxsec::sniff
