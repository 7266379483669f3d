#include <fmt/core.h>

#include <algorithm>

#include "lib/core/escape.h"
#include "lib/term/table.h"
#include "src/lab/render.h"

namespace wxsec::lab {
namespace {

std::string shown(const Cell& cell, const term::Style& style) {
  const std::string value = core::escape_terminal(cell.value);
  if (cell.mark == Mark::none) return value;
  return cell.mark == Mark::good ? style.green(value) : style.red(value);
}

}  // namespace

std::string render_step(const StepRecord& step, const term::Style& style, bool with_evidence) {
  std::string out;
  for (const Expectation& e : step.expectations) {
    out += fmt::format("    {}  {}\n", e.held ? style.good("held") : style.bad("FAILED"),
                       core::escape_terminal(e.what));
    if (e.held && !with_evidence) continue;
    for (const std::string& line : e.evidence)
      out += style.dim("          " + core::escape_terminal(line)) + "\n";
  }
  if (step.error) {
    out +=
        fmt::format("    {}  {}\n", style.bad("STOPPED"), core::escape_terminal(step.error->what));
    if (!step.error->hint.empty())
      out += fmt::format("          {}\n", core::escape_terminal(step.error->hint));
  }
  return out;
}

std::string render_comparison(const Transcript& transcript, const term::Style& style) {
  term::Table table({"", "plaintext", "TLS"});
  for (const Row& row : transcript.comparison) {
    table.row(
        {core::escape_terminal(row.question), shown(row.plaintext, style), shown(row.tls, style)});
  }
  std::string out = transcript.comparison.empty() ? "" : table.render(style) + "\n";
  const std::size_t all = transcript.expectations();
  const std::string line = fmt::format("{} of {} expectations held in {:.1f} s",
                                       all - std::min(all, transcript.failures()), all,
                                       static_cast<double>(transcript.took.count()) / 1e3);
  return out + (transcript.held() ? style.good(line) : style.bad(line)) + "\n";
}

}  // namespace wxsec::lab
