// Weather stations end to end: through the real Mosquitto, across its death, and with hostile
// neighbours.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <set>
#include <thread>

#include "lib/proc/child.h"
#include "src/station/publisher.h"
#include "src/station/watch.h"
#include "src/weather/payload.h"
#include "src/weather/station.h"
#include "tests/support/live_broker.h"

namespace {

using namespace wxsec;
using namespace std::chrono_literals;
using core::Deadline;
using station::Event;
using test::LiveBroker;

station::PublisherOptions options_for(const LiveBroker& broker, unsigned stations) {
  station::PublisherOptions options;
  options.host = "localhost";
  options.port = broker.port();
  options.ca = broker.ca_file();
  for (unsigned number = 1; number <= stations; ++number)
    options.stations.push_back(broker.identity(weather::station_name(number)));
  options.interval = 20ms;
  return options;
}

void ignore(const Event&) {}

// The store's side of PROTOCOL.md section 4, kept in memory: what an ingest that never fails does.
class MemoryStore {
 public:
  explicit MemoryStore(const LiveBroker& broker) {
    auto options = broker.client_options(broker.identity("ingest"));
    auto client = mqtt::Client::start(
        std::move(options),
        {.on_connection = {}, .on_message = [this](const mqtt::Message& message) {
           take(message);
           return mqtt::Handled::done;
         }});
    REQUIRE(client);
    client_ = std::move(*client);
    REQUIRE(client_->subscribe("wx/+/reading"));
    REQUIRE(client_->wait_connected(10s));
  }
  std::set<std::uint64_t> sequences() const {
    const std::lock_guard lock(mutex_);
    return sequences_;
  }

 private:
  void take(const mqtt::Message& message) {
    const auto topic = weather::parse_topic(message.topic);
    const auto reading = weather::decode_reading(message.payload);
    if (!topic || !reading) return;
    weather::Stored stored;
    {
      const std::lock_guard lock(mutex_);
      sequences_.insert(reading->sequence);
      stored.from = stored.through = reading->sequence;
      while (sequences_.contains(stored.from - 1)) --stored.from;
      while (sequences_.contains(stored.through + 1)) ++stored.through;
      stored.next_sequence = *sequences_.rbegin() + 1;
    }
    client_->publish_async({weather::topic(topic->station, weather::Kind::stored),
                            weather::encode(stored), mqtt::Qos::at_least_once, mqtt::Retain::yes},
                           {});
  }

  mutable std::mutex mutex_;
  std::set<std::uint64_t> sequences_;
  std::unique_ptr<mqtt::Client> client_;
};

bool whole(const std::set<std::uint64_t>& sequences, std::uint64_t last) {
  return sequences.size() == last && *sequences.begin() == 1 && *sequences.rbegin() == last;
}

}  // namespace

TEST_CASE("net/station: three stations' readings arrive, valid and numbered without a gap") {
  LiveBroker broker;
  REQUIRE(broker.start());
  auto witness = broker.witness();
  auto options = options_for(broker, 3);
  options.readings = 5;
  int preflights = 0;
  const auto result =
      station::run_stations(options, core::system_clock(), {}, [&](const Event& event) {
        preflights += event.kind == Event::Kind::preflight_passed ? 1 : 0;
      });
  REQUIRE_MESSAGE(result, (result ? "" : result.error().what));
  CHECK(preflights == 3);
  CHECK(result->total.produced == 15);
  CHECK(result->total.acknowledged == 15);
  CHECK(result->total.unfinished == 0);
  const auto seen = witness->fence();
  REQUIRE(seen);
  std::map<std::string, std::uint64_t> last;
  for (const mqtt::Received& one : *seen.value) {
    const auto topic = weather::parse_topic(one.message.topic);
    REQUIRE(topic);
    if (topic->kind != weather::Kind::reading) continue;
    const auto reading = weather::decode_reading(one.message.payload);
    REQUIRE_MESSAGE(reading, one.message.payload);
    CHECK(reading->sequence == ++last[std::string(topic->station)]);
  }
  CHECK(last == std::map<std::string, std::uint64_t>{
                    {"station-0001", 5}, {"station-0002", 5}, {"station-0003", 5}});
}

