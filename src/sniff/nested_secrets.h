// Secrets in text that stands encoded in other text.
#pragma once

#include "src/sniff/secret_seen.h"
#include "src/sniff/text_decoding.h"

namespace wxsec::sniff {

// Appends what was found in `decoded`, which was made of `text`, as standing in `text`.
void add_placed(std::string_view text, const Decoded& decoded, SecretsSeen found, SecretsSeen& out);

}  // namespace wxsec::sniff
