#include "src/renew/due.h"

#include <algorithm>
#include <cstdint>

namespace wxsec::certs {
namespace {

// FNV-1a: spreads serials evenly, and alike on every machine.
std::uint64_t hash_of(const std::string& text) {
  std::uint64_t hash = 0xCBF2'9CE4'8422'2325U;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x0000'0100'0000'01B3U;
  }
  return hash;
}

}  // namespace

core::Instant renewal_due(const pki::Certificate& certificate, const DueRule& rule) {
  core::Instant due = due_at(certificate, rule.within);
  if (due < certificate.not_before + pki::lifetime(certificate) / 10) due = due_at(certificate, {});
  const auto room = std::min(rule.jitter, (certificate.not_after - due) / 4);
  if (room.count() <= 0) return due;
  const auto share = hash_of(certificate.serial) % static_cast<std::uint64_t>(room.count());
  return due + std::chrono::milliseconds(static_cast<std::int64_t>(share));
}

}  // namespace wxsec::certs
