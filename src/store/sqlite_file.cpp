#include "src/store/sqlite_file.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <cerrno>

#include "lib/core/fd.h"

namespace wxsec::store {
namespace {

using core::Code;
using core::Result;

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

Result<std::int64_t> pragma(sqlite3* database, std::string_view name) {
  Statement statement = WXSEC_TRY(Statement::prepare(database, fmt::format("PRAGMA {}", name)));
  WXSEC_TRY(statement.step());
  return statement.integer(0);
}

}  // namespace

Result<void> create_private(const core::Path& file) {
  const core::Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return core::fail(core::system_error(errno, "open the database", file));
  return {};
}

Result<Database> connect(const core::Path& file) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr);
  Database database(raw);
  if (code != SQLITE_OK) return core::fail(database_error(raw, "open"));
  WXSEC_TRY(execute(raw, kSettings));
  return database;
}

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

}  // namespace wxsec::store
