// Does the name of a field tell that its value is a secret?
#pragma once

#include <string_view>

namespace wxsec::sniff {

// "password", "api_key", "accessToken"...; not "token_type", "auth_mode", "nextPageToken", which
// are about one or are none.
bool is_secret_name(std::string_view name);

// Whether `value` says that what is called `name` is a setting: "auth: none", "has_token: yes".
bool is_setting(std::string_view name, std::string_view value);

// Whether `value` may as well be none, though `name` is a secret's: "second_pass", "door_pin: D5".
// Then it is masked, and no credential.
bool is_doubtful(std::string_view name, std::string_view value);

// A secret's name with something behind it that may be one.
inline bool is_secret(std::string_view name, std::string_view value) {
  return is_secret_name(name) && !is_setting(name, value);
}

// False if no part of `text` is a name that is_secret_name() would take for a secret's: then nobody
// need look for fields in it. Costs much less than looking.
bool may_hold_secret_name(std::string_view text);

}  // namespace wxsec::sniff
