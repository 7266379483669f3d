// A set of integers kept as disjoint, non-touching intervals, one row each:
//
//     stored 1 2 3 . 5 6      rows (1,3) (5,6)      add 4      row (1,6)
//
// A station that loses nothing has one row for ever, however many readings it sends.
#include "src/store/sqlite_runs.h"

namespace wxsec::store {
namespace {

std::int64_t as_column(std::uint64_t sequence) { return static_cast<std::int64_t>(sequence); }

Run run_of_row(const Statement& row) {
  return {static_cast<std::uint64_t>(row.integer(0)), static_cast<std::uint64_t>(row.integer(1))};
}

}  // namespace

core::Result<RunTable> RunTable::open(sqlite3* database) {
  const auto prepare = [&](std::string_view sql) { return Statement::prepare(database, sql); };
  return RunTable(
      WXSEC_TRY(prepare("SELECT first, last FROM runs WHERE station = ? AND first <= ? "
                        "ORDER BY first DESC LIMIT 1")),
      WXSEC_TRY(prepare("SELECT first, last FROM runs WHERE station = ? AND first = ?")),
      WXSEC_TRY(prepare("INSERT OR REPLACE INTO runs (station, first, last) VALUES (?, ?, ?)")),
      WXSEC_TRY(prepare("DELETE FROM runs WHERE station = ? AND first = ?")),
      WXSEC_TRY(prepare("SELECT coalesce(max(last), 0) FROM runs WHERE station = ?")),
      WXSEC_TRY(prepare("SELECT first, last FROM runs WHERE station = ? ORDER BY first")));
}

core::Result<std::optional<Run>> RunTable::find(Statement& statement, std::int64_t station,
                                                std::uint64_t sequence) {
  statement.bind(1, station).bind(2, as_column(sequence));
  if (!WXSEC_TRY(statement.step())) return std::optional<Run>();
  const Run run = run_of_row(statement);
  statement.reset();
  return std::optional<Run>(run);
}

core::Result<Run> RunTable::add(std::int64_t station, std::uint64_t sequence) {
  const auto left = WXSEC_TRY(find(below_, station, sequence));
  if (left && left->last >= sequence) return *left;
  const auto right = WXSEC_TRY(find(at_, station, sequence + 1));
  const bool joins_left = left && left->last + 1 == sequence;
  const Run run{joins_left ? left->first : sequence, right ? right->last : sequence};
  if (right) WXSEC_TRY(remove_.bind(1, station).bind(2, as_column(right->first)).run());
  insert_.bind(1, station).bind(2, as_column(run.first)).bind(3, as_column(run.last));
  WXSEC_TRY(insert_.run());
  return run;
}

core::Result<Run> RunTable::around(std::int64_t station, std::uint64_t sequence) {
  const auto run = WXSEC_TRY(find(below_, station, sequence));
  if (run && run->last >= sequence) return *run;
  return core::fail(core::Code::internal, "a stored sequence lies in no run");
}

core::Result<std::uint64_t> RunTable::highest(std::int64_t station) {
  WXSEC_TRY(highest_.bind(1, station).step());
  const auto last = static_cast<std::uint64_t>(highest_.integer(0));
  highest_.reset();
  return last;
}

core::Result<std::vector<Run>> RunTable::all(std::int64_t station) {
  std::vector<Run> runs;
  all_.bind(1, station);
  while (WXSEC_TRY(all_.step())) runs.push_back(run_of_row(all_));
  return runs;
}

std::uint64_t missing_between(const std::vector<Run>& runs) {
  std::uint64_t missing = 0;
  for (std::size_t i = 1; i < runs.size(); ++i) missing += runs[i].first - runs[i - 1].last - 1;
  return missing;
}

}  // namespace wxsec::store
