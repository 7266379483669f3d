// SQLite in its plain rollback mode: one file, readable by whoever may read the directory, and a
// transaction that is on the disk when it returns. Rows come in batches of a thousand from a fleet
// and one at a time from everybody else; an index by name answers "what did station-0042 get last".
#include "src/certs/ledger.h"

#include <fcntl.h>
#include <fmt/core.h>

#include "lib/core/escape.h"
#include "lib/core/fd.h"
#include "lib/core/owner.h"
#include "src/certs/ledger_sql.h"

namespace wxsec::certs {
namespace {

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
constexpr const char* kInsert =
    "INSERT INTO issued (" WXSEC_LEDGER_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kNoteRevoked =
    "INSERT OR IGNORE INTO revoked (issuer_key_id, serial, at, reason) VALUES (?, ?, ?, ?)";
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

// Begun by a run that was killed before it wrote the tables: none yet.
bool holds_nothing(const core::Path& file) {
  std::error_code unknown;
  return std::filesystem::file_size(file, unknown) == 0 && !unknown;
}

// Whom the directory belongs to goes on with a ledger that root began.
void begin_file(const core::Path& file) {
  constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const core::Fd fresh(::open(file.c_str(), kFlags, 0644));
  if (fresh) core::give_to_owner_of(file.parent_path(), fresh.get());
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
  if (found <= kLedgerVersion) return found;
  return core::fail(core::Code::unsupported,
                    fmt::format("{} is a ledger of version {}, and {} is the newest known here",
                                path_, found, kLedgerVersion),
                    "use the wxsec that wrote it");
}

core::Result<Ledger> Ledger::open(const Layout& layout) {
  begin_file(layout.ledger());  // where that fails, SQLite says why
  Ledger ledger = WXSEC_TRY(connect(layout.ledger(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  // Only where there is something to change: a transaction waits for the disk three times.
  if (WXSEC_TRY(ledger.version()) >= kLedgerVersion) return ledger;
  WXSEC_TRY(ledger.run(kSchema));
  return ledger;
}

core::Result<Ledger> Ledger::open_to_read(const Layout& layout) {
  if (!core::path_exists(layout.ledger()) || holds_nothing(layout.ledger()))
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

core::Result<void> record_issued(const Layout& layout, std::span<const LedgerRow> rows) {
  if (rows.empty()) return {};
  Ledger ledger = WXSEC_TRY(Ledger::open(layout));
  return ledger.record(rows);
}

}  // namespace wxsec::certs
