// The words of a verdict. For lib/pki alone; others call verify() or explain_verify_result().
#pragma once

#include <string>
#include <vector>

#include "lib/pki/verify.h"

namespace wxsec::pki {

struct Fact {
  Reason reason = Reason::other;
  std::string detail;  // OpenSSL's own words, for reasons that need them
  std::size_t depth = 0;
  std::vector<Certificate> chain;
  std::string host;
  core::Instant at;
};

// Reason, sentence, hint and depth; the path stays empty.
Verdict explain(const Fact& fact);

}  // namespace wxsec::pki
