// A check of targets as somebody in `made` would run it.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "src/look/check.h"
#include "tests/support/fast_directory.h"

namespace wxsec::certs::test {

inline CheckReport run(const Made& made, std::vector<std::string> targets) {
  CheckOptions options;
  options.dir = made.dir;
  options.targets = std::move(targets);
  return check(options, made.clock).value();
}

inline CheckItem only(const Made& made, const core::Path& target) {
  auto report = run(made, {target.string()});
  REQUIRE(report.items.size() == 1);
  return report.items[0];
}

}  // namespace wxsec::certs::test
