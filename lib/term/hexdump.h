// Bytes as people compare them: offset, sixteen hexadecimal bytes, and what an eavesdropper can
// read.
#pragma once

#include <cstddef>
#include <string>

#include "lib/core/bytes.h"

namespace wxsec::term {

// "0000  82 1a 00 01 ...  .....wx/station" lines, at most `max_bytes`, then "... N more bytes".
std::string hexdump(core::ByteView bytes, std::size_t max_bytes);

// Two hexdumps in columns under two titles: the lesson's plaintext beside ciphertext.
std::string side_by_side(std::string_view left_title, core::ByteView left,
                         std::string_view right_title, core::ByteView right, std::size_t max_bytes);

// Shannon entropy, bits per byte, 0 to 8; 0 for no bytes. Short inputs cannot reach 8 (n bytes:
// log2 n at most), so it illustrates and never decides.
double entropy(core::ByteView bytes);

// Share of bytes that are printable ASCII, 0 to 1.
double printable_share(core::ByteView bytes);

}  // namespace wxsec::term
