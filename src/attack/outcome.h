// The three ways for an attempt to end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/net/endpoint.h"
#include "src/report/verdict.h"

namespace wxsec::attack {

// A check of `target` that has not come to a conclusion; evidence is added as it is found.
report::Check begin(const net::Endpoint& target);

// Each finishes `check`, which it takes and returns, with a summary of one line.
report::Check held(report::Check check, std::string summary);
report::Check inconclusive(report::Check check, std::string summary);
// With the finding `id` at `where`; the evidence gathered so far and the deciding bytes go into it.
report::Check broken(report::Check check, std::string_view id, std::string where,
                     std::string summary);

}  // namespace wxsec::attack
