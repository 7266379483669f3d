// The embedded store. One file in write-ahead mode with full synchronisation: a transaction that
// has returned survives a power cut, and readers are never blocked by the writer. Two connections,
// each with its lock: one writes, one answers requests.
//
//     stations(id, name, readings)                     one row a station
//     readings(station, time, sequence, 8 values)      clustered by station and time: a page of
//                                                      the API is one stretch of the file
//     runs(station, first, last)                       which sequences are there (sqlite_runs.h)
#include <fcntl.h>
#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <map>
#include <mutex>

#include "src/store/reading_store.h"
#include "src/store/sqlite_handle.h"
#include "src/store/sqlite_runs.h"

namespace wxsec::store {
namespace {

using core::Code;
using core::Instant;
using core::Result;
using weather::Reading;

constexpr int kFormatVersion = 1;
constexpr std::int64_t kApplicationId = 0x77787331;  // "wxs1"

constexpr const char* kSettings =
    "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;";

constexpr const char* kSchema =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS stations (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " readings INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS readings (station INTEGER NOT NULL REFERENCES stations(id),"
    " time INTEGER NOT NULL, sequence INTEGER NOT NULL, temperature_c REAL NOT NULL,"
    " dew_point_c REAL NOT NULL, relative_humidity_pct REAL NOT NULL, pressure_hpa REAL NOT NULL,"
    " wind_speed_ms REAL NOT NULL, wind_gust_ms REAL NOT NULL, wind_direction_deg REAL NOT NULL,"
    " precipitation_mm REAL NOT NULL, PRIMARY KEY (station, time, sequence)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS runs (station INTEGER NOT NULL REFERENCES stations(id),"
    " first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (station, first)) STRICT,"
    " WITHOUT ROWID;"
    "PRAGMA application_id = 0x77787331; PRAGMA user_version = 1;"
    "COMMIT;";

// time, sequence, then the measured values in the order of weather::kFields.
#define WXSEC_READING_COLUMNS                                                         \
  "time, sequence, temperature_c, dew_point_c, relative_humidity_pct, pressure_hpa, " \
  "wind_speed_ms, wind_gust_ms, wind_direction_deg, precipitation_mm"

constexpr std::size_t kMaxRunsShown = 64;

Reading reading_of_row(const Statement& row) {
  Reading reading;
  reading.time = Instant(std::chrono::milliseconds(row.integer(0)));
  reading.sequence = static_cast<std::uint64_t>(row.integer(1));
  int column = 2;
  for (const weather::Field& field : weather::kFields) reading.*field.value = row.real(column++);
  return reading;
}

std::int64_t as_column(Instant time) { return time.time_since_epoch().count(); }
std::int64_t as_column(std::uint64_t value) { return static_cast<std::int64_t>(value); }

Result<std::int64_t> pragma(sqlite3* database, std::string_view name) {
  Statement statement = WXSEC_TRY(Statement::prepare(database, fmt::format("PRAGMA {}", name)));
  WXSEC_TRY(statement.step());
  return statement.integer(0);
}

// --- appending
// ------------------------------------------------------------------------------------

// Rolls back unless commit() was reached.
class Transaction {
 public:
  static Result<Transaction> begin(sqlite3* database) {
    WXSEC_TRY(execute(database, "BEGIN IMMEDIATE"));
    return Transaction(database);
  }
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() {
    if (database_ != nullptr) sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  Result<void> commit() {
    WXSEC_TRY(execute(database_, "COMMIT"));
    database_ = nullptr;
    return {};
  }

 private:
  explicit Transaction(sqlite3* database) : database_(database) {}
  sqlite3* database_;
};

// The statements of one append(), prepared once for its whole batch.
struct Appender {
  sqlite3* database;
  Statement find_station, add_station, add_reading, count_reading;
  RunTable runs;
  std::map<std::string, std::int64_t, std::less<>> ids = {};

  static Result<Appender> open(sqlite3* database) {
    const auto prepare = [&](std::string_view sql) { return Statement::prepare(database, sql); };
    return Appender{
        database,
        WXSEC_TRY(prepare("SELECT id FROM stations WHERE name = ?")),
        WXSEC_TRY(prepare("INSERT INTO stations (name, readings) VALUES (?, 0)")),
        WXSEC_TRY(prepare("INSERT OR IGNORE INTO readings (station, " WXSEC_READING_COLUMNS
                          ") VALUES (?,?,?,?,?,?,?,?,?,?,?)")),
        WXSEC_TRY(prepare("UPDATE stations SET readings = readings + 1 WHERE id = ?")),
        WXSEC_TRY(RunTable::open(database))};
  }

  Result<std::int64_t> id_of(const std::string& name) {
    if (const auto known = ids.find(name); known != ids.end()) return known->second;
    std::int64_t id = 0;
    if (WXSEC_TRY(find_station.bind(1, name).step())) {
      id = find_station.integer(0);
      find_station.reset();
    } else {
      WXSEC_TRY(add_station.bind(1, name).run());
      id = sqlite3_last_insert_rowid(database);
    }
    ids.emplace(name, id);
    return id;
  }

  // True if it was not there yet.
  Result<bool> add(std::int64_t station, const Reading& reading) {
    add_reading.bind(1, station).bind(2, as_column(reading.time));
    add_reading.bind(3, as_column(reading.sequence));
    int place = 4;
    for (const weather::Field& field : weather::kFields) {
      add_reading.bind(place++, reading.*field.value);
    }
    WXSEC_TRY(add_reading.run());
    if (sqlite3_changes(database) == 0) return false;
    WXSEC_TRY(count_reading.bind(1, station).run());
    WXSEC_TRY(runs.add(station, reading.sequence));
    return true;
  }
};

// The distinct runs of a batch's readings, as they are after the whole batch.
Result<std::vector<StoredRun>> runs_of(Appender& appender,
                                       std::span<const StationReading> readings) {
  std::map<std::pair<std::int64_t, std::uint64_t>, StoredRun> found;  // station, first
  for (const StationReading& item : readings) {
    const std::int64_t station = WXSEC_TRY(appender.id_of(item.station));
    const std::uint64_t sequence = item.reading.sequence;
    const auto behind = found.upper_bound({station, sequence});
    if (behind != found.begin()) {
      const auto& [key, stored] = *std::prev(behind);
      if (key.first == station && stored.run.last >= sequence) continue;
    }
    const Run run = WXSEC_TRY(appender.runs.around(station, sequence));
    const std::uint64_t highest = WXSEC_TRY(appender.runs.highest(station));
    found.emplace(std::pair{station, run.first}, StoredRun{item.station, run, highest});
  }
  std::vector<StoredRun> runs;
  for (auto& [key, stored] : found) runs.push_back(std::move(stored));
  return runs;
}

// --- range queries
// ----------------------------------------------------------------------------------

// Row values ((time, sequence) > (?, ?)) make "behind this position" one comparison, which SQLite
// answers from the primary key.
std::string range_sql(const RangeQuery& query) {
  const bool newest = query.order == Order::newest_first;
  std::string sql = "SELECT " WXSEC_READING_COLUMNS
                    " FROM readings WHERE station = (SELECT id FROM stations WHERE name = ?1)";
  if (query.from) sql += " AND time >= ?2";
  if (query.to) sql += " AND time < ?3";
  if (query.after)
    sql += newest ? " AND (time, sequence) < (?4, ?5)" : " AND (time, sequence) > (?4, ?5)";
  sql += newest ? " ORDER BY time DESC, sequence DESC" : " ORDER BY time, sequence";
  return sql + " LIMIT ?6";
}

class SqliteStore final : public ReadingStore {
 public:
  SqliteStore(Database writer, Database reader)
      : writer_(std::move(writer)), reader_(std::move(reader)) {}

  Result<Appended> append(std::span<const StationReading> readings) override {
    const std::lock_guard lock(write_mutex_);
    Transaction transaction = WXSEC_TRY(Transaction::begin(writer_.get()));
    Appender appender = WXSEC_TRY(Appender::open(writer_.get()));
    Appended appended;
    for (const StationReading& item : readings) {
      const std::int64_t station = WXSEC_TRY(appender.id_of(item.station));
      ++(WXSEC_TRY(appender.add(station, item.reading)) ? appended.added : appended.duplicates);
    }
    appended.runs = WXSEC_TRY(runs_of(appender, readings));
    WXSEC_TRY(transaction.commit());
    return appended;
  }

  Result<std::optional<Reading>> latest(std::string_view station) override {
    RangeQuery query;
    query.station = station;
    query.order = Order::newest_first;
    query.limit = 1;
    const Page page = WXSEC_TRY(range(query));
    if (page.readings.empty()) return std::optional<Reading>();
    return std::optional<Reading>(page.readings.front());
  }

  Result<Page> range(const RangeQuery& query) override {
    const std::lock_guard lock(read_mutex());
    Statement rows = WXSEC_TRY(Statement::prepare(reader(), range_sql(query)));
    rows.bind(1, query.station);
    if (query.from) rows.bind(2, as_column(*query.from));
    if (query.to) rows.bind(3, as_column(*query.to));
    if (query.after) {
      rows.bind(4, as_column(query.after->time)).bind(5, as_column(query.after->sequence));
    }
    rows.bind(6, static_cast<std::int64_t>(query.limit) + 1);  // one more tells if there is more
    Page page;
    while (WXSEC_TRY(rows.step())) page.readings.push_back(reading_of_row(rows));
    if (page.readings.size() > query.limit) {
      page.readings.resize(query.limit);
      page.next = Position{page.readings.back().time, page.readings.back().sequence};
    }
    return page;
  }

  Result<std::vector<StationSummary>> stations() override {
    const std::lock_guard lock(read_mutex());
    return summaries("SELECT id, name, readings FROM stations ORDER BY name", {});
  }

  Result<std::optional<StationSummary>> station(std::string_view station) override {
    const std::lock_guard lock(read_mutex());
    auto found =
        WXSEC_TRY(summaries("SELECT id, name, readings FROM stations WHERE name = ?", station));
    if (found.empty()) return std::optional<StationSummary>();
    return std::optional<StationSummary>(std::move(found.front()));
  }

  Result<std::uint64_t> version() override {
    const std::lock_guard lock(read_mutex());
    return count_readings();
  }

  Result<Health> health() override {
    const std::lock_guard lock(read_mutex());
    Health health;
    health.readings = WXSEC_TRY(count_readings());
    Statement count = WXSEC_TRY(Statement::prepare(
        reader(),
        "SELECT (SELECT count(*) FROM stations), (SELECT coalesce(sum(extent - covered), 0) FROM"
        " (SELECT max(last) - min(first) + 1 AS extent, sum(last - first + 1) AS covered"
        " FROM runs GROUP BY station))"));
    WXSEC_TRY(count.step());
    health.stations = static_cast<std::uint64_t>(count.integer(0));
    health.missing = static_cast<std::uint64_t>(count.integer(1));
    health.detail = fmt::format("sqlite {}", sqlite3_libversion());
    return health;
  }

 private:
  // In memory there is one connection for both.
  sqlite3* reader() { return reader_ ? reader_.get() : writer_.get(); }
  std::mutex& read_mutex() { return reader_ ? read_mutex_ : write_mutex_; }

  Result<std::uint64_t> count_readings() {
    Statement sum =
        WXSEC_TRY(Statement::prepare(reader(), "SELECT coalesce(sum(readings), 0) FROM stations"));
    WXSEC_TRY(sum.step());
    return static_cast<std::uint64_t>(sum.integer(0));
  }

  Result<std::vector<StationSummary>> summaries(std::string_view sql, std::string_view name) {
    Statement stations = WXSEC_TRY(Statement::prepare(reader(), sql));
    Statement latest = WXSEC_TRY(Statement::prepare(
        reader(), "SELECT " WXSEC_READING_COLUMNS
                  " FROM readings WHERE station = ? ORDER BY time DESC, sequence DESC LIMIT 1"));
    RunTable runs = WXSEC_TRY(RunTable::open(reader()));
    std::vector<StationSummary> all;
    if (!name.empty()) stations.bind(1, name);
    while (WXSEC_TRY(stations.step())) {
      const std::int64_t id = stations.integer(0);
      StationSummary summary;
      summary.station = stations.text(1);
      summary.readings = static_cast<std::uint64_t>(stations.integer(2));
      summary.runs = WXSEC_TRY(runs.all(id));
      summary.missing = missing_between(summary.runs);
      if (summary.runs.size() > kMaxRunsShown) {
        summary.runs.erase(summary.runs.begin(), summary.runs.end() - kMaxRunsShown);
      }
      if (WXSEC_TRY(latest.bind(1, id).step())) summary.latest = reading_of_row(latest);
      latest.reset();
      all.push_back(std::move(summary));
    }
    return all;
  }

  std::mutex write_mutex_;
  std::mutex read_mutex_;
  Database writer_;
  Database reader_;
};

// --- opening
// --------------------------------------------------------------------------------------

// Made here so that it is 0600 from its first moment; SQLite gives its -wal and -shm files the
// same mode.
Result<void> create_private(const core::Path& file) {
  const core::Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return core::fail(core::system_error(errno, "open the database", file));
  return {};
}

Result<Database> connect(const std::string& file) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr);
  Database database(raw);
  if (code != SQLITE_OK) return core::fail(database_error(raw, "open"));
  WXSEC_TRY(execute(raw, kSettings));
  return database;
}

// Fine for a new file and for one of ours; anything else is left untouched.
Result<void> check_format(sqlite3* database, const core::Path& file) {
  const std::int64_t application = WXSEC_TRY(pragma(database, "application_id"));
  const std::int64_t version = WXSEC_TRY(pragma(database, "user_version"));
  const std::int64_t changes = WXSEC_TRY(pragma(database, "schema_version"));
  if (application == kApplicationId && version == kFormatVersion) return {};
  if (application == 0 && version == 0 && changes == 0) return execute(database, kSchema);
  const std::string_view what =
      application == kApplicationId ? "of a later version of wxsec" : "no database of readings";
  return core::fail(Code::malformed, fmt::format("{} is {}", file.string(), what),
                    "name another file, or move this one away");
}

}  // namespace

Result<std::unique_ptr<ReadingStore>> open_sqlite(const core::Path& file) {
  const bool in_memory = file == ":memory:";
  if (!in_memory) WXSEC_TRY(create_private(file));
  Database writer = WXSEC_TRY(connect(file.string()));
  WXSEC_TRY(check_format(writer.get(), file));
  Database reader;
  if (!in_memory) reader = WXSEC_TRY(connect(file.string()));
  return std::unique_ptr<ReadingStore>(
      std::make_unique<SqliteStore>(std::move(writer), std::move(reader)));
}

}  // namespace wxsec::store
