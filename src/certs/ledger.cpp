// SQLite in its plain rollback mode: one file, readable by whoever may read the directory, and a
// transaction that is on the disk when it returns. Rows come in batches of a thousand from a fleet
// and one at a time from everybody else; an index by name answers "what did station-0042 get last".
#include "src/certs/ledger.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sqlite3.h>

#include "lib/core/escape.h"
#include "lib/core/fd.h"
#include "lib/core/owner.h"

namespace wxsec::certs {
namespace {

constexpr int kVersion = 2;  // 1 had no revocations
constexpr int kPatienceMs = 5'000;
constexpr const char* kSchema =
    "BEGIN;"
    "CREATE TABLE IF NOT EXISTS issued (serial TEXT PRIMARY KEY, name TEXT NOT NULL,"
    " profile TEXT NOT NULL, generation TEXT NOT NULL, issuer_key_id TEXT NOT NULL,"
    " public_key TEXT NOT NULL, not_before INTEGER NOT NULL, not_after INTEGER NOT NULL,"
    " issued INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS issued_by_name ON issued (name, issued);"
    "CREATE TABLE IF NOT EXISTS revoked (issuer_key_id TEXT NOT NULL, serial TEXT NOT NULL,"
    " at INTEGER NOT NULL, reason INTEGER NOT NULL, PRIMARY KEY (issuer_key_id, serial))"
    " WITHOUT ROWID;"
    "PRAGMA user_version = 2;"
    "COMMIT;";
#define WXSEC_LEDGER_COLUMNS \
  "serial, name, profile, generation, issuer_key_id, public_key, not_before, not_after, issued"
constexpr const char* kInsert =
    "INSERT INTO issued (" WXSEC_LEDGER_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kByName = "SELECT " WXSEC_LEDGER_COLUMNS
                                " FROM issued WHERE name = ? ORDER BY issued DESC, "
                                "generation DESC LIMIT 1";
constexpr const char* kAllOf =
    "SELECT " WXSEC_LEDGER_COLUMNS " FROM issued WHERE name = ? ORDER BY issued, generation";
constexpr const char* kAllForKey =
    "SELECT " WXSEC_LEDGER_COLUMNS " FROM issued WHERE public_key = ? ORDER BY issued, generation";
constexpr const char* kBySerial = "SELECT " WXSEC_LEDGER_COLUMNS " FROM issued WHERE serial = ?";
constexpr const char* kNoteRevoked =
    "INSERT OR IGNORE INTO revoked (issuer_key_id, serial, at, reason) VALUES (?, ?, ?, ?)";
constexpr const char* kRevokedBy =
    "SELECT serial, at, reason FROM revoked WHERE issuer_key_id = ? ORDER BY serial";
constexpr const char* kAllRevoked = "SELECT serial, at, reason, issuer_key_id FROM revoked";
constexpr const char* kAll = "SELECT " WXSEC_LEDGER_COLUMNS " FROM issued ORDER BY serial";

std::int64_t seconds_of(core::Instant at) {
  return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
}

void bind_text(sqlite3_stmt* statement, int at, std::string_view text) {
  sqlite3_bind_text(statement, at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

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

core::Code code_of(int result) {
  switch (result & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return core::Code::busy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return core::Code::malformed;
    case SQLITE_CONSTRAINT: return core::Code::exists;
    case SQLITE_PERM:
    case SQLITE_READONLY: return core::Code::permission;
    default: return core::Code::io;
  }
}

}  // namespace

void Ledger::CloseDb::operator()(sqlite3* db) const { sqlite3_close(db); }
void Ledger::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

LedgerRow ledger_row(std::string_view name, std::string_view profile, const core::Path& generation,
                     const pki::Certificate& certificate, core::Instant issued) {
  LedgerRow row;
  row.serial = certificate.serial;
  row.name = name;
  row.profile = profile;
  row.generation = generation.filename().string();
  row.issuer_key_id = certificate.authority_key_id;
  row.public_key = certificate.public_key_sha256;
  row.not_before = certificate.not_before;
  row.not_after = certificate.not_after;
  row.issued = issued;
  return row;
}

core::Failure Ledger::failed(std::string_view doing) const {
  const core::Code code = code_of(sqlite3_extended_errcode(db_.get()));
  const std::string hint =
      code == core::Code::malformed
          ? fmt::format(
                "bring {} back from a backup: it remembers who was revoked. Without one, see that "
                "crl.pem is the newest list there was, for it alone knows then; and move the "
                "ledger away: the next 'wxsec certs issue' begins another",
                path_)
          : std::string();
  return core::fail(
      code, fmt::format("cannot {} the ledger {}: {}", doing, path_, sqlite3_errmsg(db_.get())),
      hint);
}

core::Result<Ledger> Ledger::connect(const core::Path& file, int flags) {
  Ledger ledger;
  ledger.path_ = file.string();
  sqlite3* db = nullptr;
  // The flag refuses links in every component; in the way to the directory they are nobody's harm.
  std::error_code unresolved;
  core::Path real = std::filesystem::canonical(
      file.has_parent_path() ? file.parent_path() : core::Path("."), unresolved);
  real = unresolved ? file : real / file.filename();
  const int result = sqlite3_open_v2(real.c_str(), &db, flags | SQLITE_OPEN_NOFOLLOW, nullptr);
  ledger.db_.reset(db);
  if (result != SQLITE_OK) return ledger.failed("open");
  sqlite3_busy_timeout(db, kPatienceMs);
  return ledger;
}

core::Result<Ledger::Statement> Ledger::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) !=
      SQLITE_OK)
    return failed("read");
  return Statement(statement);
}

