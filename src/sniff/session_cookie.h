// Is a cookie worth stealing?
#pragma once

#include <string_view>

namespace wxsec::sniff {

// Judged by its name ("sid", "PHPSESSID", "csrftoken") and otherwise by its value: a long one that
// looks drawn at random opens something. "theme=dark" and "lang=en" do not.
bool is_session_cookie(std::string_view name, std::string_view value);

// Do these attributes of a Set-Cookie take the cookie away? RFC 6265 3.1, 5.2.2.
bool deletes_cookie(std::string_view attributes);

}  // namespace wxsec::sniff
