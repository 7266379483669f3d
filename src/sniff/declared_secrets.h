// Secrets in documents that say of themselves what they are.
#pragma once

#include <string_view>

#include "src/sniff/secret_seen.h"

namespace wxsec::sniff {

bool contains_ignoring_case(std::string_view text, std::string_view lower_case_part);

// As JSON where one seems to begin; else as the Content-Type says. Nothing is looked for in pages
// and programs, which hold much that looks like a field. Of an undeclared or plain text, what
// scan_undeclared() and scan_field_lines() find.
void scan_declared(std::string_view type, std::string_view body, SecretsSeen& out);

// Whether what is said to be of `type` may be settings in lines, "name: value" or "name = value".
bool holds_lines(std::string_view type);

// JSON (also events that carry it), forms and XML only; whether it was one of them.
bool scan_structured(std::string_view type, std::string_view body, SecretsSeen& out);

}  // namespace wxsec::sniff
