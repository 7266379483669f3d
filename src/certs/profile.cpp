#include "src/certs/profile.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "lib/core/escape.h"
#include "lib/core/shell_word.h"

namespace wxsec::certs {
namespace {

struct FaultRow {
  Fault fault;
  std::string_view text;
};
constexpr std::array<FaultRow, 11> kFaults{{{Fault::none, "none"},
                                            {Fault::expired, "expired"},
                                            {Fault::not_yet, "not-yet"},
                                            {Fault::wrong_name, "wrong-name"},
                                            {Fault::weak_key, "weak-key"},
                                            {Fault::sha1, "sha1"},
                                            {Fault::no_san, "no-san"},
                                            {Fault::wrong_eku, "wrong-eku"},
                                            {Fault::self_signed, "self-signed"},
                                            {Fault::ca_true, "ca-true"},
                                            {Fault::other_ca, "other-ca"}}};

constexpr std::size_t kMaxProfile = 64 * 1024;
constexpr std::chrono::seconds kShortest{1};
constexpr std::chrono::days kLongest{36'500};

std::string known_names() {
  std::string text;
  for (const Profile& profile : built_in_profiles())
    text += (text.empty() ? "" : ", ") + profile.name;
  return text;
}

}  // namespace

std::string_view fault_text(Fault fault) {
  for (const FaultRow& row : kFaults)
    if (row.fault == fault) return row.text;
  return "none";
}

core::Result<Fault> parse_fault(std::string_view text) {
  for (const FaultRow& row : kFaults)
    if (row.text == text) return row.fault;
  std::string all;
  for (const FaultRow& row : kFaults) all += fmt::format("{}{}", all.empty() ? "" : ", ", row.text);
  return core::fail(core::Code::usage,
                    fmt::format("'{}' is not a fault", core::escape_terminal(text)),
                    "one of " + all);
}

core::Result<void> check_strong(pki::KeyType key) {
  if (key != pki::KeyType::rsa1024) return {};
  return core::fail(core::Code::usage, "RSA with 1024 bits can be broken: no such key is made here",
                    "take P-256; for the lesson there is --profile weak-key");
}

core::Result<void> check_lifetime(std::chrono::milliseconds lifetime) {
  if (lifetime >= kShortest && lifetime <= kLongest) return {};
  return core::fail(
      core::Code::usage, "a lifetime must be 1s at least and 36500d at most",
      "write it as 90d, 6h or 10m; an expired one for a lesson: wxsec certs issue --profile "
      "expired NAME");
}

core::Result<Profile> find_profile(const core::Path& dir, std::string_view name) {
  const bool is_plain = name.find('/') == std::string_view::npos && !name.starts_with('.');
  const core::Path file = dir / "profiles" / fmt::format("{}.toml", name);
  if (is_plain && core::path_exists(file)) {
    auto profile = parse_profile(WXSEC_TRY(core::read_file(file, kMaxProfile)), name);
    if (!profile) return core::fail(core::with_context(profile.error(), file.string()));
    return profile;
  }
  for (const Profile& profile : built_in_profiles())
    if (profile.name == name) return profile;
  return core::fail(core::Code::usage,
                    fmt::format("there is no profile '{}'", core::escape_terminal(name)),
                    fmt::format("one of {}, or a file {}/NAME.toml", known_names(),
                                core::shell_word((dir / "profiles").string())));
}

}  // namespace wxsec::certs
