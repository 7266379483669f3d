// Every secret's name holds one of a few stems, so most names, and most whole messages, are told by
// the stems alone, which are looked for at sixteen places at once.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "src/sniff/secret_names.h"

namespace wxsec::sniff {
namespace {

// Sixteen places at once. Spelled out, since a loop over bytes is unrolled by the compiler until
// the registers do not suffice.
constexpr std::size_t kBlock = 16;
using Block [[gnu::vector_size(kBlock)]] = unsigned char;
using Hits [[gnu::vector_size(kBlock)]] = signed char;  // -1 where it is so, else 0

// Capitals made small, and no letter made of anything else.
Block load_lower(const char* bytes) {
  Block out;
  std::memcpy(&out, bytes, kBlock);
  return out | 0x20;
}

// Where one of the words below begins, or rather three letters that each of them has in a row
// ("cre" is in "secret" and in "credentials", "ppi" in "appid"). kNeeded bytes are there.
constexpr std::size_t kNeeded = kBlock + 2;
Hits stems(const char* bytes) {
  const Block first = load_lower(bytes);
  const Block second = load_lower(bytes + 1);
  const Block third = load_lower(bytes + 2);
  const Hits pas_pwd_pin_psk_ppi =
      (first == 'p') & (((second == 'a') & (third == 's')) | ((second == 'w') & (third == 'd')) |
                        ((second == 'i') & (third == 'n')) | ((second == 'p') & (third == 'i')) |
                        ((second == 's') & (third == 'k')));
  const Hits aut = (first == 'a') & (second == 'u') & (third == 't');
  const Hits cre = (first == 'c') & (second == 'r') & (third == 'e');
  const Hits tok = (first == 't') & (second == 'o') & (third == 'k');
  const Hits key = (first == 'k') & (second == 'e') & (third == 'y');
  const Hits jwt = (first == 'j') & (second == 'w') & (third == 't');
  return pas_pwd_pin_psk_ppi | aut | cre | tok | key | jwt;
}

bool any(Hits hits) {
  std::array<std::uint64_t, kBlock / sizeof(std::uint64_t)> words{};
  std::memcpy(words.data(), &hits, kBlock);
  return (words[0] | words[1]) != 0;
}

}  // namespace

bool may_hold_secret_name(std::string_view text) {
  if (text.size() < kNeeded) {
    std::array<char, kNeeded> padded{};
    std::copy(text.begin(), text.end(), padded.begin());
    return any(stems(padded.data()));
  }
  const std::size_t last = text.size() - kNeeded;  // may overlap with the one before
  Hits hits = stems(text.data() + last);
  for (std::size_t at = 0; at < last; at += kBlock) hits |= stems(text.data() + at);
  return any(hits);
}

}  // namespace wxsec::sniff
