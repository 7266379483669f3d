// A suite's name says what it is made of, so the name is taken apart instead of a table of
// hundreds.
#include "lib/decrypt/suite.h"

namespace wxsec::decrypt {
namespace {

bool has(std::string_view name, std::string_view part) {
  return name.find(part) != std::string_view::npos;
}

struct CipherName {
  std::string_view part;
  Suite suite;
};

constexpr CipherName kCiphers[] = {
    {"AES_128_GCM", {Mode::gcm, 16, 0, "AES-128-GCM", ""}},
    {"AES_256_GCM", {Mode::gcm, 32, 0, "AES-256-GCM", ""}},
    {"AES_128_CCM_8", {Mode::ccm8, 16, 0, "AES-128-CCM", ""}},
    {"AES_256_CCM_8", {Mode::ccm8, 32, 0, "AES-256-CCM", ""}},
    {"AES_128_CCM", {Mode::ccm, 16, 0, "AES-128-CCM", ""}},
    {"AES_256_CCM", {Mode::ccm, 32, 0, "AES-256-CCM", ""}},
    {"CHACHA20_POLY1305", {Mode::chacha, 32, 0, "ChaCha20-Poly1305", ""}},
    {"ARIA_128_GCM", {Mode::gcm, 16, 0, "ARIA-128-GCM", ""}},
    {"ARIA_256_GCM", {Mode::gcm, 32, 0, "ARIA-256-GCM", ""}},
    {"ARIA_128_CBC", {Mode::cbc, 16, 0, "ARIA-128-CBC", ""}},
    {"ARIA_256_CBC", {Mode::cbc, 32, 0, "ARIA-256-CBC", ""}},
    {"CAMELLIA_128_CBC", {Mode::cbc, 16, 0, "CAMELLIA-128-CBC", ""}},
    {"CAMELLIA_256_CBC", {Mode::cbc, 32, 0, "CAMELLIA-256-CBC", ""}},
    {"AES_128_CBC", {Mode::cbc, 16, 0, "AES-128-CBC", ""}},
    {"AES_256_CBC", {Mode::cbc, 32, 0, "AES-256-CBC", ""}},
};

std::size_t mac_size(std::string_view name) {
  if (name.ends_with("_SHA384")) return 48;
  return name.ends_with("_SHA256") ? 32 : 20;
}

}  // namespace

std::optional<Suite> find_suite(std::string_view name) {
  for (const CipherName& known : kCiphers) {
    if (!has(name, known.part)) continue;
    Suite suite = known.suite;
    suite.digest = name.ends_with("SHA384") ? "SHA384" : "SHA256";
    if (suite.mode == Mode::cbc) suite.mac_size = mac_size(name);
    return suite;
  }
  return std::nullopt;
}

}  // namespace wxsec::decrypt
