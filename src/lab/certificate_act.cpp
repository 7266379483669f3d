// Act three: certificates end, and that is where secure networks break. The broker's and the API's
// certificates are replaced by ones that live for seconds; their end is noticed, first by the
// check, then by a client; they are renewed and reloaded while the stations of act two go on
// publishing. The proof that nothing was lost is arithmetic: each station numbers its readings, and
// the store must hold every number from 1 to the last.
#include <fmt/format.h>

#include <algorithm>

#include "lib/core/stop.h"
#include "lib/core/time.h"
#include "lib/tls/probe.h"
#include "src/lab/room.h"
#include "src/look/check.h"
#include "src/renew/renew.h"
#include "src/store/reading_store.h"

namespace wxsec::lab {
namespace {

using core::Code;
using core::fail;
using core::Result;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kShortLife{3'000};
constexpr std::size_t kMaxPem = 1U << 20;

struct Served {
  std::string identity;
  net::Endpoint endpoint;
};

std::vector<Served> servers() {
  return {{"broker", {net::Scheme::mqtts, "localhost", kMqttsPort, ""}},
          {"api", {net::Scheme::https, "localhost", kHttpsPort, ""}}};
}

// A handshake as any client would make it; with an older ceiling the certificate travels in clear.
Result<tls::ProbeResult> shake_hands(const Room& room, const net::Endpoint& endpoint,
                                     tls::Version ceiling) {
  const certs::Layout layout = room.certificates();
  tls::ClientOptions options;
  options.ca_pem = WXSEC_TRY(core::read_file(layout.ca(), kMaxPem));
  options.identity =
      WXSEC_TRY(tls::read_identity(layout.operator_().fullchain, layout.operator_().key));
  options.policy.ceiling = ceiling;
  const auto context = WXSEC_TRY(tls::ClientContext::create(options));
  tls::ProbeOptions probe;
  probe.target = endpoint;
  probe.alert_wait = 20ms;
  return tls::probe(probe, context);
}

Result<std::string> served_serial(const Room& room, const net::Endpoint& endpoint) {
  const auto seen = WXSEC_TRY(shake_hands(room, endpoint, tls::Version::tls1_3));
  if (seen.peer.chain.empty())
    return fail(Code::tls, "no certificate was shown by " + net::host_port(endpoint));
  return seen.peer.chain.front().serial;
}

Result<certs::RenewReport> renew_servers(Room& room,
                                         std::optional<std::chrono::milliseconds> lifetime,
                                         std::vector<std::string>& steps) {
  certs::RenewOptions options;
  options.dir = room.certificates().dir();
  options.names = {"broker", "api"};
  options.force = true;
  options.lifetime = lifetime;
  options.on_step = [&steps](std::string_view identity, certs::DeployStep step,
                             std::string_view detail) {
    steps.push_back(fmt::format("{}: {}{}{}", identity, certs::deploy_step_text(step),
                                detail.empty() ? "" : " ", detail));
  };
  for (const Served& served : servers()) {
    certs::Service service;
    service.identity = served.identity;
    service.description = net::to_string(served.endpoint);
    service.reload = [&room, broker = served.identity == "broker"]() -> Result<void> {
      if (broker) room.broker_reload->ask();
      if (!broker) room.api_reload->request();
      return {};
    };
    service.served_serial = [&room, endpoint = served.endpoint] {
      return served_serial(room, endpoint);
    };
    options.services.push_back(std::move(service));
  }
  return certs::renew(options, room.clock, room.stop);
}

// Under TLS 1.2 the certificate travels in clear: these handshakes put the serials that are served
// right now into the capture, whether or not a client would still accept them.
Result<void> show_certificates(const Room& room) {
  for (const Served& served : servers())
    WXSEC_TRY(shake_hands(room, served.endpoint, tls::Version::tls1_2));
  return {};
}

Result<void> shorten(Room& room, StepRecord& record) {
  sniff::SessionOptions capture;
  capture.interface = "lo";
  capture.write_to = room.outputs.renewal_capture;
  room.sniffer = WXSEC_TRY(sniff::LiveSniffer::start(capture, room.clock));
  std::vector<std::string> steps;
  const auto report = WXSEC_TRY(renew_servers(room, kShortLife, steps));
  for (const certs::RenewItem& item : report.items) {
    room.old_serials[item.name] = item.new_serial;
    if (item.error) steps.push_back(item.error->what);
  }
  expect(record, report.ok() && report.items.size() == 2,
         fmt::format("broker and API serve certificates that end in {}",
                     core::human_duration(kShortLife)),
         steps);
  return show_certificates(room);
}

Result<certs::CheckReport> check_servers(const Room& room) {
  certs::CheckOptions options;
  options.dir = room.certificates().dir();
  options.within.left = std::chrono::hours{1};
  options.targets = {room.certificates().broker().fullchain.string(),
                     room.certificates().api().fullchain.string()};
  return certs::check(options, room.clock);
}

std::vector<std::string> sentences(const certs::CheckReport& report) {
  std::vector<std::string> out;
  for (const certs::CheckItem& item : report.items) {
    out.push_back(
        fmt::format("{} {}: {}", certs::check_state_text(item.state), item.subject, item.sentence));
  }
  return out;
}

Result<void> notice(Room& room, StepRecord& record) {
  const auto before = WXSEC_TRY(check_servers(room));
  expect(record, before.count(certs::CheckState::due) == 2,
         "the check says in time that both are due", sentences(before));
  core::Instant end{};
  for (const certs::CheckItem& item : before.items)
    end = std::max(end, item.not_after.value_or(end));
  const auto wait =
      end - room.clock.now() + 1'050ms;  // notAfter counts whole seconds, both included
  if (wait > 10s || !core::sleep_unless_stopped(room.stop, std::max(wait, 0ms))) {
    return fail(Code::interrupted, "the wait for the end of the certificates was cut short");
  }
  const auto after = WXSEC_TRY(check_servers(room));
  expect(record, after.count(certs::CheckState::expired) == 2,
         "and afterwards that both have expired", sentences(after));
  for (const Served& served : servers()) {
    const auto seen = WXSEC_TRY(shake_hands(room, served.endpoint, tls::Version::tls1_3));
    const bool refused = seen.failure.cause == tls::Cause::expired;
    expect(record, refused, fmt::format("a new client refuses the {}", served.identity),
           {std::string(tls::cause_sentence(seen.failure.cause)), seen.failure.detail});
  }
  return {};
}

// The serials that `port` showed on the wire, each once, in order of time.
std::vector<std::string> serials_of(const sniff::Exposure& wire, std::uint16_t port) {
  std::vector<std::string> serials;
  for (const sniff::FlowCard& flow : wire.flows) {
    if (flow.server_port != port || flow.certificates.empty()) continue;
    const std::string& serial = flow.certificates.front().serial;
    if (std::find(serials.begin(), serials.end(), serial) == serials.end())
      serials.push_back(serial);
  }
  return serials;
}

// Serials are what tells two certificates of one name apart; a sniffer has to have seen both.
Result<void> find_on_wire(Room& room, const certs::RenewReport& report, StepRecord& record) {
  WXSEC_TRY(show_certificates(room));
  const sniff::Exposure wire = WXSEC_TRY(room.sniffer->finish());
  room.sniffer.reset();
  for (const certs::RenewItem& item : report.items) {
    const std::uint16_t port = item.name == "broker" ? kMqttsPort : kHttpsPort;
    const std::string& before = room.old_serials[item.name];
    const std::vector<std::string> seen = serials_of(wire, port);
    const auto was_seen = [&seen](const std::string& serial) {
      return std::find(seen.begin(), seen.end(), serial) != seen.end();
    };
    expect(record, before != item.new_serial && was_seen(before) && was_seen(item.new_serial),
           fmt::format("the old and the new certificate of the {} are seen on the wire", item.name),
           {fmt::format("serial before {}, now {}", before, item.new_serial),
            fmt::format("port {} in renewal.pcap, read from TLS 1.2 handshakes: {}", port,
                        fmt::join(seen, ", "))});
  }
  return {};
}

Result<void> renew(Room& room, StepRecord& record) {
  std::vector<std::string> steps;
  const auto report = WXSEC_TRY(renew_servers(room, std::chrono::hours{24 * 90}, steps));
  expect(record, report.ok() && report.items.size() == 2,
         "both are renewed, reloaded and verified while the stations publish", steps);
  WXSEC_TRY(find_on_wire(room, report, record));
  const auto after = WXSEC_TRY(check_servers(room));
  expect(record, after.worst() == certs::CheckState::fine, "the check is content",
         sentences(after));
  return {};
}

// 1-14 is what must be there; anything else is named.
std::string runs_text(const std::vector<store::Run>& runs) {
  std::string out;
  for (const store::Run& run : runs)
    out += fmt::format("{}{}-{}", out.empty() ? "" : ", ", run.first, run.last);
  return out.empty() ? "nothing" : out;
}

Result<void> count(Room& room, StepRecord& record) {
  const ActCounts counts = end_services(room);
  if (!counts.stations) return fail(Code::internal, "the stations did not end in order");
  if (!counts.api) return fail(Code::internal, "the API did not end in order");
  room.tls.readings_stored = counts.api->stored;
  const auto store = WXSEC_TRY(store::open_sqlite(room.act_dir("tls") / "readings.db"));
  std::vector<std::string> lines;
  bool complete = true;
  for (const auto& [name, sent] : counts.stations->stations) {
    const auto summary = WXSEC_TRY(store->station(name));
    const auto runs = summary ? summary->runs : std::vector<store::Run>{};
    complete = complete && sent.produced > 0 && runs == std::vector<store::Run>{{1, sent.produced}};
    lines.push_back(fmt::format("{}: sent 1-{}, stored {}, connections {}", name, sent.produced,
                                runs_text(runs), sent.connections));
  }
  expect(record, complete && counts.stations->stations.size() == room.options.stations,
         fmt::format("not one of {} readings was lost", counts.stations->total.produced), lines);
  return {};
}

}  // namespace

const std::vector<Step>& certificate_steps() {
  static const std::vector<Step> steps{
      {{"certificates", "cert-short", "Certificates that end in seconds",
        "So that nobody has to wait three months, the broker's and the API's certificates are "
        "replaced by ones that live "
        "for three seconds. Mosquitto reads its files again at SIGHUP, the API swaps them in "
        "place; nobody is disconnected.",
        "wxsec certs renew broker api --force --lifetime 1m --reload broker=pidfile:broker.pid "
        "api=pidfile:api.pid --verify broker=mqtts://localhost:8883 api=https://localhost:8443"},
       shorten},
      {{"certificates", "cert-expiry", "Notice the end",
        "An expired certificate is the most common reason why secure systems stop: nothing warns, "
        "until every new "
        "connection fails. A check that runs every day, and exits with an error in time, is the "
        "remedy.",
        "wxsec certs check certs --within 1h\nopenssl x509 -in certs/broker/current/cert.pem "
        "-noout -enddate "
        "-checkend 86400"},
       notice},
      {{"certificates", "cert-renew", "Renew without an outage",
        "A new key and certificate are made beside the old, checked, and swapped in with one "
        "rename; broker and API are "
        "told; then a handshake reads the serial number that is really served. If it is not the "
        "new one, everything is put back.",
        "wxsec certs renew broker api --force --lifetime 90d --reload broker=pidfile:broker.pid "
        "api=pidfile:api.pid --verify broker=mqtts://localhost:8883 api=https://localhost:8443\n"
        "wxsec certs inspect mqtts://localhost:8883\n"
        "tshark -r renewal.pcap -Y tls.handshake.certificate -T fields -e tcp.srcport -e "
        "x509af.serialNumber"},
       renew},
      {{"certificates", "cert-nothing-lost", "Count the readings",
        "Through expiry, renewal and reload the stations went on publishing. Each reading has a "
        "number; the store must "
        "hold them all, without a gap.",
        "wxsec api get 'https://localhost:8443/api/v1/stations'"},
       count},
  };
  return steps;
}

}  // namespace wxsec::lab
