// The same settings as in act one, but for what certificates add.
#include "src/lab/tls_stage.h"

#include <fmt/core.h>

#include "lib/core/time.h"
#include "lib/mqtt/raw_client.h"
#include "lib/net/dial.h"
#include "src/issue/init.h"
#include "src/look/check.h"

namespace wxsec::lab::tls_stage {
namespace {

using core::Code;
using core::fail;
using core::Result;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kInterval{250};
constexpr std::uint64_t kReadingsEach = 5;
constexpr std::string_view kDomain = "wx.test";

broker::Settings broker_settings(const certs::Layout& layout) {
  broker::Settings settings;
  settings.port = kMqttsPort;
  settings.security = broker::Security::mutual_tls;
  settings.files.ca = layout.ca();
  settings.files.certificate = layout.broker().fullchain;
  settings.files.key = layout.broker().key;
  settings.files.crl = layout.crl();
  return settings;
}

api::ServeOptions api_options(const Room& room, const certs::Layout& layout) {
  api::ServeOptions options;
  options.listen.address = fmt::format("127.0.0.1:{}", kHttpsPort);
  options.listen.certificate = layout.api().fullchain;
  options.listen.key = layout.api().key;
  options.listen.keylog = room.outputs.tls_keys;
  options.broker.url = fmt::format("mqtts://localhost:{}", kMqttsPort);
  options.broker.ca = layout.ca();
  options.broker.certificate = layout.ingest().fullchain;
  options.broker.key = layout.ingest().key;
  options.database = room.act_dir("tls") / "readings.db";
  return options;
}

bool closed(std::uint16_t port) {
  const auto fd = net::dial({net::Scheme::none, "127.0.0.1", port, ""}, core::Deadline::in(1s));
  return !fd && fd.error().code == Code::refused;
}

station::PublisherOptions station_options(const Room& room, const certs::Layout& layout) {
  station::PublisherOptions options;
  options.port = kMqttsPort;
  options.ca = layout.ca();
  options.interval = kInterval;
  options.delivery = station::Delivery::stored;
  for (unsigned i = 1; i <= room.options.stations; ++i) {
    const auto files = layout.station(i);
    options.stations.push_back({certs::station_name(i), files.fullchain, files.key, {}});
  }
  return options;
}

// A subscriber of our own, whose keys go into the key log: what Wireshark can open afterwards.
Result<std::string> hear_one_reading(const Room& room) {
  const certs::Layout layout = room.certificates();
  mqtt::RawOptions options;
  options.host = "localhost";
  options.port = kMqttsPort;
  options.tls = mqtt::RawTls{layout.ca(), "", layout.operator_().fullchain, layout.operator_().key,
                             room.outputs.tls_keys};
  auto client = mqtt::RawClient::open(options);
  if (!client) return fail(client.refusal.error);
  mqtt::RawConnect connect;
  connect.client_id = "operator";
  if (const auto accepted = (*client.value)->connect(connect); !accepted)
    return fail(accepted.refusal.error);
  const auto granted = (*client.value)->subscribe("wx/+/reading", mqtt::Qos::at_least_once);
  if (!granted) return fail(granted.refusal.error);
  const auto heard = (*client.value)->next(15s);
  if (!heard) return fail(heard.refusal.error);
  const tls::Peer* const peer = (*client.value)->peer();
  std::string line = fmt::format("{}: {} {}", peer == nullptr ? "no TLS" : peer->cipher,
                                 heard.value->message.topic, heard.value->message.payload);
  (*client.value)->disconnect();
  return line;
}

}  // namespace

Result<void> make_certificates(Room& room, StepRecord& record) {
  certs::InitOptions options;
  options.dir = room.certificates().dir();
  options.domains = {std::string(kDomain)};
  options.stations = room.options.stations;
  WXSEC_TRY(core::make_directories(room.act_dir("tls"), 0700));
  const auto before = std::chrono::steady_clock::now();
  const auto made = WXSEC_TRY(certs::init(options, room.clock));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - before);
  std::vector<std::string> lines;
  for (const certs::InitItem& item : made.items) {
    lines.push_back(fmt::format("{}: serial {}, valid until {}", item.name, item.certificate.serial,
                                core::rfc3339(item.certificate.not_after)));
  }
  expect(record, made.items.size() == 6 + room.options.stations,
         fmt::format("an authority of our own, and {} identities, in {} ms", made.items.size() - 2,
                     took.count()),
         lines);
  certs::CheckOptions check;
  check.dir = options.dir;
  check.targets = {options.dir.string()};
  const auto checked = WXSEC_TRY(certs::check(check, room.clock));
  std::vector<std::string> wrong;
  for (const certs::CheckItem& item : checked.items) {
    if (item.state != certs::CheckState::fine) wrong.push_back(item.target + ": " + item.sentence);
  }
  if (wrong.empty())
    wrong.push_back(
        fmt::format("{} files checked: chain, key, validity, revocation", checked.items.size()));
  expect(record, checked.worst() == certs::CheckState::fine, "every certificate passes the check",
         wrong);
  return {};
}

Result<void> start(Room& room, StepRecord& record) {
  sniff::SessionOptions capture;
  capture.interface = "lo";
  capture.write_to = room.outputs.tls_capture;
  room.sniffer = WXSEC_TRY(sniff::LiveSniffer::start(capture, room.clock));
  const certs::Layout layout = room.certificates();
  room.broker_reload = std::make_unique<broker::ReloadRequest>();
  room.broker = WXSEC_TRY(
      start_broker(broker_settings(layout), room.act_dir("tls"), *room.broker_reload, room.stop));
  room.api_reload = std::make_unique<api::ReloadSwitch>();
  room.api =
      WXSEC_TRY(start_api(api_options(room, layout), *room.api_reload, room.clock, room.stop));
  std::vector<std::string> listening;
  for (const broker::Listener& l : room.broker->ready().listening) {
    listening.push_back(fmt::format("mosquitto (pid {}) listens on {}:{}", room.broker->ready().pid,
                                    l.address, l.port));
  }
  const bool only_tls = closed(kMqttPort) && closed(kHttpPort);
  listening.push_back(fmt::format("connections to ports {} and {}: {}", kMqttPort, kHttpPort,
                                  only_tls ? "refused" : "accepted"));
  expect(record, only_tls, "Mosquitto and the API serve TLS, and nothing in clear beside it",
         listening);
  return {};
}

Result<void> publish(Room& room, StepRecord& record) {
  const certs::Layout layout = room.certificates();
  room.stations = WXSEC_TRY(start_stations(station_options(room, layout), room.clock, room.stop));
  const std::uint64_t readings =
      WXSEC_TRY(watch_reporting(room, room.tls, layout.ca(), kReadingsEach));
  const Answer answer = WXSEC_TRY(ask_api(layout.ca(), "/api/v1/stations"));
  room.tls.api_answer = fmt::format("{} over {}", answer.status, answer.protocol);
  room.tls.connect_time = answer.took;
  expect(record, readings >= kReadingsEach * room.options.stations && answer.status == 200,
         fmt::format(
             "the same {} stations report over TLS, and the API shows their readings over HTTPS",
             room.options.stations),
         {fmt::format("GET https://localhost:{}/api/v1/stations: {}, certificate serial {}",
                      kHttpsPort, room.tls.api_answer, answer.serial),
          fmt::format("{} readings", readings)});
  const std::string heard = WXSEC_TRY(hear_one_reading(room));
  expect(record, heard.find("temperature_c") != std::string::npos,
         "the operator, who has a certificate, hears them too", {heard});
  return {};
}

}  // namespace wxsec::lab::tls_stage
