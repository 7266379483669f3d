// What is known of a flow when it ends, as text: facts of the decoders point into memory that is
// about to be used again, a card keeps its own.
#include "lib/proto/tls_record.h"
#include "src/sniff/exposure.h"
#include "src/sniff/room.h"

namespace wxsec::sniff {

FlowCard make_flow_card(const flow::FlowFacts& facts) {
  FlowCard card;
  card.id = facts.id;
  card.client = flow::to_string(facts.client);
  card.server = flow::to_string(facts.server);
  card.server_port = facts.server.port;
  card.protocol = flow::protocol_name(facts.protocol);
  if (facts.inner != flow::Protocol::unknown) card.inner = flow::protocol_name(facts.inner);
  card.verdict = facts.verdict;
  if (facts.mqtt_version != proto::MqttVersion::unknown)
    card.mqtt_version = proto::mqtt_version_name(facts.mqtt_version);
  card.packets = facts.packets[0] + facts.packets[1];
  card.bytes_to_server = facts.bytes[0];
  card.bytes_to_client = facts.bytes[1];
  card.lost = facts.lost[0] + facts.lost[1];
  card.messages = facts.messages;
  card.first_ns = facts.first_ns;
  card.last_ns = facts.last_ns;
  if (facts.tls == nullptr) return card;
  const flow::TlsFacts& tls = *facts.tls;
  if (tls.version != 0) {
    card.tls_version = proto::tls_version_name(tls.version);
    card.cipher = proto::tls_suite_name(tls.suite);
  }
  card.sni = cut_text(tls.sni, kMaxListedName);  // RFC 1035 2.3.4: a name has 255 at most
  card.alpn = tls.alpn;
  card.ja3 = tls.ja3;
  card.ja4 = tls.ja4;
  card.certificates = tls.certificates;
  if (tls.alert != 0xFF) card.alert = proto::tls_alert_name(tls.alert);
  card.established = tls.established;
  card.records = tls.records[0] + tls.records[1];
  return card;
}

}  // namespace wxsec::sniff
