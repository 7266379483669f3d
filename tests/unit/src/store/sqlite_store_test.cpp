#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/time.h"
#include "src/store/reading_store.h"
#include "src/weather/model.h"

using namespace wxsec;
using namespace std::chrono_literals;
using store::Run;

namespace {

const core::Instant kStart = *core::parse_rfc3339("2026-11-22T10:00:00Z");

std::unique_ptr<store::ReadingStore> in_memory() {
  return std::move(store::open_sqlite(":memory:")).value();
}

// Reading number `sequence` of a station, a minute apart.
store::StationReading numbered(const std::string& station, std::uint64_t sequence) {
  const weather::Model model(station, 1);
  return {station, model.at(kStart + static_cast<int>(sequence) * 1min, sequence)};
}

std::vector<store::StationReading> batch(const std::string& station,
                                         const std::vector<std::uint64_t>& sequences) {
  std::vector<store::StationReading> readings;
  for (const std::uint64_t s : sequences) readings.push_back(numbered(station, s));
  return readings;
}

std::vector<std::uint64_t> sequences(const store::Page& page) {
  std::vector<std::uint64_t> all;
  for (const auto& reading : page.readings) all.push_back(reading.sequence);
  return all;
}

}  // namespace

TEST_CASE("store/sqlite: an empty store says so") {
  const auto readings = in_memory();
  CHECK(readings->stations()->empty());
  CHECK_FALSE(readings->latest("sea")->has_value());
  CHECK_FALSE(readings->station("sea")->has_value());
  CHECK(readings->range({.station = "sea"})->readings.empty());
  CHECK(readings->version().value() == 0);
  CHECK(readings->health()->stations == 0);
}

TEST_CASE("store/sqlite: what goes in comes out, to the last digit") {
  const auto readings = in_memory();
  const auto in = batch("sea", {1, 2, 3});
  const auto appended = readings->append(in).value();
  CHECK(appended.added == 3);
  CHECK(appended.runs == std::vector<store::StoredRun>{{"sea", {1, 3}, 3}});
  const auto page = readings->range({.station = "sea"}).value();
  REQUIRE(page.readings.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(page.readings[i] == in[i].reading);
  CHECK(readings->latest("sea")->value() == in[2].reading);
}

TEST_CASE("store/sqlite: appending again changes nothing and is acknowledged all the same") {
  const auto readings = in_memory();
  REQUIRE(readings->append(batch("sea", {1, 2, 3})).has_value());
  auto changed = numbered("sea", 2);
  changed.reading.temperature_c = 42;
  const auto again = readings->append(std::vector{changed, numbered("sea", 3)}).value();
  CHECK(again.added == 0);
  CHECK(again.duplicates == 2);
  CHECK(again.runs == std::vector<store::StoredRun>{{"sea", {1, 3}, 3}});
  CHECK(readings->range({.station = "sea"})->readings[1].temperature_c != 42);
  CHECK(readings->version().value() == 3);
}

TEST_CASE("store/sqlite: runs join when the gap between them is filled") {
  const auto readings = in_memory();
  CHECK(readings->append(batch("sea", {1, 2, 3, 5, 6}))->runs ==
        std::vector<store::StoredRun>{{"sea", {1, 3}, 6}, {"sea", {5, 6}, 6}});
  CHECK(readings->station("sea")->value().missing == 1);
  CHECK(readings->health()->missing == 1);
  CHECK(readings->append(batch("sea", {9}))->runs ==
        std::vector<store::StoredRun>{{"sea", {9, 9}, 9}});
  CHECK(readings->append(batch("sea", {4}))->runs ==
        std::vector<store::StoredRun>{{"sea", {1, 6}, 9}});
  CHECK(readings->station("sea")->value().runs == std::vector<Run>{{1, 6}, {9, 9}});
  CHECK(readings->station("sea")->value().missing == 2);
}

TEST_CASE("store/sqlite: runs agree with a set of integers, whatever the order of arrival") {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    const auto readings = in_memory();
    std::set<std::uint64_t> model;
    for (int step = 0; step < 12; ++step) {
      std::vector<std::uint64_t> some;
      for (int i = 0; i < 4; ++i) some.push_back(1 + random() % 30);
      model.insert(some.begin(), some.end());
      REQUIRE(readings->append(batch("sea", some)).has_value());
    }
    std::vector<Run> expected;
    for (const std::uint64_t s : model) {
      if (!expected.empty() && expected.back().last + 1 == s) {
        expected.back().last = s;
      } else {
        expected.push_back({s, s});
      }
    }
    const auto summary = readings->station("sea")->value();
    CHECK(summary.runs == expected);
    CHECK(summary.missing == *model.rbegin() - *model.begin() + 1 - model.size());
    CHECK(summary.readings == model.size());
  }
}

TEST_CASE("store/sqlite: a station that counts from 1 again loses nothing") {
  const auto readings = in_memory();
  REQUIRE(readings->append(batch("sea", {1, 2})).has_value());
  auto restarted = numbered("sea", 1);
  restarted.reading.time += 24h;
  CHECK(readings->append(std::vector{restarted})->added == 1);
  CHECK(readings->range({.station = "sea"})->readings.size() == 3);
  CHECK(readings->latest("sea")->value() == restarted.reading);
}

