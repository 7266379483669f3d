#include "src/store/sqlite_handle.h"

#include <fmt/core.h>

namespace wxsec::store {
namespace {

core::Code code_of(int sqlite_code) {
  switch (sqlite_code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return core::Code::busy;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH: return core::Code::permission;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return core::Code::malformed;
    default: return core::Code::io;
  }
}

std::string_view hint_of(int sqlite_code) {
  switch (sqlite_code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another process holds the database; stop it or take another file";
    case SQLITE_CANTOPEN: return "the directory must exist and be writable";
    case SQLITE_FULL: return "make room on the disk; nothing that was acknowledged is lost";
    case SQLITE_NOTADB: return "name another file, or move this one away";
    default: return "";
  }
}

}  // namespace

core::Error database_error(sqlite3* database, std::string_view verb) {
  const int code = sqlite3_extended_errcode(database);
  const char* const file = sqlite3_db_filename(database, "main");
  const std::string_view name = file != nullptr && *file != '\0' ? file : "the database";
  return {code_of(code), fmt::format("cannot {} {}: {}", verb, name, sqlite3_errmsg(database)),
          std::string(hint_of(code))};
}

core::Result<void> execute(sqlite3* database, const char* sql) {
  if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return core::fail(database_error(database, "use"));
}

core::Result<Statement> Statement::prepare(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement, nullptr) !=
      SQLITE_OK) {
    return core::fail(database_error(database, "use"));
  }
  return Statement(statement);
}

Statement& Statement::bind(int place, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), place, value);
  return *this;
}

Statement& Statement::bind(int place, double value) {
  sqlite3_bind_double(statement_.get(), place, value);
  return *this;
}

Statement& Statement::bind(int place, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), place, text.data(), text.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
  return *this;
}

core::Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  core::Error error;
  if (code != SQLITE_DONE) error = database_error(sqlite3_db_handle(statement_.get()), "use");
  sqlite3_reset(statement_.get());
  if (code != SQLITE_DONE) return core::fail(std::move(error));
  return false;
}

core::Result<void> Statement::run() {
  while (WXSEC_TRY(step())) {
  }
  return {};
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

std::string Statement::text(int column) const {
  const unsigned char* const text = sqlite3_column_text(statement_.get(), column);
  const int bytes = sqlite3_column_bytes(statement_.get(), column);
  if (text == nullptr) return {};
  return {text, text + bytes};
}

}  // namespace wxsec::store
