// The ledger's questions. One of an older wxsec, opened to read, has no revocations.
#include "src/certs/ledger.h"
#include "src/certs/ledger_sql.h"

namespace wxsec::certs {
namespace {

constexpr const char* kByName = "SELECT " WXSEC_LEDGER_COLUMNS
                                " FROM issued WHERE name = ? ORDER BY issued DESC, "
                                "generation DESC LIMIT 1";
constexpr const char* kAllOf =
    "SELECT " WXSEC_LEDGER_COLUMNS " FROM issued WHERE name = ? ORDER BY issued, generation";
constexpr const char* kAllForKey =
    "SELECT " WXSEC_LEDGER_COLUMNS " FROM issued WHERE public_key = ? ORDER BY issued, generation";
constexpr const char* kBySerial = "SELECT " WXSEC_LEDGER_COLUMNS " FROM issued WHERE serial = ?";
constexpr const char* kRevokedBy =
    "SELECT serial, at, reason FROM revoked WHERE issuer_key_id = ? ORDER BY serial";
constexpr const char* kAllRevoked = "SELECT serial, at, reason, issuer_key_id FROM revoked";
constexpr const char* kAll = "SELECT " WXSEC_LEDGER_COLUMNS " FROM issued ORDER BY serial";

std::string text_at(sqlite3_stmt* statement, int column) {
  const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
  const int size = sqlite3_column_bytes(statement, column);
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
}

core::Instant instant_at(sqlite3_stmt* statement, int column) {
  return core::Instant(std::chrono::seconds(sqlite3_column_int64(statement, column)));
}

LedgerRow row_at(sqlite3_stmt* s) {
  LedgerRow row;
  row.serial = text_at(s, 0);
  row.name = text_at(s, 1);
  row.profile = text_at(s, 2);
  row.generation = text_at(s, 3);
  row.issuer_key_id = text_at(s, 4);
  row.public_key = text_at(s, 5);
  row.not_before = instant_at(s, 6);
  row.not_after = instant_at(s, 7);
  row.issued = instant_at(s, 8);
  return row;
}

pki::Revoked revoked_at(sqlite3_stmt* s) {
  return {text_at(s, 0), instant_at(s, 1),
          static_cast<pki::RevocationReason>(sqlite3_column_int(s, 2))};
}

}  // namespace

core::Result<std::vector<pki::Revoked>> Ledger::revoked_by(std::string_view issuer_key_id) {
  std::vector<pki::Revoked> entries;
  if (WXSEC_TRY(version()) < kLedgerVersion) return entries;
  const Statement all = WXSEC_TRY(prepare(kRevokedBy));
  bind_text(all.get(), 1, issuer_key_id);
  int result = sqlite3_step(all.get());
  for (; result == SQLITE_ROW; result = sqlite3_step(all.get()))
    entries.push_back(revoked_at(all.get()));
  if (result != SQLITE_DONE) return failed("read");
  return entries;
}

core::Result<void> Ledger::for_each_revoked(
    const std::function<void(std::string_view issuer_key_id, const pki::Revoked&)>& see) {
  if (WXSEC_TRY(version()) < kLedgerVersion) return {};
  const Statement all = WXSEC_TRY(prepare(kAllRevoked));
  int result = sqlite3_step(all.get());
  for (; result == SQLITE_ROW; result = sqlite3_step(all.get()))
    see(text_at(all.get(), 3), revoked_at(all.get()));
  if (result != SQLITE_DONE) return failed("read");
  return {};
}

core::Result<std::optional<LedgerRow>> Ledger::first_row(sqlite3_stmt* statement,
                                                         std::string_view key) {
  bind_text(statement, 1, key);
  const int result = sqlite3_step(statement);
  std::optional<LedgerRow> row;
  if (result == SQLITE_ROW) row = row_at(statement);
  if (result != SQLITE_ROW && result != SQLITE_DONE) {
    const core::Failure failure = failed("read");
    sqlite3_reset(statement);
    return failure;
  }
  sqlite3_reset(statement);
  return row;
}

core::Result<std::optional<LedgerRow>> Ledger::latest_of(std::string_view name) {
  if (!by_name_) by_name_ = WXSEC_TRY(prepare(kByName));
  return first_row(by_name_.get(), name);
}

core::Result<std::vector<LedgerRow>> Ledger::rows_by(const char* sql, std::string_view key) {
  const Statement all = WXSEC_TRY(prepare(sql));
  bind_text(all.get(), 1, key);
  std::vector<LedgerRow> rows;
  int result = sqlite3_step(all.get());
  for (; result == SQLITE_ROW; result = sqlite3_step(all.get())) rows.push_back(row_at(all.get()));
  if (result != SQLITE_DONE) return failed("read");
  return rows;
}

core::Result<std::vector<LedgerRow>> Ledger::all_of(std::string_view name) {
  return rows_by(kAllOf, name);
}

core::Result<std::vector<LedgerRow>> Ledger::all_for_key(std::string_view public_key) {
  return rows_by(kAllForKey, public_key);
}

core::Result<std::optional<LedgerRow>> Ledger::find(std::string_view serial) {
  if (!by_serial_) by_serial_ = WXSEC_TRY(prepare(kBySerial));
  return first_row(by_serial_.get(), serial);
}

core::Result<void> Ledger::for_each(const std::function<void(const LedgerRow&)>& see) {
  const Statement all = WXSEC_TRY(prepare(kAll));
  int result = sqlite3_step(all.get());
  for (; result == SQLITE_ROW; result = sqlite3_step(all.get())) see(row_at(all.get()));
  if (result != SQLITE_DONE) return failed("read");
  return {};
}

}  // namespace wxsec::certs
