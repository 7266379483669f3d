// Secrets in JSON.
#pragma once

#include <string_view>

#include "src/sniff/secret_seen.h"

namespace wxsec::sniff {

// JSON, whole or in part: strings, numbers, arrays of them and {"value": x} behind a secret's name;
// also in strings that hold JSON. What is appended points into `text`.
void scan_json(std::string_view text, SecretsSeen& out);

// Whether an object or an array begins it.
bool looks_like_json(std::string_view text);

// Whether "[Station]" or "[[Wunderground]]" stands in its first line, as in weewx.conf, INI files
// and TOML. JSON may begin so, too ("[1]"), or stand behind it ("[INFO]").
bool begins_section(std::string_view text);

}  // namespace wxsec::sniff
