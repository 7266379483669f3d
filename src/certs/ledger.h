// What an authority's directory ever issued: one row per serial in DIR/ledger.db (SQLite).
//
// Two truths, two owners: which pair is in use is said by the folders (`current`), which serials
// exist is said by the ledger. A serial is recorded when its files are on the disk and before
// `current` leads to them, so nothing in use is missing here; what is here and not in use was
// replaced, or is completed by the next run. `certs list` compares the two and says where they
// differ.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "src/certs/layout.h"

struct sqlite3;
struct sqlite3_stmt;

namespace wxsec::certs {

struct LedgerRow {
  std::string serial = {};         // as in pki::Certificate
  std::string name = {};           // the identity
  std::string profile = {};        // "" where it is not known
  std::string generation = {};     // "0001"
  std::string issuer_key_id = {};  // which authority
  std::string public_key = {};     // SHA-256 of the SubjectPublicKeyInfo
  core::Instant not_before = {};
  core::Instant not_after = {};
  core::Instant issued = {};
};

LedgerRow ledger_row(std::string_view name, std::string_view profile, const core::Path& generation,
                     const pki::Certificate& certificate, core::Instant issued);

class Ledger {
 public:
  // Creates the file where there is none. Fails: permission, io, malformed (no ledger, or damaged),
  // unsupported (of a newer wxsec), busy.
  static core::Result<Ledger> open(const Layout& layout);
  // For looking alone: fails with not_found where there is none.
  static core::Result<Ledger> open_to_read(const Layout& layout);

  // All rows or none, on the disk when it returns. Fails with exists when a serial is there
  // already, which a random 127-bit number never is.
  core::Result<void> record(std::span<const LedgerRow> rows);

  core::Result<std::optional<LedgerRow>> latest_of(std::string_view name);
  core::Result<std::optional<LedgerRow>> find(std::string_view serial);
  // In the order of serials.
  core::Result<void> for_each(const std::function<void(const LedgerRow&)>& see);

 private:
  struct CloseDb {
    void operator()(sqlite3* db) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  core::Result<Statement> prepare(const char* sql);
  core::Result<void> run(const char* sql);
  core::Result<std::optional<LedgerRow>> first_row(sqlite3_stmt* statement, std::string_view key);
  core::Result<void> insert(const LedgerRow& row);
  core::Result<void> check_version();
  core::Failure failed(std::string_view doing) const;
  static core::Result<Ledger> connect(const core::Path& file, int flags);

  std::string path_;
  std::unique_ptr<sqlite3, CloseDb> db_;  // before the statements: closed after them
  Statement insert_;
  Statement by_name_;
  Statement by_serial_;
};

// One row, for those who issue one certificate: open, record, close.
core::Result<void> record_issued(const Layout& layout, const LedgerRow& row);

}  // namespace wxsec::certs
