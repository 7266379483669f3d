// From single outcomes to pass or fail. What could not be tried is inconclusive and never counts as
// held.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "src/report/finding.h"

namespace wxsec::report {

enum class Outcome {
  held,          // the attempt ran, and the defence refused it
  broken,        // the attempt ran, and succeeded: there is a finding
  inconclusive,  // it could not run, or its result proves nothing
};

// "HELD", "BROKEN", "INCONCLUSIVE".
std::string_view outcome_name(Outcome outcome);

// One question asked of one target, and the answer. Text may hold bytes of the network as they
// came: renderers escape.
struct Check {
  std::string name;    // plain-publish
  std::string title;   // publish a forged reading over MQTT without TLS
  std::string target;  // mqtt://127.0.0.1:8883
  Outcome outcome = Outcome::inconclusive;
  std::string summary;                // one line: what happened
  std::vector<std::string> evidence;  // what was seen, a line each, in order of time
  core::Bytes bytes;                  // the deciding bytes (an alert, a CONNACK); may be empty
  std::optional<Finding> finding;     // present if and only if broken
  std::chrono::milliseconds took{0};
};

struct Report {
  std::string title;              // "wxsec attack plaintext"
  core::Instant at;               // when it began
  std::vector<Check> checks;      // attempts; may be empty
  std::vector<Finding> findings;  // of audits that ask no single question; may be empty
  // What was asked for and could not be tested at all, a sentence each; usually empty. A run with
  // such gaps must not pass for a clean one.
  std::vector<std::string> untested = {};
};

// The findings of checks and audits together, worst first, otherwise in their order.
std::vector<Finding> all_findings(const Report& report);

// At which severity a finding fails the run; nothing means never. "never" or a severity's name.
struct FailOn {
  std::optional<Severity> at = Severity::low;
};
core::Result<FailOn> parse_fail_on(std::string_view text);

struct Verdict {
  std::size_t held = 0;
  std::size_t broken = 0;
  std::size_t inconclusive = 0;
  std::size_t findings = 0;
  std::optional<Severity> worst;
  bool failed = false;  // a finding at or above the asked severity
};
Verdict judge(const Report& report, FailOn fail_on);

// The one line under a report: "5 held, 2 broken (worst: critical), 1 inconclusive".
std::string verdict_line(const Verdict& verdict);

}  // namespace wxsec::report
