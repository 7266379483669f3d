// What can be wrong with a certificate, by id: for `certs lint` and its tests.
#pragma once

#include <span>
#include <string_view>

namespace wxsec::certs {

enum class LintLevel {
  error,    // strict verifiers refuse it, or it gives away power
  warning,  // works here and now, and not everywhere or not for long
};
std::string_view lint_level_text(LintLevel level);

struct LintRule {
  std::string_view id;  // "serial-not-positive": never changes its meaning
  LintLevel level;
  std::string_view title;   // what is wrong
  std::string_view cause;   // how it comes about, or why it matters
  std::string_view remedy;  // one thing to do
  std::string_view source;  // "RFC 5280 4.1.2.2"
};

std::span<const LintRule> lint_rules();
// Null if there is no such id.
const LintRule* find_lint_rule(std::string_view id);

}  // namespace wxsec::certs
