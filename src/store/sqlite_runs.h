// Which sequences of a station are stored, as runs: the proof that nothing is missing, and what an
// acknowledgement says. Inside src/store only; called within the transaction that adds readings.
#pragma once

#include <cstdint>
#include <vector>

#include "src/store/reading_store.h"
#include "src/store/sqlite_handle.h"

namespace wxsec::store {

class RunTable {
 public:
  static core::Result<RunTable> open(sqlite3* database);

  // Marks `sequence` of the station as stored; returns the run that it now belongs to.
  core::Result<Run> add(std::int64_t station, std::uint64_t sequence);
  // The run that holds `sequence`, which was added before.
  core::Result<Run> around(std::int64_t station, std::uint64_t sequence);
  core::Result<std::uint64_t> highest(std::int64_t station);
  core::Result<std::vector<Run>> all(std::int64_t station);

 private:
  RunTable(Statement below, Statement at, Statement insert, Statement remove, Statement highest,
           Statement all)
      : below_(std::move(below)),
        at_(std::move(at)),
        insert_(std::move(insert)),
        remove_(std::move(remove)),
        highest_(std::move(highest)),
        all_(std::move(all)) {}
  core::Result<std::optional<Run>> find(Statement& statement, std::int64_t station,
                                        std::uint64_t sequence);

  Statement below_;  // the last run that begins at or before a sequence
  Statement at_;     // the run that begins at a sequence
  Statement insert_;
  Statement remove_;
  Statement highest_;
  Statement all_;
};

// Sequences between the first run's beginning and the last one's end that lie in no run.
std::uint64_t missing_between(const std::vector<Run>& runs);

}  // namespace wxsec::store
