#include "src/certs/profile.h"

#include <fmt/core.h>

#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <set>

#include "lib/core/escape.h"
#include "lib/core/shell_word.h"
#include "lib/core/time.h"

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

core::Failure bad(std::string_view profile, std::string_view why) {
  return core::fail(
      core::Code::malformed,
      fmt::format("profile '{}': {}", core::escape_terminal(profile), core::escape_terminal(why)),
      "certs/profiles/README.md lists the fields");
}

// One field of a given type: absent leaves `value` alone, another type fails.
template <class T>
core::Result<void> read(const toml::table& table, const char* field, T& value,
                        std::string_view profile) {
  const auto node = table[field];
  if (!node) return {};
  const auto found = node.value_exact<T>();
  if (!found) return bad(profile, fmt::format("{} has the wrong type", field));
  value = *found;
  return {};
}

core::Result<void> no_unknown_fields(const toml::table& table, std::string_view profile) {
  static constexpr std::array<std::string_view, 8> kFields{
      "description", "key", "lifetime", "ca", "path_length", "server", "client", "fault"};
  for (const auto& [field, node] : table) {
    const std::string_view name = field.str();
    if (std::find(kFields.begin(), kFields.end(), name) == kFields.end())
      return bad(profile, fmt::format("unknown field '{}'", name));
  }
  return {};
}

core::Result<void> check_sense(const Profile& profile) {
  if (profile.lifetime <= std::chrono::milliseconds{0} || profile.lifetime > kLongest)
    return bad(profile.name, "lifetime must be above 0 and at most 36500d");
  if (profile.fault != Fault::weak_key && !check_strong(profile.key))
    return bad(profile.name, "an RSA-1024 key is only for the fault weak-key");
  if (profile.ca && (profile.server || profile.client))
    return bad(profile.name, "an authority is neither server nor client");
  if (!profile.ca && profile.path_length)
    return bad(profile.name, "path_length is for authorities");
  if (!profile.ca && !profile.server && !profile.client)
    return bad(profile.name, "say server = true or client = true");
  if (profile.path_length && (*profile.path_length < 0 || *profile.path_length > 9))
    return bad(profile.name, "path_length must be 0 to 9");
  return {};
}

core::Result<Profile> from_table(const toml::table& table, std::string_view name) {
  Profile profile;
  profile.name = name;
  std::string key = "P-256";
  std::string lifetime;
  std::string fault = "none";
  std::int64_t path_length = -1;
  WXSEC_TRY(no_unknown_fields(table, name));
  WXSEC_TRY(read(table, "description", profile.description, name));
  WXSEC_TRY(read(table, "key", key, name));
  WXSEC_TRY(read(table, "lifetime", lifetime, name));
  WXSEC_TRY(read(table, "ca", profile.ca, name));
  WXSEC_TRY(read(table, "path_length", path_length, name));
  WXSEC_TRY(read(table, "server", profile.server, name));
  WXSEC_TRY(read(table, "client", profile.client, name));
  WXSEC_TRY(read(table, "fault", fault, name));
  if (table.contains("path_length")) profile.path_length = path_length;
  const auto type = pki::parse_key_type(key);
  if (!type) return bad(name, type.error().what);
  const auto span = core::parse_duration(lifetime);
  if (!span) return bad(name, "lifetime is missing or no duration (90d, 6h)");
  const auto known = parse_fault(fault);
  if (!known) return bad(name, known.error().what);
  profile.key = *type;
  profile.lifetime = *span;
  profile.fault = *known;
  WXSEC_TRY(check_sense(profile));
  return profile;
}

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
  return core::fail(core::Code::usage,
                    fmt::format("'{}' is not a fault", core::escape_terminal(text)));
}

core::Result<void> check_strong(pki::KeyType key) {
  if (key != pki::KeyType::rsa1024) return {};
  return core::fail(core::Code::usage, "RSA with 1024 bits can be broken: no such key is made here",
                    "take P-256; for the lesson there is --profile weak-key");
}

core::Result<void> check_lifetime(std::chrono::milliseconds lifetime) {
  if (lifetime >= kShortest && lifetime <= kLongest) return {};
  return core::fail(core::Code::usage, "a lifetime must be 1s at least and 36500d at most",
                    "write it as 90d, 6h or 10m; for an expired certificate: --profile expired");
}

core::Result<Profile> parse_profile(std::string_view text, std::string_view name) {
  try {
    return from_table(toml::parse(text), name);
  } catch (const toml::parse_error& error) {
    return bad(name, fmt::format("line {}: {}", error.source().begin.line, error.description()));
  }
}

core::Result<Profile> find_profile(const core::Path& dir, std::string_view name) {
  const bool is_plain = name.find('/') == std::string_view::npos && !name.starts_with('.');
  const core::Path file = dir / "profiles" / fmt::format("{}.toml", name);
  if (is_plain && core::path_exists(file))
    return parse_profile(WXSEC_TRY(core::read_file(file, kMaxProfile)), name);
  for (const Profile& profile : built_in_profiles())
    if (profile.name == name) return profile;
  return core::fail(core::Code::usage,
                    fmt::format("there is no profile '{}'", core::escape_terminal(name)),
                    fmt::format("one of {}, or a file {}/NAME.toml", known_names(),
                                core::shell_word((dir / "profiles").string())));
}

}  // namespace wxsec::certs