core::Result<void> Ledger::run(const char* sql) {
  if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failed("write");
  return {};
}

core::Result<int> Ledger::version() {
  const Statement version = WXSEC_TRY(prepare("PRAGMA user_version"));
  if (sqlite3_step(version.get()) != SQLITE_ROW) return failed("read");
  const int found = sqlite3_column_int(version.get(), 0);
  if (found <= kVersion) return found;
  return core::fail(core::Code::unsupported,
                    fmt::format("{} is a ledger of version {}, and {} is the newest known here",
                                path_, found, kVersion),
                    "use the wxsec that wrote it");
}

namespace {

// Whom the directory belongs to goes on with a ledger that root began.
core::Result<void> give_away(const core::Path& file) {
  const core::Fd fd(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  return fd ? core::give_to_owner_of(file.parent_path(), fd.get(), file) : core::Result<void>();
}

}  // namespace

core::Result<Ledger> Ledger::open(const Layout& layout) {
  Ledger ledger = WXSEC_TRY(connect(layout.ledger(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  // Only where there is something to change: a transaction waits for the disk three times.
  if (WXSEC_TRY(ledger.version()) >= kVersion) return ledger;
  WXSEC_TRY(give_away(layout.ledger()));
  WXSEC_TRY(ledger.run(kSchema));
  return ledger;
}

core::Result<Ledger> Ledger::open_to_read(const Layout& layout) {
  if (!core::path_exists(layout.ledger()))
    return core::fail(core::Code::not_found,
                      fmt::format("there is no ledger {}", layout.ledger().string()),
                      "the next 'wxsec certs issue' begins one");
  Ledger ledger = WXSEC_TRY(connect(layout.ledger(), SQLITE_OPEN_READONLY));
  const auto version = ledger.version();
  if (version) return ledger;
  if ((sqlite3_errcode(ledger.db_.get()) & 0xFF) != SQLITE_READONLY)
    return core::fail(version.error());
  // A writer was killed: what he left half done is taken back, and that is writing.
  ledger = WXSEC_TRY(connect(layout.ledger(), SQLITE_OPEN_READWRITE));
  WXSEC_TRY(ledger.version());
  return ledger;
}

core::Result<void> Ledger::insert(const LedgerRow& row) {
  sqlite3_stmt* const s = insert_.get();
  int at = 0;
  for (const std::string* text :
       {&row.serial, &row.name, &row.profile, &row.generation, &row.issuer_key_id, &row.public_key})
    bind_text(s, ++at, *text);
  for (const core::Instant when : {row.not_before, row.not_after, row.issued})
    sqlite3_bind_int64(s, ++at, seconds_of(when));
  return step_once(s);
}

core::Result<void> Ledger::step_once(sqlite3_stmt* statement) {
  core::Result<void> written;
  if (sqlite3_step(statement) != SQLITE_DONE) written = failed("write");
  sqlite3_reset(statement);
  return written;
}

core::Result<void> Ledger::insert_all(std::span<const LedgerRow> rows) {
  if (!insert_) insert_ = WXSEC_TRY(prepare(kInsert));
  for (const LedgerRow& row : rows) WXSEC_TRY(insert(row));
  return {};
}

core::Result<void> Ledger::insert_revoked(std::string_view issuer_key_id,
                                          std::span<const pki::Revoked> entries) {
  const Statement note = WXSEC_TRY(prepare(kNoteRevoked));
  for (const pki::Revoked& entry : entries) {
    bind_text(note.get(), 1, issuer_key_id);
    bind_text(note.get(), 2, entry.serial);
    sqlite3_bind_int64(note.get(), 3, seconds_of(entry.at));
    sqlite3_bind_int(note.get(), 4, static_cast<int>(entry.reason));
    WXSEC_TRY(step_once(note.get()));
  }
  return {};
}

// All of a transaction, or nothing of it.
core::Result<void> Ledger::finish(core::Result<void> written) {
  if (written) written = run("COMMIT");
  if (!written) sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  return written;
}

core::Result<void> Ledger::record(std::span<const LedgerRow> rows) {
  if (rows.empty()) return {};
  WXSEC_TRY(run("BEGIN IMMEDIATE"));
  return finish(insert_all(rows));
}

core::Result<void> Ledger::note_revoked(std::string_view issuer_key_id,
                                        std::span<const pki::Revoked> entries) {
  if (entries.empty()) return {};
  WXSEC_TRY(run("BEGIN IMMEDIATE"));
  return finish(insert_revoked(issuer_key_id, entries));
}

core::Result<std::vector<pki::Revoked>> Ledger::revoked_by(std::string_view issuer_key_id) {
  std::vector<pki::Revoked> entries;
  if (WXSEC_TRY(version()) < kVersion) return entries;  // opened to read, by an older wxsec's hand
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
  if (WXSEC_TRY(version()) < kVersion) return {};
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

core::Result<void> record_issued(const Layout& layout, std::span<const LedgerRow> rows) {
  if (rows.empty()) return {};
  Ledger ledger = WXSEC_TRY(Ledger::open(layout));
  return ledger.record(rows);
}

}  // namespace wxsec::certs
