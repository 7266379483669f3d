#include "src/sniff/secret_seen.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace wxsec::sniff {
namespace {

const char* end_of(const SecretSeen& one) { return one.raw.data() + one.raw.size(); }

// Of those that begin at one place the first that was found counts, not the longest: it was looked
// for where it was most likely to be.
bool repeats(const SecretSeen& before, const SecretSeen& one) {
  const std::less_equal<const char*> not_behind;
  return (before.told || !one.told) && not_behind(end_of(one), end_of(before));
}

}  // namespace

void drop_repeated(SecretsSeen& out, std::size_t first) {
  const auto begin = out.begin() + static_cast<std::ptrdiff_t>(first);
  if (out.end() - begin < 2) return;
  std::stable_sort(begin, out.end(), [](const SecretSeen& a, const SecretSeen& b) {
    return std::less<const char*>()(a.raw.data(), b.raw.data());
  });
  auto kept = begin;
  for (auto one = begin + 1; one != out.end(); ++one) {
    if (!repeats(*kept, *one) && ++kept != one) *kept = std::move(*one);
  }
  out.erase(kept + 1, out.end());
}

}  // namespace wxsec::sniff
