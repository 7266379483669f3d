// What certificates would have to refuse, tried where there are none: a client that shows nothing
// but a password that everybody could read, and somebody who stands in the broker's place and
// changes what passes.
#include <fmt/core.h>

#include <algorithm>
#include <thread>

#include "lib/mqtt/raw_client.h"
#include "src/attack/attempt.h"
#include "src/attack/outcome.h"
#include "src/lab/middle.h"
#include "src/lab/room.h"
#include "src/report/catalogue.h"

namespace wxsec::lab {
namespace {

using core::Code;
using core::fail;
using core::Result;
using namespace std::chrono_literals;

const net::Endpoint kBroker{net::Scheme::mqtt, "127.0.0.1", kMqttPort, ""};

// The same name and title as the attempt of act two that it is compared with.
report::Check check_named(std::string_view name) {
  report::Check check = attack::begin(kBroker);
  check.name = name;
  if (const attack::Attempt* const attempt = attack::find_attempt(name))
    check.title = attempt->title;
  return check;
}

report::Check show_no_certificate(const sniff::Credential& stolen) {
  report::Check check = check_named("no-client-cert");
  auto client = mqtt::RawClient::open({kBroker.host, kBroker.port, std::nullopt, 2s});
  if (!client) return attack::inconclusive(std::move(check), client.refusal.error.what);
  mqtt::RawConnect connect;
  connect.client_id = "nobody-at-all";
  connect.username = stolen.name;
  connect.password = stolen.value.clone();
  const auto accepted = (*client.value)->connect(connect);
  if (!accepted) return attack::inconclusive(std::move(check), accepted.refusal.error.what);
  (*client.value)->disconnect();
  check.evidence.push_back(fmt::format(
      "CONNECT to port {} without TLS and without a certificate, as {} with the password of packet "
      "{}: CONNACK 0x{:02x} ({})",
      kBroker.port, stolen.name, stolen.place.packet, accepted.value->reason,
      accepted.value->reason_text));
  return attack::broken(std::move(check), report::id::kNoClientCertificate, net::to_string(kBroker),
                        "CONNECT without any certificate: CONNACK 0x00, let in");
}

// The first reading that the relay changed and that the API shows as changed.
std::optional<std::string> changed_and_shown(const Middle& middle, const std::string& station,
                                             const std::stop_token& stop) {
  for (const auto deadline = core::Deadline::in(20s); !deadline.passed() && !stop.stop_requested();
       std::this_thread::sleep_for(40ms)) {
    const auto shown = readings_shown({}, station);
    if (!shown) continue;
    for (const Tampered& one : middle.tampered()) {
      const bool there =
          std::any_of(shown->begin(), shown->end(), [&one](const ShownReading& reading) {
            return reading.sequence == one.sequence && reading.temperature_c == one.passed_on_c;
          });
      if (!there || one.sent_c == one.passed_on_c) continue;
      return fmt::format("{} sent reading {} with {} degrees; the API shows {} degrees", station,
                         one.sequence, one.sent_c, one.passed_on_c);
    }
  }
  return {};
}

// A real station, told that the relay is the broker, as forged ARP or DNS answers would tell it.
Result<void> stand_in_the_middle(Room& room, StepRecord& record) {
  const std::string station = certs::station_name(room.options.stations + 1);
  const Middle middle = WXSEC_TRY(Middle::start(kBroker));
  const std::string place = net::to_string(middle.endpoint());
  station::PublisherOptions options = plaintext_station(room.options.stations + 1);
  options.port = middle.endpoint().port;
  auto service = WXSEC_TRY(start_stations(std::move(options), room.clock, room.stop));
  const auto shown = changed_and_shown(middle, station, room.stop);
  WXSEC_TRY(service.stop());

  report::Check impostor = check_named("wrong-name");
  impostor.evidence.push_back(
      fmt::format("{} connected to {} and was acknowledged: without TLS the server shows no name",
                  station, place));
  note_attempt(record, room.plain,
               attack::broken(
                   std::move(impostor), report::id::kWrongNameAccepted, net::to_string(kBroker),
                   fmt::format("the station took {} for the broker and asked for no proof", place)),
               report::Outcome::broken);
  report::Check mitm = check_named("mitm");
  if (!shown) {
    note_attempt(record, room.plain,
                 attack::inconclusive(std::move(mitm), "the API showed no changed reading in time"),
                 report::Outcome::broken);
    return {};
  }
  mitm.evidence.push_back(
      fmt::format("{} stands between {} and the broker, passes everything on, and changed {} "
                  "readings",
                  place, station, middle.tampered().size()));
  note_attempt(record, room.plain,
               attack::broken(std::move(mitm), report::id::kManInTheMiddle, net::to_string(kBroker),
                              "read and changed on its way: " + *shown),
               report::Outcome::broken);
  return {};
}

}  // namespace

Result<void> enter_without_certificate(Room& room, StepRecord& record) {
  const sniff::Credential stolen = WXSEC_TRY(stolen_password(room, certs::station_name(1)));
  note_attempt(record, room.plain, show_no_certificate(stolen), report::Outcome::broken);
  return stand_in_the_middle(room, record);
}

}  // namespace wxsec::lab
