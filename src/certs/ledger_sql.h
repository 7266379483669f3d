// What writing and reading the ledger share of SQLite: the columns and how they are bound.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <string_view>

#include "lib/core/clock.h"

namespace wxsec::certs {

inline constexpr int kLedgerVersion = 2;  // 1 had no revocations
#define WXSEC_LEDGER_COLUMNS \
  "serial, name, profile, generation, issuer_key_id, public_key, not_before, not_after, issued"

inline std::int64_t seconds_of(core::Instant at) {
  return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
}

// `text` must outlive the step.
inline void bind_text(sqlite3_stmt* statement, int at, std::string_view text) {
  sqlite3_bind_text(statement, at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

}  // namespace wxsec::certs
