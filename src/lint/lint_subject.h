// What a rule of lint looks at, and where it puts what it finds. For lint*.cpp alone.
#pragma once

#include <string>
#include <vector>

#include "lib/core/escape.h"
#include "lib/pki/raw_certificate.h"
#include "src/lint/lint.h"

namespace wxsec::certs {

struct LintSubject {
  const pki::Certificate& certificate;
  const pki::RawCertificate& raw;
  std::size_t index;
  core::Instant now;
  HoldTo hold_to;
  std::vector<LintFinding>& findings;

  bool is_authority() const;  // by what it claims, or would have to
  bool is_for_server() const;
  void add(std::string_view id, std::string_view evidence) const;
};

void lint_fields(const LintSubject& subject);
void lint_names(const LintSubject& subject);
void lint_extensions(const LintSubject& subject);
// The certificate at `index` and what is above it in `chain`.
void lint_issuing(const std::vector<pki::Certificate>& chain, const LintSubject& subject);

bool has_item(const std::vector<std::string>& list, std::string_view item);

}  // namespace wxsec::certs
