// A report as a page: numbers on top, then what is broken with its remedy, then what could not be
// tried, then what held. The same cards serve the lab's report.
#include <fmt/core.h>

#include <array>

#include "lib/core/time.h"
#include "src/report/html.h"
#include "src/report/render.h"

namespace wxsec::report {
namespace html {
namespace {

constexpr std::size_t kMaxDump = 256;

Html row(std::string_view label, const Html& value) {
  return value.empty() ? Html()
                       : element("dt", Html(label)) + element("dd", value) + Html::markup("\n");
}

Html advice(const Finding& finding) {
  return element("dl",
                 row("why", prose(finding.why)) + row("change", prose(finding.remedy)) +
                     row("re-check", finding.recheck.empty() ? Html() : code(finding.recheck)));
}

Html dump_of(const core::Bytes& bytes) {
  return bytes.empty() ? Html() : hexdump("the bytes that decided it", bytes, kMaxDump);
}

Html headline(const Finding& finding) {
  return badge(fmt::format("{} {}", finding.id, severity_name(finding.severity)),
               tone_of(finding.severity)) +
         Html(" " + finding.title);
}

}  // namespace

Html check(const Check& check) {
  Html body = element("h3", badge(outcome_name(check.outcome), tone_of(check.outcome)) +
                                Html(" " + (check.title.empty() ? check.name : check.title)));
  if (!check.target.empty()) body += element("p", code(check.target));
  if (!check.summary.empty()) body += paragraph(check.summary);
  if (!check.evidence.empty()) body += list(check.evidence);
  body += dump_of(check.bytes);
  if (check.finding) body += element("p", headline(*check.finding)) + advice(*check.finding);
  return card(tone_of(check.outcome), body);
}

Html finding(const Finding& finding) {
  Html body = element("h3", headline(finding));
  if (!finding.where.empty()) body += element("p", code(finding.where));
  if (!finding.evidence.empty()) body += list(finding.evidence);
  return card(tone_of(finding.severity), body + dump_of(finding.bytes) + advice(finding));
}

}  // namespace html

namespace {

Html checks_of(const Report& report, Outcome outcome, std::string_view id, std::string_view title) {
  Html cards;
  for (const Check& check : report.checks) {
    if (check.outcome == outcome) cards += html::check(check);
  }
  return cards.empty() ? Html() : html::section(id, title, cards);
}

Html numbers(const Verdict& verdict) {
  const auto tone = [](std::size_t count, Tone some) { return count > 0 ? some : Tone::plain; };
  std::vector<html::Tile> tiles;
  if (verdict.held + verdict.broken + verdict.inconclusive > 0) {
    tiles = {{"held", std::to_string(verdict.held), tone(verdict.held, Tone::good)},
             {"broken", std::to_string(verdict.broken), tone(verdict.broken, Tone::bad)},
             {"inconclusive", std::to_string(verdict.inconclusive),
              tone(verdict.inconclusive, Tone::doubt)}};
  }
  tiles.push_back(
      {"findings", std::to_string(verdict.findings), tone(verdict.findings, Tone::bad)});
  const std::string worst(verdict.worst ? severity_name(*verdict.worst) : "none");
  tiles.push_back({"worst", worst, verdict.worst ? tone_of(*verdict.worst) : Tone::good});
  return html::tiles(tiles);
}

}  // namespace

std::string render_html(const Report& report) {
  Html body = numbers(judge(report, FailOn{std::nullopt}));
  body += checks_of(report, Outcome::broken, "broken", "Broken");
  Html findings;
  for (const Finding& finding : report.findings) findings += html::finding(finding);
  if (!findings.empty()) body += html::section("findings", "Findings", findings);
  body += checks_of(report, Outcome::inconclusive, "inconclusive", "Could not be tried");
  body += checks_of(report, Outcome::held, "held", "Held");
  return html::page(report.title, fmt::format("begun {}", core::rfc3339(report.at)), body);
}

}  // namespace wxsec::report
