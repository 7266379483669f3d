// What an authority's directory ever issued: one row per serial in DIR/ledger.db (SQLite), its
// authorities among them. Directories made by an older wxsec lack rows; nothing here needs them.
//
// Two truths, two owners: which pair is in use is said by the folders (`current`), which serials
// exist is said by the ledger. A serial is recorded when its files are on the disk and before
// `current` leads to them, so nothing in use is missing here; what is here and not in use was
// replaced, or is completed by the next run. `certs list` compares the two and says where they
// differ.
//
// It also notes who was revoked: the lists in DIR/crl.pem are what counts, and this is what they
// can be made from again where that file got lost (crl_anew.h).
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
#include "lib/pki/crl.h"
#include "src/certs/layout.h"

struct sqlite3;
struct sqlite3_stmt;

namespace wxsec::certs {

struct LedgerRow {
  std::string serial = {};         // as in pki::Certificate
  std::string name = {};           // the identity
  std::string profile = {};        // "" where it is not known
  std::string generation = {};     // "0001"; "" where it was handed out and no folder keeps it
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
  // For looking alone: fails with not_found where there is none, or an empty file.
  static core::Result<Ledger> open_to_read(const Layout& layout);

  // All rows or none, on the disk when it returns. Fails with exists when a serial is there
  // already, which a random 127-bit number never is.
  core::Result<void> record(std::span<const LedgerRow> rows);

  // Entries of one authority's revocation list; those that are known stay as they were.
  core::Result<void> note_revoked(std::string_view issuer_key_id,
                                  std::span<const pki::Revoked> entries);
  // In the order of serials.
  core::Result<std::vector<pki::Revoked>> revoked_by(std::string_view issuer_key_id);
  // Of all authorities, also of those that nobody trusts any more.
  core::Result<void> for_each_revoked(
      const std::function<void(std::string_view issuer_key_id, const pki::Revoked&)>& see);

  core::Result<std::optional<LedgerRow>> latest_of(std::string_view name);
  // All that were ever issued to `name`, oldest first.
  core::Result<std::vector<LedgerRow>> all_of(std::string_view name);
  // All that are for this key (SHA-256 of the SubjectPublicKeyInfo), oldest first.
  core::Result<std::vector<LedgerRow>> all_for_key(std::string_view public_key);
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
  core::Result<std::vector<LedgerRow>> rows_by(const char* sql, std::string_view key);
  core::Result<void> insert(const LedgerRow& row);
  core::Result<void> insert_all(std::span<const LedgerRow> rows);
  core::Result<void> insert_revoked(std::string_view issuer_key_id,
                                    std::span<const pki::Revoked> entries);
  core::Result<void> finish(core::Result<void> written);
  core::Result<void> step_once(sqlite3_stmt* statement);
  core::Result<int> version();
  core::Failure failed(std::string_view doing) const;
  static core::Result<Ledger> connect(const core::Path& file, int flags);

  std::string path_;
  std::unique_ptr<sqlite3, CloseDb> db_;  // before the statements: closed after them
  Statement insert_;
  Statement by_name_;
  Statement by_serial_;
};

// For those who issue a few certificates: open, record, close. No rows: nothing is opened.
core::Result<void> record_issued(const Layout& layout, std::span<const LedgerRow> rows);

}  // namespace wxsec::certs
