// Act one: the network as it is found in the field. Mosquitto asks for passwords, the API answers
// whoever asks, and nothing is encrypted. Everything here is meant to go wrong: a step holds when
// the intruder *succeeds*, because that is what the act sets out to show.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/mqtt/raw_client.h"
#include "src/lab/room.h"
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
  for (unsigned i = 1; i <= stations; ++i) {
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
  station::PublisherOptions options;
  options.host = "127.0.0.1";
  options.port = kMqttPort;
  options.security = station::Security::plaintext_lesson;
  options.interval = kInterval;
  for (unsigned i = 1; i <= stations; ++i) {
    const std::string name = certs::station_name(i);
    options.stations.push_back({name, {}, {}, core::Secret(password_of(name))});
  }
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
  room.broker =
      WXSEC_TRY(start_broker(broker_settings(room.options.stations), dir, *room.broker_reload));
  room.api_reload = std::make_unique<api::ReloadSwitch>();
  room.api = WXSEC_TRY(start_api(api_options(dir), *room.api_reload, room.clock));
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
  room.stations = WXSEC_TRY(start_stations(station_options(room.options.stations), room.clock));
  const auto readings = WXSEC_TRY(wait_for_readings({}, room.options.stations, kReadingsEach, 10s));
  const Answer answer = WXSEC_TRY(ask_api({}, "/api/v1/stations"));
  room.plain.api_answer = fmt::format("{} over {}", answer.status, answer.protocol);
  room.plain.connect_time = answer.took;
  expect(record, readings >= kReadingsEach * room.options.stations,
         fmt::format("{} stations report, and the API shows their readings", room.options.stations),
         {fmt::format("GET http://localhost:{}/api/v1/stations: {}, {} readings", kHttpPort,
                      answer.status, readings)});
  return {};
}

// What the eavesdropper has read so far: the capture, not our list of passwords, is where a login
// comes from.
Result<sniff::Credential> stolen_password(const Room& room, std::string_view user) {
  auto wire = WXSEC_TRY(sniff::expose_file(room.outputs.plain_capture, {}, room.clock));
  for (sniff::Credential& credential : wire.credentials) {
    if (credential.kind == "mqtt password" && credential.name == user) return std::move(credential);
  }
  return fail(Code::not_found, fmt::format("the capture holds no password of {}", user));
}

Result<void> attempt_with_password_of(std::string_view user, Room& room, StepRecord& record,
                                      const attack::Target& target,
                                      std::vector<std::string> names) {
  const sniff::Credential stolen = WXSEC_TRY(stolen_password(room, user));
  attack::Loot loot;
  loot.login = attack::Login{stolen.name, stolen.value.clone()};
  return attempt(room, record, room.plain, std::move(names), target, loot, report::Outcome::broken);
}

// The same attempts as in the TLS act; here every one that finds its target open must break in.
Result<void> attack_open_doors(Room& room, StepRecord& record) {
  attack::Target target;
  target.broker = net::Endpoint{net::Scheme::mqtt, "127.0.0.1", kMqttPort, ""};
  target.api = net::Endpoint{net::Scheme::http, "127.0.0.1", kHttpPort, ""};
  // A station's password opens its topic, the API's opens everybody's: whoever listens has both.
  WXSEC_TRY(attempt_with_password_of(kVictim, room, record, target,
                                     {"intercept", "plain-mqtt", "plain-publish", "plain-http"}));
  return attempt_with_password_of("ingest", room, record, target, {"plain-subscribe"});
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

// Waits until the API's readings of the victim hold the forged one.
bool forged_is_shown(std::chrono::milliseconds within, std::string& shown) {
  const std::string path = fmt::format("/api/v1/stations/{}/readings?order=desc&limit=50", kVictim);
  for (const auto deadline = core::Deadline::in(within); !deadline.passed();
       std::this_thread::sleep_for(40ms)) {
    const auto answer = ask_api({}, path);
    const auto json =
        answer ? nlohmann::json::parse(answer->body, nullptr, false) : nlohmann::json();
    if (!json.is_object() || !json.contains("items")) continue;
    for (const auto& item : json["items"]) {
      if (item.value("sequence", std::uint64_t{0}) != kForgedSequence) continue;
      shown = item.dump();
      return true;
    }
  }
  return false;
}

Result<void> forge(Room& room, StepRecord& record) {
  const sniff::Credential stolen = WXSEC_TRY(stolen_password(room, kVictim));
  WXSEC_TRY(publish_forged(room, {stolen.name, stolen.value.clone()}));
  std::string shown;
  room.plain.forged_shown = forged_is_shown(5s, shown);
  expect(
      record, room.plain.forged_shown,
      fmt::format("a reading forged with the stolen password of {} is shown by the API", kVictim),
      {fmt::format("password read in packet {}: user {}, {}", stolen.place.packet, stolen.name,
                   stolen.masked),
       room.plain.forged_shown ? "the API answers: " + shown : "the API never showed it"});
  return {};
}

Result<void> eavesdrop(Room& room, StepRecord& record) {
  const ActCounts counts = end_services(room);
  room.plain.wire = WXSEC_TRY(room.sniffer->finish());
  room.sniffer.reset();
  room.plain.readings_stored = counts.api ? counts.api->stored : 0;
  room.plain.readings_on_wire = room.plain.readings_stored;
  const sniff::Exposure& wire = room.plain.wire;
  std::size_t passwords = 0;
  std::vector<std::string> stolen;
  for (unsigned i = 1; i <= room.options.stations; ++i) {
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
  expect(record, passwords == room.options.stations,
         "the eavesdropper reads every station's password", stolen);
  const auto is_reading = [](const sniff::ClearText& m) {
    return m.protocol == "mqtt" && m.subject.ends_with("/reading");
  };
  const auto count = static_cast<std::uint64_t>(
      std::count_if(wire.messages.begin(), wire.messages.end(), is_reading));
  const auto first = std::find_if(wire.messages.begin(), wire.messages.end(), is_reading);
  // Each reading crosses the wire twice: station to broker, broker to API.
  expect(record, count >= room.plain.readings_stored && count > 0, "and every reading",
         {fmt::format("{} readings in clear on the wire, {} stored by the API", count,
                      room.plain.readings_stored),
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

const std::vector<Step>& plaintext_steps() {
  static const std::vector<Step> steps{
      {{"plaintext", "plain-start", "Start a broker and an API without TLS",
        "This is how many networks begin: Mosquitto asks for a user name and a password, the API "
        "answers over HTTP, and "
        "everybody hopes that nobody listens. A sniffer is started first; from now on it sees what "
        "any machine on the "
        "same wire, access point or router would see.",
        "wxsec broker run --insecure-lesson\nwxsec api serve --insecure-lesson\nsudo wxsec sniff "
        "-i lo -w plain.pcap"},
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
        "wxsec attack plaintext --broker mqtt://localhost:1883 --api http://localhost:8080"},
       attack_open_doors},
      {{"plaintext", "plain-forge", "Forge a reading with a stolen password",
        "Whoever can listen can also speak. The password is taken out of the capture, and a "
        "reading of -41.5 degrees is "
        "published in the victim's name. The broker cannot know better: the password is right.",
        "wxsec sniff -r plain.pcap --show-secrets\nmosquitto_pub -u station-0001 -P ... -t "
        "wx/station-0001/reading -m ..."},
       forge},
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
