// Secrets in multipart/form-data.
#pragma once

#include <string_view>

#include "src/sniff/secret_seen.h"

namespace wxsec::sniff {

// RFC 7578: parts by their names, and those that declare to be JSON, XML or a form by what stands
// in them. The boundary is taken from the body's first line. What is appended points into `text`.
void scan_multipart(std::string_view text, SecretsSeen& out);

}  // namespace wxsec::sniff
