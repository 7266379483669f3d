// Credentials that were seen, each once per flow; and what is shown of a message that holds some.
#include <fmt/format.h>

#include "lib/decrypt/digest.h"
#include "src/sniff/collector_state.h"
#include "src/sniff/masking.h"

namespace wxsec::sniff {

std::string Collector::State::clean(core::ByteView text, const SecretsSeen& found) const {
  return show == Secrets::shown ? std::string(core::as_text(text))
                                : masked_copy(core::as_text(text), found);
}

std::string Collector::State::clean_raw(const flow::Event& event, core::ByteView raw,
                                        const SecretsSeen& found) const {
  return show == Secrets::shown ? std::string(core::as_text(raw)) : masked_raw(event, raw, found);
}

std::string Collector::State::name(const SecretSeen& secret, const Masks& masks) const {
  return show == Secrets::shown ? secret.name : masks.name(secret);
}

std::string Collector::State::evidence(const SecretSeen& secret, const Masks& masks) const {
  return fmt::format("{}{}{} = {}", secret.kind, secret.name.empty() ? "" : " of ",
                     name(secret, masks),
                     show == Secrets::shown ? secret.value : mask(secret.value));
}

void Collector::State::credential(const flow::Event& event, const SecretSeen& secret,
                                  const Masks& masks, core::ByteView excerpt) {
  ++seen.credentials_seen;
  if (!lists()) return;
  if (seen.credentials.size() >= kMaxListed) return;
  std::string key =
      fmt::format("{} {} {} {}", event.flow->id, secret.kind, secret.name, secret.value);
  constexpr std::size_t kShortKey = 64;
  if (key.size() > kShortKey) key = decrypt::sha256_hex(key);
  if (credentials_known.contains(key)) return;
  Credential one;
  one.place = place_of(event);
  one.kind = secret.kind;
  one.name = cut_text(name(secret, masks), kMaxListedName);
  one.masked = mask(secret.value);
  one.value = core::Secret(cut_text(secret.value, kMaxShown));
  one.excerpt = beginning(excerpt, kMaxSample);
  if (!credentials_room.take(sizeof(one) + one.name.size() + one.value.reveal().size() +
                             one.masked.size() + one.excerpt.size() + 2 * kShortKey))
    return;
  credentials_known.insert(std::move(key));
  seen.credentials.push_back(std::move(one));
}

void Collector::State::secrets(const flow::Event& event, core::ByteView raw,
                               const SecretsSeen& found, std::string_view finding_id) {
  if (found.empty()) return;
  const std::string excerpt = clean_raw(event, raw, found);
  const Masks masks(found);
  for (const SecretSeen& secret : found) {
    if (!secret.told) continue;
    credential(event, secret, masks, core::as_bytes(excerpt));
    if (findings.wants(finding_id, event))
      findings.add(finding_id, event, evidence(secret, masks), core::as_bytes(excerpt));
  }
}

// Malformed packets and bytes that nobody claims: readable nevertheless.
void Collector::State::undecoded(const flow::Event& event, core::ByteView bytes,
                                 const SecretsSeen& found, std::string_view finding_id) {
  if (!event.decrypted) secrets(event, bytes, found, finding_id);
}

}  // namespace wxsec::sniff
