// The embedded store. One file in write-ahead mode with full synchronisation: a transaction that
// has returned survives a power cut, and readers are never blocked by the writer. Two connections,
// each with its lock: one writes, one answers requests.
//
//     stations(id, name, readings)                     one row a station
//     readings(station, time, sequence, 8 values)      clustered by station and time: a page of
//                                                      the API is one stretch of the file
//     runs(station, first, last)                       which sequences are there (sqlite_runs.h)
#include <fmt/core.h>

#include <mutex>

#include "src/store/reading_store.h"
#include "src/store/sqlite_append.h"
#include "src/store/sqlite_file.h"
#include "src/store/sqlite_handle.h"
#include "src/store/sqlite_runs.h"

namespace wxsec::store {
namespace {

using core::Instant;
using core::Result;
using weather::Reading;

constexpr std::size_t kMaxRunsShown = 64;

Reading reading_of_row(const Statement& row) {
  Reading reading;
  reading.time = Instant(std::chrono::milliseconds(row.integer(0)));
  reading.sequence = static_cast<std::uint64_t>(row.integer(1));
  int column = 2;
  for (const weather::Field& field : weather::kFields) reading.*field.value = row.real(column++);
  return reading;
}

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
    appended.runs = WXSEC_TRY(appender.runs_of(readings));
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

}  // namespace

Result<std::unique_ptr<ReadingStore>> open_sqlite(const core::Path& file) {
  const bool in_memory = file == ":memory:";
  if (!in_memory) WXSEC_TRY(create_private(file));
  Database writer = WXSEC_TRY(connect(file));
  WXSEC_TRY(check_format(writer.get(), file));
  Database reader;
  if (!in_memory) reader = WXSEC_TRY(connect(file));
  return std::unique_ptr<ReadingStore>(
      std::make_unique<SqliteStore>(std::move(writer), std::move(reader)));
}

}  // namespace wxsec::store
