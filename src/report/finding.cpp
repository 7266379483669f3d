#include "src/report/finding.h"

#include <array>
#include <cstddef>

namespace wxsec::report {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"info", "low", "medium", "high", "critical"};

}  // namespace

std::string_view severity_name(Severity severity) {
  return kNames[static_cast<std::size_t>(severity)];
}

core::Result<Severity> parse_severity(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == text) return static_cast<Severity>(i);
  }
  return core::fail(core::Code::usage, "'" + std::string(text) + "' is no severity",
                    "one of info, low, medium, high, critical");
}

}  // namespace wxsec::report
