// Which attempts a word stands for, what they need, and what of it all was really tested.
#pragma once

#include <string>
#include <vector>

#include "src/attack/attempt.h"

namespace wxsec::attack {

// Whether `name` ("all", a group or the attempt itself) asks for this attempt.
bool selected_by(const Attempt& attempt, const std::string& name);

bool has(const Target& target, Need need);
bool has_tools(const Attempt& attempt, const Target& target);  // all of its needs

// The API or the broker, whichever the attempt is about; the target must have it.
const net::Endpoint& endpoint_of(const Attempt& attempt, const Target& target);

// What was asked for and could not be tested, a sentence each with its reason: an endpoint about
// which not one check came to a conclusion, then each of `names` of which the same is true for
// another reason. Empty: something is known about everything.
std::vector<std::string> untested(const std::vector<std::string>& names, const Target& target,
                                  const std::vector<report::Check>& checks);

}  // namespace wxsec::attack
