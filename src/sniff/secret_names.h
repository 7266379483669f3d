// Does the name of a field tell that its value is a secret?
#pragma once

#include <string_view>

namespace wxsec::sniff {

// "password", "api_key", "accessToken"...; not "token_type", which is about one.
bool is_secret_name(std::string_view name);

// False if no part of `text` is a name that is_secret_name() would take for a secret's: then nobody
// need look for fields in it. Costs much less than looking.
bool may_hold_secret_name(std::string_view text);

}  // namespace wxsec::sniff
