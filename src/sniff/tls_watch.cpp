// A flow's first ClientHello is kept until the flow ends: only then is it known whether TLS ever
// answered it.
#include "src/sniff/tls_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "lib/core/time.h"
#include "src/report/catalogue.h"

namespace wxsec::sniff {
namespace {

namespace id = report::id;

constexpr std::size_t kMaxSample = 512;
constexpr std::size_t kTelling = 200;  // a reading is about 300 bytes, a status about 60

bool weak_suite(std::string_view name) {
  for (const std::string_view part :
       {"_NULL_", "_RC4_", "_3DES_", "_DES_", "_EXPORT_", "_anon_", "_MD5"}) {
    if (name.find(part) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

bool TlsWatch::take(const flow::Event& event) {
  if (const auto* a = std::get_if<flow::TlsRecordSeen>(&event.what)) {
    record(event, *a);
  } else if (const auto* b = std::get_if<flow::TlsAlertSeen>(&event.what)) {
    alert(event, *b);
  } else if (const auto* c = std::get_if<flow::TlsCertificatesSeen>(&event.what)) {
    certificates(event, *c);
  } else if (const auto* d = std::get_if<flow::TlsServerHelloSeen>(&event.what)) {
    server_hello(event, *d);
  } else if (const auto* e = std::get_if<flow::TlsClientHelloSeen>(&event.what)) {
    client_hello(event, *e);
  } else {
    return false;
  }
  return true;
}

Sample TlsWatch::example() const {
  if (example_.beginning.empty()) return {};
  return {{example_.packet, example_.time_ns, example_.flow, flow::to_string(example_.client),
           flow::to_string(example_.server)},
          fmt::format("TLS application data record, {} bytes", example_.length),
          example_.beginning};
}

void TlsWatch::record(const flow::Event& event, const flow::TlsRecordSeen& record) {
  // Under TLS 1.3 certificates travel as application data too, but before any message: of those
  // with a message's size the latest is the best example_.
  const bool data = record.record.type == proto::TlsContent::application_data;
  if (!data || !record.encrypted || !lists_) return;
  const bool telling = record.raw.size() >= kTelling && record.raw.size() <= kMaxSample;
  if (!telling && !example_.beginning.empty()) return;
  example_.packet = event.packet;
  example_.time_ns = event.time_ns;
  example_.flow = event.flow->id;
  example_.client = event.flow->client;
  example_.server = event.flow->server;
  example_.length = record.record.length;
  const core::ByteView shown = record.raw.first(std::min(record.raw.size(), kMaxSample));
  example_.beginning.assign(shown.begin(), shown.end());
}

// A server that answers what was no TLS with an alert is a TLS port that was spoken to in clear.
void TlsWatch::alert(const flow::Event& event, const flow::TlsAlertSeen& alert) {
  if (event.flow->protocol != flow::Protocol::mqtt && event.flow->protocol != flow::Protocol::http)
    return;
  findings_.add(id::kPlaintextOnTlsPort, event,
                fmt::format("{} in clear, answered by the TLS alert {}",
                            flow::protocol_name(event.flow->protocol),
                            proto::tls_alert_name(alert.description)),
                alert.raw);
}

void TlsWatch::certificates(const flow::Event& event, const flow::TlsCertificatesSeen& seen_here) {
  if (seen_here.cards.empty() || event.direction != flow::Direction::to_client || event.decrypted)
    return;
  const proto::X509Card& leaf = seen_here.cards.front();
  const core::Instant then{std::chrono::milliseconds(event.time_ns / 1'000'000)};
  const std::string who =
      fmt::format("{} (serial {}), valid {} to {}", leaf.subject, leaf.serial,
                  core::rfc3339(leaf.not_before), core::rfc3339(leaf.not_after));
  if (then > leaf.not_after) findings_.add(id::kCertExpired, event, who, seen_here.raw);
  if (then < leaf.not_before) findings_.add(id::kCertNotYetValid, event, who, seen_here.raw);
  if (leaf.self_issued) findings_.add(id::kCertSelfSigned, event, who, seen_here.raw);
}

void TlsWatch::server_hello(const flow::Event& event, const flow::TlsServerHelloSeen& hello) {
  const std::string_view suite = proto::tls_suite_name(hello.hello->suite);
  if (hello.hello->version < 0x0303)
    findings_.add(id::kOldProtocol, event,
                  fmt::format("the server chose {}", proto::tls_version_name(hello.hello->version)),
                  hello.raw);
  if (weak_suite(suite)) findings_.add(id::kWeakCipher, event, std::string(suite), hello.raw);
  if (suite.starts_with("TLS_RSA_WITH_"))
    findings_.add(id::kNoForwardSecrecy, event, std::string(suite), hello.raw);
}

void TlsWatch::client_hello(const flow::Event& event, const flow::TlsClientHelloSeen& hello) {
  if (event.decrypted || hellos_.size() >= kMaxListed) return;
  hellos_.insert_or_assign(event.flow->id, beginning(hello.raw, 128));
}

// A hello, and no TLS came back: the server answered in another language, or hung up.
void TlsWatch::on_plain_port(const flow::Event& event) {
  const flow::FlowFacts& facts = *event.flow;
  const std::size_t back = index(flow::Direction::to_client);
  const bool unanswered = facts.protocol == flow::Protocol::tls && facts.tls != nullptr &&
                          facts.tls->offered_version != 0 && facts.tls->version == 0 &&
                          facts.tls->records[back] == 0 && facts.lost[back] == 0;
  const bool over = facts.ending == flow::Ending::fin || facts.ending == flow::Ending::reset;
  if (!unanswered || !over || facts.mid_stream) return;
  findings_.add(id::kTlsOnPlainPort, event,
                facts.bytes[back] == 0
                    ? "the ClientHello was answered by the end of the connection"
                    : fmt::format("the ClientHello was answered by {} bytes that are not TLS",
                                  facts.bytes[back]),
                hellos_[facts.id]);
}

void TlsWatch::flow_end(const flow::Event& event) {
  const flow::FlowFacts& facts = *event.flow;
  if (facts.verdict == flow::Verdict::mixed && facts.tls != nullptr)
    findings_.add(id::kMixedFlow, event, "part of the connection is in clear, part is TLS",
                  hellos_[facts.id]);
  on_plain_port(event);
  hellos_.erase(facts.id);
}

}  // namespace wxsec::sniff
