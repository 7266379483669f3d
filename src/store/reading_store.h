// Where readings are kept. The one interface between the API and a database; SQLite implements it
// (open_sqlite), PostgreSQL can later. An acknowledgement rests on append(): when it returns, the
// readings survive the death of the process and of the machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "src/weather/reading.h"

namespace wxsec::store {

struct StationReading {
  std::string station;
  weather::Reading reading;
  bool operator==(const StationReading&) const = default;
};

// Sequences first..last of one station, all of them stored.
struct Run {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool operator==(const Run&) const = default;
};

// A run that readings just appended belong to, as it is afterwards.
struct StoredRun {
  std::string station;
  Run run;
  std::uint64_t highest = 0;  // of the station, in whichever run
  bool operator==(const StoredRun&) const = default;
};

struct Appended {
  std::size_t added = 0;
  std::size_t duplicates = 0;   // were there already: same station, time and sequence
  std::vector<StoredRun> runs;  // of every reading handed in, duplicates too; each run once
};

// The place of a reading in the order of its station: by time, then sequence.
struct Position {
  core::Instant time{};
  std::uint64_t sequence = 0;
  bool operator==(const Position&) const = default;
};

enum class Order { oldest_first, newest_first };

struct RangeQuery {
  std::string station = {};
  std::optional<core::Instant> from = {};  // included
  std::optional<core::Instant> to = {};    // not included
  std::optional<Position> after = {};      // continue behind this one, in the order asked for
  Order order = Order::oldest_first;
  std::size_t limit = 100;  // at least 1
};

struct Page {
  std::vector<weather::Reading> readings;
  std::optional<Position> next;  // hand it back as `after`; nothing on the last page
};

struct StationSummary {
  std::string station;
  std::uint64_t readings = 0;
  std::vector<Run> runs;      // ascending; at most the last 64
  std::uint64_t missing = 0;  // sequences between the lowest and the highest that never came
  weather::Reading latest;
};

struct Health {
  std::uint64_t readings = 0;
  std::uint64_t stations = 0;
  std::uint64_t missing = 0;
  std::string detail;  // "sqlite 3.40.1, wal"
};

// Thread-safe. Every function fails with io (disk, corruption), busy (another process holds the
// database), or permission.
class ReadingStore {
 public:
  virtual ~ReadingStore() = default;

  // All or none, durable on return. Idempotent: a reading with the same station, time and sequence
  // stays as it was first stored.
  virtual core::Result<Appended> append(std::span<const StationReading> readings) = 0;

  virtual core::Result<std::optional<weather::Reading>> latest(std::string_view station) = 0;
  virtual core::Result<Page> range(const RangeQuery& query) = 0;
  // By name. One that never reported is not there.
  virtual core::Result<std::vector<StationSummary>> stations() = 0;
  virtual core::Result<std::optional<StationSummary>> station(std::string_view station) = 0;
  // Grows by at least one whenever a reading is added; survives restarts. Serves as a validator.
  virtual core::Result<std::uint64_t> version() = 0;
  virtual core::Result<Health> health() = 0;
};

// Opens or creates the database file (0600), with write-ahead log and full synchronisation.
// ":memory:" keeps it in memory, for tests. Fails also with malformed when the file is no database
// of ours or of a later version.
core::Result<std::unique_ptr<ReadingStore>> open_sqlite(const core::Path& file);

}  // namespace wxsec::store