TEST_CASE("net/station: nothing that a station accepted is lost when the broker is killed") {
  LiveBroker broker;
  REQUIRE(broker.start());
  MemoryStore store(broker);
  auto options = options_for(broker, 1);
  options.readings = 60;  // the default delivery: this store answers, so its word counts
  options.drain_timeout = 20s;
  options.resend_after = 500ms;
  std::atomic<std::uint64_t> acknowledged = 0;
  core::Result<station::PublisherResult> result = core::fail(core::Code::internal, "did not run");
  std::jthread runner([&] {
    result = station::run_stations(options, core::system_clock(), {}, [&](const Event& event) {
      if (event.kind == Event::Kind::acknowledged) ++acknowledged;
    });
  });
  const Deadline deadline = Deadline::in(10s);
  while (acknowledged < 15 && !deadline.passed()) std::this_thread::sleep_for(1ms);
  CHECK_FALSE(broker.kill());
  REQUIRE(broker.start());
  runner.join();
  REQUIRE_MESSAGE(result, (result ? "" : result.error().what));
  CHECK(result->total.produced == 60);
  CHECK(result->total.unfinished == 0);
  CHECK(result->total.connections == 2);
  CHECK(result->total.resent < 300);  // each a few times, not in a busy loop while the link dies
  CHECK(whole(store.sequences(), 60));
}

TEST_CASE("net/station: a station that died sends from its journal what was not stored") {
  LiveBroker broker;
  REQUIRE(broker.start());
  auto options = options_for(broker, 1);
  options.readings = 5;
  options.delivery = station::Delivery::stored;
  options.journal = broker.directory() / "journal";
  options.drain_timeout = 100ms;  // nobody stores: the readings stay open
  const auto first = station::run_stations(options, core::system_clock(), {}, ignore);
  REQUIRE_MESSAGE(first, (first ? "" : first.error().what));
  CHECK(first->total.unfinished == 5);

  MemoryStore store(broker);
  options.readings = 2;
  options.drain_timeout = 10s;
  const auto second = station::run_stations(options, core::system_clock(), {}, ignore);
  REQUIRE(second);
  CHECK(second->total.unfinished == 0);
  CHECK(second->total.last_sequence == 7);
  CHECK(whole(store.sequences(), 7));
}

TEST_CASE("net/station: where no store has ever answered, the broker's word ends a reading") {
  LiveBroker broker;
  REQUIRE(broker.start());
  auto options = options_for(broker, 1);
  options.readings = 5;
  options.journal = broker.directory() / "journal";
  const auto alone = station::run_stations(options, core::system_clock(), {}, ignore);
  REQUIRE_MESSAGE(alone, (alone ? "" : alone.error().what));
  CHECK(alone->total.acknowledged == 5);
  CHECK(alone->total.unfinished == 0);
  CHECK(alone->elapsed < options.drain_timeout);

  const auto next = station::run_stations(options, core::system_clock(), {}, ignore);
  REQUIRE(next);
  CHECK(next->total.last_sequence == 10);  // the journal knows where to go on
  CHECK(next->total.resent == 0);
  CHECK(next->total.acknowledged == 5);
}

TEST_CASE("net/station: once a store has answered, its silence keeps readings open") {
  LiveBroker broker;
  REQUIRE(broker.start());
  auto options = options_for(broker, 1);
  options.readings = 2;
  options.journal = broker.directory() / "journal";
  {
    MemoryStore store(broker);
    const auto heard = station::run_stations(options, core::system_clock(), {}, ignore);
    REQUIRE(heard);
    CHECK(heard->total.unfinished == 0);
  }
  options.drain_timeout = 1500ms;
  bool said = false;
  const auto silent = station::run_stations(
      options, core::system_clock(), {},
      [&](const Event& event) { said = said || event.kind == Event::Kind::draining; });
  REQUIRE(silent);
  CHECK(silent->total.unfinished == 2);
  CHECK(said);
}

TEST_CASE("net/station: a station without memory goes on where the store's retained answer says") {
  LiveBroker broker;
  REQUIRE(broker.start());
  MemoryStore store(broker);
  auto options = options_for(broker, 1);
  options.readings = 3;
  options.delivery = station::Delivery::stored;
  REQUIRE(station::run_stations(options, core::system_clock(), {}, ignore));
  const auto again = station::run_stations(options, core::system_clock(), {}, ignore);
  REQUIRE(again);
  CHECK(again->total.last_sequence == 6);
  CHECK(whole(store.sequences(), 6));
}

