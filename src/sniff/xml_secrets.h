// Secrets in XML.
#pragma once

#include <string_view>

#include "src/sniff/secret_seen.h"

namespace wxsec::sniff {

// <password>x</password>, also as CDATA, and <login password="x"/>, with or without a namespace's
// prefix. What is appended points into `text`.
void scan_xml(std::string_view text, SecretsSeen& out);

}  // namespace wxsec::sniff
