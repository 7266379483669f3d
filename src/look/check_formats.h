// A check's report for monitoring: Prometheus' text exposition format, and the one line of a Nagios
// plugin.
#pragma once

#include <string>

#include "lib/core/clock.h"
#include "src/look/check.h"

namespace wxsec::certs {

// For node_exporter's textfile collector. One series per item and metric: labels are UTF-8,
// escaped, and never twice the same. Times are Unix seconds.
std::string to_prometheus(const CheckReport& report, core::Instant now);

// "WXSEC OK - 12 certificates fine, first to end: broker in 44 days | ...". The word is that of the
// exit code (0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN), the worst item comes first. What is expired
// or broken is a warning like what is due, as the exit codes of every check say, or critical by
// choice.
enum class NagiosWorst { warning, critical };
std::string to_nagios(const CheckReport& report, NagiosWorst gravest, core::Instant now);

}  // namespace wxsec::certs