TEST_CASE("net/station: the operator's command changes the interval") {
  LiveBroker broker;
  REQUIRE(broker.start());
  auto op = mqtt::Client::start(broker.client_options(broker.identity("operator")), {});
  REQUIRE(op);
  REQUIRE((*op)->wait_connected(10s));
  auto options = options_for(broker, 1);
  std::stop_source stop;
  bool asked = false;
  std::string heard;
  const auto result =
      station::run_stations(options, core::system_clock(), stop.get_token(), [&](const Event& e) {
        if (e.kind == Event::Kind::acknowledged && !std::exchange(asked, true))
          (*op)->publish_async({"wx/station-0001/cmd", "{\"interval_s\":7}"}, {});
        if (e.kind != Event::Kind::command) return;
        heard = e.text;
        stop.request_stop();
      });
  REQUIRE(result);
  CHECK(heard == "a reading every 7 s");
}

TEST_CASE("net/station: a station that is killed is announced offline by the broker") {
  const char* const binary = std::getenv("WXSEC");
  REQUIRE(binary != nullptr);
  LiveBroker broker;
  REQUIRE(broker.start());
  auto witness = broker.witness();
  const auto identity = broker.identity("station-0001");
  auto child = proc::Child::start(
      {.program = binary,
       .arguments = {"station", "run", "--json", "--no-journal", "--name", "station-0001", "--ca",
                     broker.ca_file().string(), "--cert", identity.certificate.string(), "--key",
                     identity.key.string(), "--broker",
                     "mqtts://localhost:" + std::to_string(broker.port())}},
      {});
  REQUIRE(child);
  REQUIRE(child->wait_for_line("\"acknowledged\"", Deadline::in(20s)));
  REQUIRE(child->signal(SIGKILL));
  const Deadline deadline = Deadline::in(10s);
  bool offline = false;
  while (!offline && !deadline.passed()) {
    const auto next = witness->next(deadline.left());
    if (!next) break;
    if (next.value->message.topic != "wx/station-0001/status") continue;
    const auto status = weather::decode_status(next.value->message.payload);
    REQUIRE(status);
    offline = !status->online;
  }
  CHECK(offline);
}

TEST_CASE("net/station: the failure of a run is named before anything is published") {
  LiveBroker broker;
  REQUIRE(broker.start());
  auto options = options_for(broker, 2);
  options.stations[1] = broker.identity({.common_name = "station-0002",
                                         .names = {"station-0002"},
                                         .starts = -48h,
                                         .ends = -24h,
                                         .server = false,
                                         .client = true},
                                        broker.ca());
  int published = 0;
  const auto result = station::run_stations(
      options, core::system_clock(), {},
      [&](const Event& event) { published += event.kind == Event::Kind::published ? 1 : 0; });
  REQUIRE_FALSE(result);
  CHECK(result.error().what.starts_with("station-0002: "));
  CHECK(result.error().what.find("expired") != std::string::npos);
  CHECK(published == 0);
}

TEST_CASE("net/station: more than a hundred stations, or none, are refused as usage") {
  station::PublisherOptions options;
  CHECK(station::run_stations(options, core::system_clock(), {}, ignore).error().code ==
        core::Code::usage);
  options.stations.resize(101);
  CHECK(station::run_stations(options, core::system_clock(), {}, ignore).error().code ==
        core::Code::usage);
}

TEST_CASE("net/station: the watcher shows readings, and hostile bytes as what they are") {
  LiveBroker broker;
  REQUIRE(broker.start());
  station::WatchOptions options;
  options.port = broker.port();
  options.ca = broker.ca_file();
  options.identity = broker.identity("operator");
  options.messages = 3;
  std::vector<station::Seen> seen;
  station::BrokerCard card;
  std::jthread speaker;
  const station::WatchEvents events{
      .on_connected =
          [&](const station::BrokerCard& shown) {
            card = shown;
            speaker = std::jthread([&](const std::stop_token& stop) {
              auto client =
                  mqtt::Client::start(broker.client_options(broker.identity("station-0001")), {});
              REQUIRE(client);
              REQUIRE((*client)->wait_connected(10s));
              while (!stop.stop_requested()) {
                for (const char* payload : {"{\"sequence\":\"\x1b[2J\"}", "\xff\x00\x07"})
                  CHECK((*client)->publish({"wx/station-0001/reading", payload}, 5s));
              }
            });
          },
      .on_disconnected = {},
      .on_message = [&](const station::Seen& one) { seen.push_back(one); }};
  const auto count = station::watch(options, core::system_clock(), {}, events);
  speaker.request_stop();
  speaker.join();
  REQUIRE_MESSAGE(count, (count ? "" : count.error().what));
  CHECK(*count == 3);
  CHECK(card.protocol == "TLSv1.3");
  REQUIRE(seen.size() == 3);
  for (const station::Seen& one : seen) {
    CHECK_FALSE(one.reading);
    CHECK(std::none_of(one.line.begin(), one.line.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
    }));
  }
}
