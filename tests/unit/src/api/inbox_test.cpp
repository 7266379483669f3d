#include "src/api/inbox.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "src/weather/payload.h"
#include "tests/unit/src/api/fixture.h"

using namespace wxsec;
using api::Inbox;
using api::ServeEvent;

namespace {

// An inbox whose publications and events are kept.
struct Bench : testing::Fixture {
  std::vector<std::pair<std::string, std::string>> published;
  std::vector<ServeEvent> told;
  store::ReadingStore* behind = store.get();

  // Takes the messages, then runs until all is stored (a stop leaves nothing behind).
  void feed_in(const std::vector<std::pair<std::string, std::string>>& messages) {
    Inbox inbox(outside());
    for (const auto& [topic, payload] : messages) {
      CHECK(inbox.take(topic, payload) == Inbox::Taken::yes);
    }
    std::stop_source stop;
    stop.request_stop();
    inbox.run(stop.get_token());
  }
  Inbox::Outside outside() {
    return {*behind,
            live,
            *feed,
            clock,
            [this](std::string topic, std::string payload) {
              published.emplace_back(std::move(topic), std::move(payload));
            },
            [this](const ServeEvent& event) { told.push_back(event); }};
  }
};

std::string payload(std::uint64_t sequence) { return weather::encode(testing::reading(sequence)); }

// A store whose disk is full for a while.
class FailingStore final : public store::ReadingStore {
 public:
  FailingStore(store::ReadingStore& real, int failures) : real_(real), failures_(failures) {}
  core::Result<store::Appended> append(std::span<const store::StationReading> readings) override {
    if (failures_-- > 0) return core::fail(core::Code::io, "disk full");
    return real_.append(readings);
  }
  core::Result<std::optional<weather::Reading>> latest(std::string_view s) override {
    return real_.latest(s);
  }
  core::Result<store::Page> range(const store::RangeQuery& q) override { return real_.range(q); }
  core::Result<std::vector<store::StationSummary>> stations() override { return real_.stations(); }
  core::Result<std::optional<store::StationSummary>> station(std::string_view s) override {
    return real_.station(s);
  }
  core::Result<std::uint64_t> version() override { return real_.version(); }
  core::Result<store::Health> health() override { return real_.health(); }

 private:
  store::ReadingStore& real_;
  int failures_;
};

}  // namespace

TEST_CASE("api/inbox: a reading is stored, told, and acknowledged to its station") {
  Bench bench;
  bench.feed_in({{"wx/sea/reading", payload(1)}, {"wx/sea/reading", payload(2)}});
  CHECK(bench.store->station("sea")->value().readings == 2);
  REQUIRE(bench.published.size() == 1);
  CHECK(bench.published[0].first == "wx/sea/stored");
  CHECK(bench.published[0].second == R"({"stored_from":1,"stored_through":2,"next_sequence":3})");
  REQUIRE(bench.told.size() == 2);
  CHECK(bench.told[0].kind == ServeEvent::Kind::stored);
  CHECK(bench.told[0].reading == testing::reading(1));
  CHECK(bench.live.stored == 2);
}

TEST_CASE("api/inbox: sending again is acknowledged again and stored once") {
  Bench bench;
  bench.feed_in({{"wx/sea/reading", payload(1)}});
  bench.feed_in({{"wx/sea/reading", payload(1)}});
  CHECK(bench.store->station("sea")->value().readings == 1);
  CHECK(bench.published.size() == 2);
  CHECK(bench.published[0] == bench.published[1]);
  CHECK(bench.live.duplicates == 1);
}

TEST_CASE("api/inbox: a gap is not acknowledged, whatever came behind it") {
  Bench bench;
  bench.feed_in({{"wx/sea/reading", payload(1)}, {"wx/sea/reading", payload(3)}});
  REQUIRE(bench.published.size() == 2);
  CHECK(bench.published[0].second == R"({"stored_from":1,"stored_through":1,"next_sequence":4})");
  CHECK(bench.published[1].second == R"({"stored_from":3,"stored_through":3,"next_sequence":4})");
}