TEST_CASE("store/sqlite: stations do not see each other's readings or runs") {
  const auto readings = in_memory();
  REQUIRE(readings->append(std::vector{numbered("b", 1), numbered("a", 2), numbered("b", 2)}));
  const auto all = readings->stations().value();
  REQUIRE(all.size() == 2);
  CHECK(all[0].station == "a");
  CHECK(all[0].runs == std::vector<Run>{{2, 2}});
  CHECK(all[1].runs == std::vector<Run>{{1, 2}});
  CHECK(all[1].latest == numbered("b", 2).reading);
  CHECK(readings->health()->readings == 3);
}

TEST_CASE("store/sqlite: from is included, to is not") {
  const auto readings = in_memory();
  REQUIRE(readings->append(batch("sea", {1, 2, 3, 4})).has_value());
  const auto page =
      readings->range({.station = "sea", .from = kStart + 2min, .to = kStart + 4min}).value();
  CHECK(sequences(page) == std::vector<std::uint64_t>{2, 3});
  CHECK_FALSE(page.next);
}

TEST_CASE("store/sqlite: pages neither repeat nor skip, also while readings arrive") {
  for (const auto order : {store::Order::oldest_first, store::Order::newest_first}) {
    const auto readings = in_memory();
    std::vector<std::uint64_t> first;
    for (std::uint64_t s = 1; s <= 10; ++s) first.push_back(s);
    REQUIRE(readings->append(batch("sea", first)).has_value());
    store::RangeQuery query{.station = "sea", .order = order, .limit = 3};
    std::vector<std::uint64_t> seen;
    for (int guard = 0; guard < 10; ++guard) {
      const auto page = readings->range(query).value();
      CHECK(page.readings.size() <= 3);
      for (const std::uint64_t s : sequences(page)) seen.push_back(s);
      if (guard == 0) REQUIRE(readings->append(batch("sea", {11, 12})).has_value());
      if (!page.next) break;
      query.after = page.next;
    }
    std::vector<std::uint64_t> expected = first;
    if (order == store::Order::newest_first) {
      std::reverse(expected.begin(), expected.end());
    } else {
      expected.insert(expected.end(), {11, 12});
    }
    CHECK(seen == expected);
  }
}

TEST_CASE("store/sqlite: several readings of one moment are paged by sequence") {
  const auto readings = in_memory();
  auto same = batch("sea", {1, 2, 3, 4, 5});
  for (auto& item : same) item.reading.time = kStart;
  REQUIRE(readings->append(same).has_value());
  const auto one = readings->range({.station = "sea", .limit = 2}).value();
  REQUIRE(one.next);
  const auto two = readings->range({.station = "sea", .after = one.next, .limit = 9}).value();
  CHECK(sequences(one) == std::vector<std::uint64_t>{1, 2});
  CHECK(sequences(two) == std::vector<std::uint64_t>{3, 4, 5});
}

TEST_CASE("store/sqlite: the file is private, and everything is there when it is opened again") {
  const auto dir = std::move(core::TempDirectory::create("wxsec-store")).value();
  const core::Path file = dir.path() / "readings.db";
  {
    const auto readings = std::move(store::open_sqlite(file)).value();
    REQUIRE(readings->append(batch("sea", {1, 2, 4})).has_value());
    struct stat status {};
    REQUIRE(stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    REQUIRE(stat((file.string() + "-wal").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
  const auto readings = std::move(store::open_sqlite(file)).value();
  CHECK(readings->version().value() == 3);
  CHECK(readings->station("sea")->value().runs == std::vector<Run>{{1, 2}, {4, 4}});
}

TEST_CASE("store/sqlite: files that are not ours are refused and left alone") {
  const auto dir = std::move(core::TempDirectory::create("wxsec-store")).value();
  const core::Path file = dir.path() / "notes.txt";
  const std::string text(5000, 'x');
  REQUIRE(core::write_file_new(file, text, {}).has_value());
  CHECK(store::open_sqlite(file).error().code == core::Code::malformed);
  CHECK(core::read_file(file, 10000).value() == text);
  const auto missing = store::open_sqlite(dir.path() / "no" / "such.db");
  CHECK(missing.error().code == core::Code::not_found);
}

TEST_CASE("store/sqlite: names with quotes are data") {
  const auto readings = in_memory();
  const std::string name = "x'); DROP TABLE readings; --";
  REQUIRE(readings->append(std::vector{store::StationReading{name, numbered("a", 1).reading}}));
  CHECK(readings->stations()->front().station == name);
  CHECK(readings->latest(name)->has_value());
}

TEST_CASE("store/sqlite: one writes while others read") {
  const auto dir = std::move(core::TempDirectory::create("wxsec-store")).value();
  const auto readings = std::move(store::open_sqlite(dir.path() / "r.db")).value();
  std::atomic<bool> done = false;
  std::atomic<int> failures = 0;
  std::thread reader([&] {
    std::uint64_t before = 0;
    while (!done) {
      const auto version = readings->version();
      if (!version || *version < before) ++failures;
      if (version) before = *version;
    }
  });
  for (std::uint64_t s = 1; s <= 30; ++s) {
    if (!readings->append(batch("sea", {s}))) ++failures;
  }
  done = true;
  reader.join();
  CHECK(failures == 0);
  CHECK(readings->version().value() == 30);
}
