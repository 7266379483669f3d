// A report as text for people, and as the formats that other programs read. All escape what came
// from the network for where it will be shown; none prints.
#pragma once

#include <string>

#include "lib/term/style.h"
#include "src/report/verdict.h"

namespace wxsec::report {

// For a terminal `width` columns wide; ends in the verdict line.
std::string render_text(const Report& report, const term::Style& style, int width);
// One check or finding alone, for progress while a report grows.
std::string render_check(const Check& check, const term::Style& style, int width);
std::string render_finding(const Finding& finding, const term::Style& style, int width);

// The last line alone, coloured by what it says.
std::string render_verdict(const Verdict& verdict, const term::Style& style);

// {"title","at","verdict":{...},"checks":[...],"findings":[...]}; bytes as lower-case hex.
std::string render_json(const Report& report, FailOn fail_on);

// SARIF 2.1.0 (OASIS): rules from the catalogue, inconclusive checks as notifications.
std::string render_sarif(const Report& report);
// JUnit XML: a test case per check; broken is a failure, inconclusive is skipped.
std::string render_junit(const Report& report);
// One self-contained page, light and dark, printable.
std::string render_html(const Report& report);

}  // namespace wxsec::report
