// The database file of the embedded store: made, opened, and known to be ours.
#pragma once

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "src/store/sqlite_handle.h"

namespace wxsec::store {

// Creates the file where there is none: here, so that it is 0600 from its first moment (SQLite
// gives its -wal and -shm files the same mode). Fails: permission, io.
core::Result<void> create_private(const core::Path& file);
// A connection with our settings: write-ahead, every commit on disk. ":memory:" is one too. Fails:
// io.
core::Result<Database> connect(const core::Path& file);
// Gives a new file its tables; one of ours is fine. Anything else is left untouched: malformed.
core::Result<void> check_format(sqlite3* database, const core::Path& file);

}  // namespace wxsec::store