TEST_CASE(
    "api/inbox: an invalid reading is refused by its sequence, so that it is not sent again") {
  Bench bench;
  std::string hot = payload(7);
  hot.replace(hot.find("11.75"), 5, "99.50");
  bench.feed_in({{"wx/sea/reading", hot}});
  REQUIRE(bench.published.size() == 1);
  CHECK(bench.published[0].second ==
        R"({"refused":7,"reason":"temperature_c is 99.5, the most is 60"})");
  CHECK(bench.live.refused == 1);
  CHECK_FALSE(bench.store->station("sea")->has_value());
}

TEST_CASE("api/inbox: a reading from the future is refused, one from the past is not") {
  Bench bench;
  weather::Reading future = testing::reading(1);
  future.time = testing::kNow + std::chrono::hours(2);
  weather::Reading past = testing::reading(2);
  past.time = testing::kNow - std::chrono::years(14);
  bench.feed_in(
      {{"wx/sea/reading", weather::encode(future)}, {"wx/sea/reading", weather::encode(past)}});
  CHECK(bench.live.refused == 1);
  CHECK(bench.store->station("sea")->value().readings == 1);
}

TEST_CASE("api/inbox: hostile topics and payloads are counted and change nothing") {
  Bench bench;
  const std::pair<std::string, std::string> hostile[] = {
      {"wx/sea/reading", ""},
      {"wx/sea/reading", std::string(100'000, '{')},
      {"wx/sea/reading", "\xff\xfe\x00"},
      {"wx/sea/status", R"({"state":"<script>"})"},
      {"wx/<script>/reading", payload(1)},
      {"wx/../reading", payload(1)},
      {"wx/a'; DROP TABLE readings; --/reading", payload(1)},
      {"wx/sea/stored", payload(1)},
      {"wx/\x1b[2J/reading", payload(1)},
      {"", payload(1)},
  };
  for (const auto& message : hostile) bench.feed_in({message});
  CHECK(bench.live.refused == std::size(hostile));
  CHECK(bench.store->stations()->empty());
  CHECK(bench.published.empty());
  CHECK(bench.live.statuses().empty());
}

TEST_CASE("api/inbox: a member `station` in the payload cannot speak for another station") {
  Bench bench;
  std::string forged = payload(1);
  forged.insert(1, R"("station":"other",)");
  bench.feed_in({{"wx/sea/reading", forged}});
  CHECK(bench.store->station("sea")->has_value());
  CHECK_FALSE(bench.store->station("other")->has_value());
}

TEST_CASE("api/inbox: status goes to the live state; a deleted one is ignored") {
  Bench bench;
  bench.feed_in({{"wx/sea/status", R"({"state":"online"})"}, {"wx/sea/status", ""}});
  CHECK(bench.live.statuses().at("sea").online);
  CHECK(bench.live.refused == 0);
}

TEST_CASE("api/inbox: nothing is acknowledged while the store fails, everything after") {
  Bench bench;
  FailingStore failing(*bench.store, 1);
  bench.behind = &failing;
  Inbox inbox(bench.outside());
  CHECK(inbox.take("wx/sea/reading", payload(1)) == Inbox::Taken::yes);
  std::stop_source stop;
  stop.request_stop();
  inbox.run(stop.get_token());
  CHECK(bench.published.empty());
  CHECK(bench.live.store_failures == 1);
  REQUIRE(bench.told.size() == 1);
  CHECK(bench.told[0].kind == ServeEvent::Kind::store_failed);
  CHECK(bench.told[0].text == "disk full");
}

TEST_CASE("api/inbox: a full inbox takes nothing more") {
  Bench bench;
  Inbox inbox(bench.outside());
  const std::string one = payload(1);
  for (std::size_t i = 0; i < Inbox::kMaxWaiting; ++i) {
    REQUIRE(inbox.take("wx/sea/reading", one) == Inbox::Taken::yes);
  }
  CHECK(inbox.take("wx/sea/reading", one) == Inbox::Taken::full);
}

TEST_CASE("api/inbox: after a reconnect every station is told where the store stands") {
  Bench bench;
  bench.add("a", {1, 2});
  bench.add("b", {5, 6, 9});
  Inbox inbox(bench.outside());
  inbox.acknowledge_all();
  const std::map<std::string, std::string> by_topic(bench.published.begin(), bench.published.end());
  CHECK(by_topic.at("wx/a/stored") == R"({"stored_from":1,"stored_through":2,"next_sequence":3})");
  CHECK(by_topic.at("wx/b/stored") == R"({"stored_from":9,"stored_through":9,"next_sequence":10})");
}
