// Writing: the statements of one append(), and the columns that reading and writing share.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "lib/core/result.h"
#include "src/store/reading_store.h"
#include "src/store/sqlite_handle.h"
#include "src/store/sqlite_runs.h"

namespace wxsec::store {

// time, sequence, then the measured values in the order of weather::kFields.
#define WXSEC_READING_COLUMNS                                                         \
  "time, sequence, temperature_c, dew_point_c, relative_humidity_pct, pressure_hpa, " \
  "wind_speed_ms, wind_gust_ms, wind_direction_deg, precipitation_mm"

inline std::int64_t as_column(core::Instant time) { return time.time_since_epoch().count(); }
inline std::int64_t as_column(std::uint64_t value) { return static_cast<std::int64_t>(value); }

// Prepared once for a whole batch, inside its transaction. All fail as the database does (io).
class Appender {
 public:
  static core::Result<Appender> open(sqlite3* database);

  // The row of the station, made where there is none.
  core::Result<std::int64_t> id_of(const std::string& name);
  // True if the reading was not there yet.
  core::Result<bool> add(std::int64_t station, const weather::Reading& reading);
  // The distinct runs of a batch's readings, as they are after the whole batch.
  core::Result<std::vector<StoredRun>> runs_of(std::span<const StationReading> readings);

 private:
  Appender(sqlite3* database, RunTable runs) : database_(database), runs_(std::move(runs)) {}

  sqlite3* database_;
  Statement find_station_, add_station_, add_reading_, count_reading_;
  RunTable runs_;
  std::map<std::string, std::int64_t, std::less<>> ids_ = {};
};

}  // namespace wxsec::store
