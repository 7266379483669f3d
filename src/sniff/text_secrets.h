// Secrets in forms, queries and URLs, and in text that nobody declared to be anything.
// All of these append to `out`; what they append points into `text`.
#pragma once

#include <string>
#include <string_view>

#include "src/sniff/secret_seen.h"

namespace wxsec::sniff {

// "a=1&password=x": application/x-www-form-urlencoded.
void scan_form(std::string_view text, std::string_view kind, SecretsSeen& out);

// What a URL holds: user and password, query (with an address in it, if it is encoded), fragment.
void scan_url(std::string_view url, SecretsSeen& out);

// A request's target: a URL or part of one, or "user:password@host:443" alone.
void scan_target(std::string_view target, SecretsSeen& out);
void scan_authority(std::string_view text, SecretsSeen& out);

// Passwords of all "scheme://user:password@host" in a text.
void scan_url_passwords(std::string_view text, SecretsSeen& out);

// Text whose format nobody declared: JSON, or lines of "name=value&name=value".
void scan_undeclared(std::string_view text, SecretsSeen& out);

bool is_blank(char c);

// Without the white space around it.
std::string_view trim_blanks(std::string_view text);

}  // namespace wxsec::sniff
