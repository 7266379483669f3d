// Secrets in text of every shape that carries fields: forms, queries, URLs, JSON, XML, multipart.
// All of these append to `out`; what they append points into `text`.
#pragma once

#include <string>
#include <string_view>

#include "src/sniff/secret_seen.h"

namespace wxsec::sniff {

// "a=1&password=x": application/x-www-form-urlencoded.
void scan_form(std::string_view text, std::string_view kind, SecretsSeen& out);

// JSON, whole or in part: strings, numbers, and arrays of them behind a secret's name.
void scan_json(std::string_view text, SecretsSeen& out);

// <password>x</password>, with or without a namespace's prefix.
void scan_xml(std::string_view text, SecretsSeen& out);

// RFC 7578. The boundary is taken from the body's first line.
void scan_multipart(std::string_view text, SecretsSeen& out);

// What a target or URL holds: user and password, query, fragment.
void scan_url(std::string_view url, SecretsSeen& out);

// Passwords of all "scheme://user:password@host" in a text.
void scan_url_passwords(std::string_view text, SecretsSeen& out);

// Text whose format nobody declared: JSON, or lines of "name=value&name=value".
void scan_undeclared(std::string_view text, SecretsSeen& out);

// Without the white space around it.
std::string_view trim_blanks(std::string_view text);

}  // namespace wxsec::sniff
