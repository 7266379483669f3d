#include "src/store/sqlite_append.h"

namespace wxsec::store {

using core::Result;
using weather::Reading;

Result<Appender> Appender::open(sqlite3* database) {
  const auto prepare = [&](std::string_view sql) { return Statement::prepare(database, sql); };
  Appender appender(database, WXSEC_TRY(RunTable::open(database)));
  appender.find_station_ = WXSEC_TRY(prepare("SELECT id FROM stations WHERE name = ?"));
  appender.add_station_ = WXSEC_TRY(prepare("INSERT INTO stations (name, readings) VALUES (?, 0)"));
  appender.add_reading_ =
      WXSEC_TRY(prepare("INSERT OR IGNORE INTO readings (station, " WXSEC_READING_COLUMNS
                        ") VALUES (?,?,?,?,?,?,?,?,?,?,?)"));
  appender.count_reading_ =
      WXSEC_TRY(prepare("UPDATE stations SET readings = readings + 1 WHERE id = ?"));
  return appender;
}

Result<std::int64_t> Appender::id_of(const std::string& name) {
  if (const auto known = ids_.find(name); known != ids_.end()) return known->second;
  std::int64_t id = 0;
  if (WXSEC_TRY(find_station_.bind(1, name).step())) {
    id = find_station_.integer(0);
    find_station_.reset();
  } else {
    WXSEC_TRY(add_station_.bind(1, name).run());
    id = sqlite3_last_insert_rowid(database_);
  }
  ids_.emplace(name, id);
  return id;
}

Result<bool> Appender::add(std::int64_t station, const Reading& reading) {
  add_reading_.bind(1, station).bind(2, as_column(reading.time));
  add_reading_.bind(3, as_column(reading.sequence));
  int place = 4;
  for (const weather::Field& field : weather::kFields) {
    add_reading_.bind(place++, reading.*field.value);
  }
  WXSEC_TRY(add_reading_.run());
  if (sqlite3_changes(database_) == 0) return false;
  WXSEC_TRY(count_reading_.bind(1, station).run());
  WXSEC_TRY(runs_.add(station, reading.sequence));
  return true;
}

Result<std::vector<StoredRun>> Appender::runs_of(std::span<const StationReading> readings) {
  std::map<std::pair<std::int64_t, std::uint64_t>, StoredRun> found;  // station, first
  for (const StationReading& item : readings) {
    const std::int64_t station = WXSEC_TRY(id_of(item.station));
    const std::uint64_t sequence = item.reading.sequence;
    const auto behind = found.upper_bound({station, sequence});
    if (behind != found.begin()) {
      const auto& [key, stored] = *std::prev(behind);
      if (key.first == station && stored.run.last >= sequence) continue;
    }
    const Run run = WXSEC_TRY(runs_.around(station, sequence));
    const std::uint64_t highest = WXSEC_TRY(runs_.highest(station));
    found.emplace(std::pair{station, run.first}, StoredRun{item.station, run, highest});
  }
  std::vector<StoredRun> runs;
  for (auto& [key, stored] : found) runs.push_back(std::move(stored));
  return runs;
}

}  // namespace wxsec::store
