// Act two: the same broker, API and stations, with certificates on both sides. A step holds when
// the intruder *fails*, and only when the attempt really ran: what could not be tried proves
// nothing.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lib/mqtt/raw_client.h"
#include "src/attack/outcome.h"
#include "src/lab/room.h"
#include "src/lab/tls_stage.h"
#include "src/report/catalogue.h"

namespace wxsec::lab {
namespace {

using core::Code;
using core::fail;
using core::Result;
using namespace std::chrono_literals;

attack::Target target_of(const Room& room) {
  const certs::Layout layout = room.certificates();
  attack::Target target;
  target.broker = net::Endpoint{net::Scheme::mqtts, "localhost", kMqttsPort, ""};
  target.api = net::Endpoint{net::Scheme::https, "localhost", kHttpsPort, ""};
  target.ca = layout.ca();
  target.operator_ = {layout.operator_().fullchain, layout.operator_().key};
  target.station = {layout.station(1).fullchain, layout.station(1).key};
  target.station_name = certs::station_name(1);
  target.issuer = {layout.issuing().fullchain, layout.issuing().key};
  return target;
}

Result<void> attempt_in_vain(Room& room, StepRecord& record, std::vector<std::string> names) {
  attack::Loot nothing;  // what act one lost is tried by itself, below
  return attempt(room, record, room.tls, std::move(names), target_of(room), nothing,
                 report::Outcome::held);
}

// The password that act one gave away, said where it would have to be said now: inside TLS, by a
// client that has nothing else to show. Checks the broker, so that it is that one which refuses.
report::Check try_password(const Room& room, const sniff::Credential& stolen) {
  const attack::Target target = target_of(room);
  report::Check check = attack::begin(*target.broker);
  check.name = kStolenPassword;
  check.title = kStolenPasswordTitle;
  check.evidence.push_back(fmt::format("user {} with the password of packet {} of plain.pcap, {}",
                                       stolen.name, stolen.place.packet, stolen.masked));
  mqtt::RawOptions options;
  options.host = target.broker->host;
  options.port = target.broker->port;
  options.tls = mqtt::RawTls{target.ca, "", {}, {}, {}};
  mqtt::RawConnect connect;
  connect.client_id = "somebody-else";
  connect.username = stolen.name;
  connect.password = stolen.value.clone();
  auto client = mqtt::RawClient::open(options);
  mqtt::RawResult<mqtt::Accepted> accepted{std::nullopt, client.refusal};
  if (client) accepted = (*client.value)->connect(connect);
  if (accepted) {
    return attack::broken(std::move(check), report::id::kNoClientCertificate,
                          net::to_string(*target.broker), "the broker lets the password in");
  }
  const bool refused = accepted.refusal.tls.alert || accepted.refusal.reason;
  check.evidence.push_back("the broker: " + (accepted.refusal.tls.alert
                                                 ? "TLS alert " + accepted.refusal.tls.alert->name
                                                 : accepted.refusal.error.what));
  if (!refused) return attack::inconclusive(std::move(check), accepted.refusal.error.what);
  return attack::held(std::move(check), "without a certificate no password opens the broker");
}

Result<void> attack_same(Room& room, StepRecord& record) {
  WXSEC_TRY(attempt_in_vain(room, record, {"plaintext"}));
  const sniff::Credential stolen = WXSEC_TRY(stolen_password(room, certs::station_name(1)));
  note_attempt(record, room.tls, try_password(room, stolen), report::Outcome::held);
  return {};
}

Result<void> attack_more(Room& room, StepRecord& record) {
  return attempt_in_vain(room, record,
                         {"wrong-ca", "expired", "no-client-cert", "wrong-name", "mitm"});
}

std::string flow_line(const sniff::FlowCard& flow) {
  const std::string tls =
      flow.tls_version.empty() ? "" : fmt::format(", {} {}", flow.tls_version, flow.cipher);
  return fmt::format("{} -> {}: {}{}, {} bytes up, {} down", flow.client, flow.server,
                     flow::verdict_name(flow.verdict), tls, flow.bytes_to_server,
                     flow.bytes_to_client);
}

// Only the intruder speaks in clear here, and what he gets for it is a refusal: no MQTT message,
// and of HTTP nothing but errors.
void judge_clear_flows(const sniff::Exposure& wire, StepRecord& record) {
  std::vector<std::string> lines;
  for (const sniff::FlowCard& flow : wire.flows) {
    if (in_clear(flow)) lines.push_back(flow_line(flow));
  }
  bool refused = true;
  for (const sniff::ClearText& message : wire.messages) {
    refused =
        refused && message.protocol == "http" && message.subject.find(" -> 4") != std::string::npos;
    lines.push_back(fmt::format("packet {}: {}", message.place.packet, message.subject));
  }
  const std::size_t count = count_in_clear(wire);
  expect(
      record, refused && count > 0,
      fmt::format("the {} connections in clear are the intruder's own, and got him no data", count),
      lines);
}

// The legitimate conversations are those in which TLS carried data. Attempts in clear are there as
// well, since the attacker made them, but nothing of ours may be in them.
Result<void> eavesdrop(Room& room, StepRecord& record) {
  room.tls.wire = WXSEC_TRY(room.sniffer->finish());
  room.sniffer.reset();
  const sniff::Exposure& wire = room.tls.wire;
  std::vector<std::string> encrypted;
  bool modern = true;
  for (const sniff::FlowCard& flow : wire.flows) {
    if (!flow.established) continue;
    modern = modern && (flow.tls_version == "TLS 1.3" || flow.tls_version == "TLS 1.2");
    if (encrypted.size() < 8) encrypted.push_back(flow_line(flow));
  }
  expect(record, !encrypted.empty() && modern,
         "every conversation that carried data was TLS 1.2 or 1.3", encrypted);
  judge_clear_flows(wire, record);
  std::vector<std::string> readable;
  for (const sniff::ClearText& message : wire.messages) {
    if (message.text.find("temperature_c") != std::string::npos)
      readable.push_back(message.subject + " " + message.text);
  }
  const bool none = readable.empty();
  if (none)
    readable.push_back(
        fmt::format("{} packets, {} flows, 0 readings in clear", wire.packets, wire.flows_seen));
  expect(record, none, "no reading can be read", readable);
  expect(record, !wire.contains("meadow-"), "no password can be read: none is sent any more",
         {fmt::format("{} credentials seen", wire.credentials_seen)});
  record.exhibits.push_back(
      {fmt::format("packet {}: {}", wire.ciphertext.place.packet, wire.ciphertext.title),
       wire.ciphertext.bytes,
       "Five bytes of header (type, version, length), then bytes that look like chance without the "
       "key."});
  return {};
}

}  // namespace

const std::vector<Step>& tls_steps() {
  static const std::vector<Step> steps{
      {{"tls", "tls-certificates", "Make an authority and certificates",
        "A certificate ties a name to a public key, and an authority vouches for it with its "
        "signature. The private keys "
        "stay where they are used, readable for nobody else. Broker, API and every station get "
        "one: this is mutual TLS, "
        "where both sides show who they are.",
        "wxsec certs init --stations 3\nwxsec certs inspect certs/broker/current/fullchain.pem\n"
        "openssl x509 -in certs/broker/current/cert.pem -noout -text"},
       tls_stage::make_certificates},
      {{"tls", "tls-start", "Start the broker and the API with TLS",
        "Mosquitto listens on 8883 and asks every client for a certificate; the name in it becomes "
        "the user name, so "
        "no password is needed. The plaintext ports are closed: TLS beside an open door protects "
        "nothing.",
        "wxsec broker run & echo $! >broker.pid\nwxsec api serve & echo $! >api.pid\nss -ltn"},
       tls_stage::start},
      {{"tls", "tls-publish", "The same stations report",
        "For the station little changed: another port, an authority to trust, a certificate of its "
        "own. The API's client "
        "checks the server's certificate and name before it asks.",
        "wxsec station run --count 3\nwxsec api get https://localhost:8443/api/v1/stations\n"
        "mosquitto_sub -h localhost -p 8883 --cafile certs/ca.pem --cert "
        "certs/operator/current/fullchain.pem --key certs/operator/current/privkey.pem -t "
        "'wx/+/reading' -C 3"},
       tls_stage::publish},
      {{"tls", "tls-attack", "Try the same attempts again",
        "Each attempt that succeeded in the first act is made once more. The stolen password is "
        "tried too, inside TLS, "
        "since there is no other way left to say it. A refused attack is the success of this act, "
        "and each comes with "
        "the answer that refused it.",
        "sudo wxsec attack plaintext --broker mqtts://localhost:8883 --api https://localhost:8443\n"
        "# $password from the first act: refused, there is no certificate with it\n"
        "mosquitto_pub -h localhost -p 8883 --cafile certs/ca.pem -u station-0001 -P \"$password\" "
        "-t wx/station-0001/reading -m 99"},
       attack_same},
      {{"tls", "tls-intruders", "Five more intruders",
        "Encryption alone is not enough: one must know to whom one speaks. A client with another "
        "authority's "
        "certificate, one with an expired one, one with none; a server with the wrong name; and a "
        "relay in the middle, "
        "which decrypts and forwards everything for whoever does not check its certificate.",
        "wxsec attack wrong-ca expired no-client-cert wrong-name mitm --broker "
        "mqtts://localhost:8883"},
       attack_more},
      {{"tls", "tls-eavesdrop", "Read the capture",
        "The eavesdropper sits where it sat before. It still sees who talks to whom, when, and how "
        "much; it no longer "
        "sees what is said, and cannot change a byte without being noticed.",
        "wxsec sniff -r tls.pcap\ntshark -r tls.pcap -Y tls\ntshark -r tls.pcap -o "
        "tls.keylog_file:tls.keys -d tcp.port==8883,tls -Y mqtt"},
       eavesdrop},
  };
  return steps;
}

}  // namespace wxsec::lab
