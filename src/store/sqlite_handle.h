// Owners of SQLite's connection and statement. Inside src/store only.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lib/core/result.h"

namespace wxsec::store {

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

// The error of the last call on `database`: "cannot <verb> <file>: <SQLite's words>".
core::Error database_error(sqlite3* database, std::string_view verb);

// Runs statements without results, separated by semicolons.
core::Result<void> execute(sqlite3* database, const char* sql);

// A prepared statement. Parameters are numbered from 1, columns from 0, as SQLite has it.
class Statement {
 public:
  Statement() = default;  // nothing prepared: only to be assigned to
  static core::Result<Statement> prepare(sqlite3* database, std::string_view sql);

  Statement& bind(int place, std::int64_t value);
  Statement& bind(int place, double value);
  Statement& bind(int place, std::string_view text);

  // True: a row is there. False: no more. Fails as database_error; then, or after false, the
  // statement is reset and may be bound again.
  core::Result<bool> step();
  // For statements without rows: step to the end and reset.
  core::Result<void> run();
  void reset();

  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Rolls back unless commit() was reached.
class Transaction {
 public:
  static core::Result<Transaction> begin(sqlite3* database) {
    WXSEC_TRY(execute(database, "BEGIN IMMEDIATE"));
    return Transaction(database);
  }
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() {
    if (database_ != nullptr) sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  core::Result<void> commit() {
    WXSEC_TRY(execute(database_, "COMMIT"));
    database_ = nullptr;
    return {};
  }

 private:
  explicit Transaction(sqlite3* database) : database_(database) {}
  sqlite3* database_;
};

}  // namespace wxsec::store
