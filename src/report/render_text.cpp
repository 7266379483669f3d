// A report for a terminal. One line per check that can be scanned from the left (verdict, name,
// what happened), evidence dimmed below it, and for what is broken why it matters and what to
// change. Everything that could come from the network is escaped here, before colour is put around
// it.
#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "lib/core/escape.h"
#include "lib/term/hexdump.h"
#include "lib/term/table.h"
#include "src/report/render.h"
#include "src/report/wrap.h"

namespace wxsec::report {
namespace {

constexpr std::size_t kMaxDump = 64;
constexpr std::size_t kVerdictWidth = 12;  // "INCONCLUSIVE"
constexpr std::size_t kIndent = 4;
constexpr std::size_t kLabelWidth = 10;

std::string coloured(Outcome outcome, const term::Style& style) {
  const std::string name = term::pad_right(outcome_name(outcome), kVerdictWidth);
  if (outcome == Outcome::held) return style.good(name);
  return outcome == Outcome::broken ? style.bad(name) : style.doubt(name);
}

std::string coloured(Severity severity, const term::Style& style) {
  const std::string_view name = severity_name(severity);
  if (severity >= Severity::high) return style.bad(name);
  return severity == Severity::info ? style.dim(name) : style.doubt(name);
}

std::size_t room(int width) {
  return static_cast<std::size_t>(std::clamp(width, 60, 110)) - kIndent - kLabelWidth;
}

// "    label     text wrapped under itself"; the text is escaped already and may carry colour.
std::string styled_field(std::string_view label, std::string_view text, const term::Style& style,
                         int width) {
  std::string out;
  std::string head = term::pad_right(label, kLabelWidth);
  for (const std::string& line : wrap(text, room(width))) {
    out += std::string(kIndent, ' ') + style.dim(head) + line + '\n';
    head.assign(kLabelWidth, ' ');
  }
  return out;
}

std::string field(std::string_view label, std::string_view text, const term::Style& style,
                  int width) {
  return styled_field(label, core::escape_terminal(text), style, width);
}

std::string evidence_lines(const std::vector<std::string>& evidence, const core::Bytes& bytes,
                           const term::Style& style, int width) {
  std::string out;
  std::string_view label = "seen";
  for (const std::string& line : evidence) {
    out += field(label, line, style, width);
    label = "";
  }
  const std::string dump = term::hexdump(bytes, kMaxDump);
  std::string_view rest = dump;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    out += std::string(kIndent + kLabelWidth, ' ') + style.dim(rest.substr(0, end)) + '\n';
    rest.remove_prefix(end + 1);
  }
  return out;
}

std::string advice(const Finding& finding, const term::Style& style, int width) {
  return field("why", finding.why, style, width) + field("change", finding.remedy, style, width) +
         field("re-check", finding.recheck, style, width) +
         field("more", fmt::format("wxsec explain {}", finding.id), style, width);
}

}  // namespace

std::string render_finding(const Finding& finding, const term::Style& style, int width) {
  std::string out =
      fmt::format("{}  {}  {}\n", style.bold(finding.id), coloured(finding.severity, style),
                  core::escape_terminal(finding.title));
  if (!finding.where.empty()) out += field("where", finding.where, style, width);
  return out + evidence_lines(finding.evidence, finding.bytes, style, width) +
         advice(finding, style, width);
}

std::string render_check(const Check& check, const term::Style& style, int width) {
  std::string out = fmt::format("{}  {}  {}\n", coloured(check.outcome, style),
                                style.bold(core::escape_terminal(check.name)),
                                core::escape_terminal(check.title));
  if (!check.target.empty()) out += field("target", check.target, style, width);
  if (!check.summary.empty()) out += field("result", check.summary, style, width);
  out += evidence_lines(check.evidence, check.bytes, style, width);
  if (!check.finding) return out;
  const Finding& finding = *check.finding;
  out += styled_field(
      "finding",
      fmt::format("{} {}: {}", style.bold(finding.id), coloured(finding.severity, style),
                  core::escape_terminal(finding.title)),
      style, width);
  return out + advice(finding, style, width);
}

std::string render_text(const Report& report, const term::Style& style, int width) {
  std::string out = style.bold(core::escape_terminal(report.title)) + "\n\n";
  for (const Check& check : report.checks) out += render_check(check, style, width) + '\n';
  for (const Finding& finding : report.findings)
    out += render_finding(finding, style, width) + '\n';
  return out + render_verdict(judge(report, FailOn{std::nullopt}), style);
}

std::string render_verdict(const Verdict& verdict, const term::Style& style) {
  const std::string line = verdict_line(verdict);
  if (verdict.findings > 0) return style.bad(line) + '\n';
  return (verdict.inconclusive > 0 ? style.doubt(line) : style.good(line)) + '\n';
}

}  // namespace wxsec::report
