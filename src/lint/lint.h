// What is wrong with certificates beyond "valid or not": what RFC 5280 forbids, what strict
// verifiers refuse, what limits of browsers and public authorities they break. Each finding has an
// id, its cause and a remedy (lint_rules.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "src/lint/lint_rules.h"

namespace wxsec::certs {

struct LintFinding {
  const LintRule* rule = nullptr;
  std::size_t index = 0;      // which certificate of the file: 0 is the leaf
  std::string subject = {};   // of that certificate
  std::string evidence = {};  // "DNS:my_broker.wx.test": escaped for a terminal
};

enum class HoldTo { private_authority, public_authority };  // the CA/B Forum's limits apply, or not

// A chain as a file has it, leaf first. In the order of the rules.
std::vector<LintFinding> lint_chain(const std::vector<pki::Certificate>& chain, HoldTo hold_to,
                                    core::Instant now);

struct LintOptions {
  std::vector<std::string> targets = {};  // files and directories, as in CheckOptions
  HoldTo hold_to = HoldTo::private_authority;
};
struct LintedFile {
  std::string target = {};
  std::vector<LintFinding> findings = {};
};
struct LintReport {
  std::vector<LintedFile> files = {};
  std::vector<core::Error> troubles = {};  // what could not be looked at
  std::size_t count(LintLevel level) const;
};

// Fails with usage when there is no target.
core::Result<LintReport> lint(const LintOptions& options, const core::Clock& clock);

}  // namespace wxsec::certs
