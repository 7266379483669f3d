#include "src/look/check_formats.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/src/look/check_run.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;

TEST_CASE("certs/check: metrics and the line for Nagios") {
  Made made;
  CheckReport report;
  CheckItem bad;
  bad.target = "a\"b\\c\nd";
  bad.subject = "pipe|d \xFF";
  bad.state = CheckState::expired;
  bad.sentence = "over | out";
  bad.not_after = at(kStart);
  report.items = {bad, bad};
  const std::string metrics = to_prometheus(report, made.clock.now());
  CHECK(metrics.find("target=\"a\\\"b") != std::string::npos);
  CHECK(metrics.find("copy=\"2\"} 2\n") != std::string::npos);
  CHECK(metrics.find("wxsec_certificates{state=\"expired\"} 2\n") != std::string::npos);
  CHECK(metrics.find("wxsec_certificate_not_after_seconds{") != std::string::npos);
  const std::string line = to_nagios(report, NagiosWorst::critical, made.clock.now());
  CHECK(line.starts_with("WXSEC CRITICAL - 2 expired; "));
  CHECK(std::count(line.begin(), line.end(), '|') == 1);
  CHECK(std::count(line.begin(), line.end(), '\n') == 1);
  CHECK(to_nagios({}, NagiosWorst::critical, made.clock.now())
            .starts_with("WXSEC UNKNOWN - nothing checked"));
}
