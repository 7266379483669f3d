// A profile is what somebody wrote with an editor. Whatever is wrong with it is told as a slip on
// the command line would be: the line, what is wrong in it, and what to write instead. Whoever read
// the file puts its name before.
#include <fmt/core.h>

#include <toml++/toml.h>
#include <algorithm>
#include <array>

#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "src/certs/profile.h"

namespace wxsec::certs {
namespace {

constexpr const char* kFieldsHint =
    "the fields are description, key, lifetime, ca, path_length, server, client and fault";

core::Error slip(std::string_view what, std::string_view hint) {
  return {core::Code::usage, core::escape_terminal(what), std::string(hint)};
}

core::Failure at_line(std::uint32_t line, core::Error error) {
  if (line == 0) return core::fail(std::move(error));
  return core::fail(core::with_context(std::move(error), fmt::format("line {}", line)));
}

// Of `field`; 0 where it is not there.
std::uint32_t line_of(const toml::table& table, std::string_view field) {
  const toml::node* const node = table.get(field);
  return node == nullptr ? 0 : node->source().begin.line;
}

core::Failure bad(const toml::table& table, std::string_view field, core::Error error) {
  return at_line(line_of(table, field), std::move(error));
}

constexpr const char* how_to_write(const std::string* /*type*/) {
  return "a text is written in quotes: lifetime = \"90d\"";
}
constexpr const char* how_to_write(const bool* /*type*/) {
  return "it is true or false, without quotes: server = true";
}
constexpr const char* how_to_write(const std::int64_t* /*type*/) {
  return "it is a whole number, without quotes: path_length = 0";
}

// One field of a given type: absent leaves `value` alone, another type fails.
template <class T>
core::Result<void> read(const toml::table& table, std::string_view field, T& value) {
  const auto node = table[field];
  if (!node) return {};
  const auto found = node.value_exact<T>();
  if (!found)
    return bad(table, field,
               slip(fmt::format("{} has the wrong type", field), how_to_write(&value)));
  value = *found;
  return {};
}

core::Result<void> no_unknown_fields(const toml::table& table) {
  static constexpr std::array<std::string_view, 8> kFields{
      "description", "key", "lifetime", "ca", "path_length", "server", "client", "fault"};
  for (const auto& [field, node] : table) {
    const std::string_view name = field.str();
    if (std::find(kFields.begin(), kFields.end(), name) == kFields.end())
      return bad(table, name, slip(fmt::format("unknown field '{}'", name), kFieldsHint));
  }
  return {};
}

core::Result<std::chrono::milliseconds> lifetime_of(const toml::table& table) {
  std::string text;
  WXSEC_TRY(read(table, "lifetime", text));
  if (!table.contains("lifetime"))
    return core::fail(slip("lifetime is missing", "add a line: lifetime = \"90d\""));
  const auto span = core::parse_duration(text);
  if (!span)
    return bad(table, "lifetime", slip("lifetime: " + span.error().what, span.error().hint));
  if (const auto good = check_lifetime(*span); !good) return bad(table, "lifetime", good.error());
  return *span;
}

core::Result<void> read_key(const toml::table& table, Profile& profile) {
  std::string text = "P-256";
  WXSEC_TRY(read(table, "key", text));
  const auto type = pki::parse_key_type(text);
  if (!type) return bad(table, "key", slip("key: " + type.error().what, type.error().hint));
  profile.key = *type;
  return {};
}

core::Result<void> read_fault(const toml::table& table, Profile& profile) {
  std::string text = "none";
  WXSEC_TRY(read(table, "fault", text));
  const auto fault = parse_fault(text);
  if (!fault) return bad(table, "fault", fault.error());
  profile.fault = *fault;
  return {};
}

core::Result<void> read_path_length(const toml::table& table, Profile& profile) {
  std::int64_t length = 0;
  WXSEC_TRY(read(table, "path_length", length));
  if (!table.contains("path_length")) return {};
  if (length < 0 || length > 9)
    return bad(table, "path_length",
               slip("path_length must be 0 to 9", "0: it signs no further authorities"));
  profile.path_length = length;
  return {};
}

core::Result<void> check_sense(const Profile& profile, const toml::table& table) {
  if (const auto strong = check_strong(profile.key); profile.fault != Fault::weak_key && !strong)
    return bad(table, "key", strong.error());
  if (profile.ca && (profile.server || profile.client))
    return bad(table, "ca",
               slip("an authority is neither server nor client", "leave out ca, or the other two"));
  if (!profile.ca && profile.path_length)
    return bad(table, "path_length", slip("path_length is for authorities", "leave it out"));
  if (!profile.ca && !profile.server && !profile.client)
    return core::fail(slip("it is neither for servers nor for clients",
                           "add a line: server = true or client = true"));
  return {};
}

core::Result<Profile> from_table(const toml::table& table, std::string_view name) {
  Profile profile;
  profile.name = name;
  WXSEC_TRY(no_unknown_fields(table));
  WXSEC_TRY(read(table, "description", profile.description));
  WXSEC_TRY(read_key(table, profile));
  profile.lifetime = WXSEC_TRY(lifetime_of(table));
  WXSEC_TRY(read(table, "ca", profile.ca));
  WXSEC_TRY(read_path_length(table, profile));
  WXSEC_TRY(read(table, "server", profile.server));
  WXSEC_TRY(read(table, "client", profile.client));
  WXSEC_TRY(read_fault(table, profile));
  WXSEC_TRY(check_sense(profile, table));
  return profile;
}

}  // namespace

core::Result<Profile> parse_profile(std::string_view text, std::string_view name) {
  try {
    return from_table(toml::parse(text), name);
  } catch (const toml::parse_error& error) {
    return at_line(error.source().begin.line,
                   slip(fmt::format("this is no TOML: {}", error.description()),
                        "one field a line; texts are in quotes: lifetime = \"90d\""));
  }
}

}  // namespace wxsec::certs
