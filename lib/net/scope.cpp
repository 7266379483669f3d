// wxsec breaks into things on purpose, so it has to know whose they are. One's own machine is
// always fine: nothing sent to loopback leaves it. For any other host somebody must have given
// permission, and the permission must be a thing one can show: a file with the exact name, an end,
// and who gave it. The name typed a second time guards against a copied command line.
//
// Exact names only. "*.example.com" or "192.0.2.0/24" would grant what nobody listed, and comparing
// names after a DNS query would send the first packet before the answer. So this file compares
// strings and never resolves anything: "localhost.example.com" and "127.1" are simply other hosts.
#include "lib/net/scope.h"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>
#include <chrono>

#include "lib/core/time.h"
#include "lib/net/endpoint.h"

namespace wxsec::net {
namespace {

using core::Code;
using core::fail;

constexpr std::size_t kMaxScopeBytes = 64 * 1024;
constexpr const char* kExample =
    "a scope file has: targets = [\"broker.wx.example\"], expires = 2026-12-31T23:59:59Z, "
    "authorised_by = \"who, when, how\"";

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

core::Failure malformed(std::string what) {
  return fail(Code::malformed, "scope file: " + std::move(what), kExample);
}

// Debian's toml++ is built to throw.
core::Result<toml::table> parse_toml(std::string_view text) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return malformed(fmt::format("line {}: {}", error.source().begin.line, error.description()));
  }
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

core::Result<std::string> parse_target(const toml::node& node) {
  const auto text = node.value_exact<std::string>();
  if (!text) return malformed("every target is a string");
  std::string name = lower(*text);
  const bool plain_name = std::all_of(name.begin(), name.end(), is_name_character);
  if (!name.empty() && (plain_name || is_address(name))) return name;
  return malformed(fmt::format(
      "target '{}' is not one exact host name or address (no wildcard, range, URL or port)",
      *text));
}

core::Result<std::vector<std::string>> parse_targets(const toml::table& table) {
  const toml::array* const array = table["targets"].as_array();
  if (array == nullptr || array->empty()) return malformed("'targets' is missing or empty");
  std::vector<std::string> targets;
  for (const toml::node& node : *array) targets.push_back(WXSEC_TRY(parse_target(node)));
  return targets;
}

core::Result<core::Instant> parse_expiry(const toml::table& table) {
  const auto when = table["expires"].value_exact<toml::date_time>();
  if (!when) return malformed("'expires' is missing or no date-time");
  if (!when->offset) return malformed("'expires' has no offset; end it in Z for UTC");
  const std::chrono::year_month_day day{std::chrono::year(when->date.year),
                                        std::chrono::month(when->date.month),
                                        std::chrono::day(when->date.day)};
  return core::Instant(std::chrono::sys_days(day)) + std::chrono::hours(when->time.hour) +
         std::chrono::minutes(when->time.minute) + std::chrono::seconds(when->time.second) -
         std::chrono::minutes(when->offset->minutes);
}

core::Result<void> refuse_unknown_keys(const toml::table& table) {
  for (const auto& [key, node] : table) {
    const std::string_view name = key.str();
    if (name != "targets" && name != "expires" && name != "authorised_by") {
      return malformed(fmt::format("unknown key '{}'", name));
    }
  }
  return {};
}

core::Failure refuse(std::string_view host, std::string_view why, std::string hint) {
  return fail(Code::not_authorised,
              fmt::format("not authorised to send anything to {}: {}", host, why), std::move(hint));
}

}  // namespace

core::Result<Scope> parse_scope(std::string_view text) {
  const toml::table table = WXSEC_TRY(parse_toml(text));
  WXSEC_TRY(refuse_unknown_keys(table));
  Scope scope;
  scope.targets = WXSEC_TRY(parse_targets(table));
  scope.expires = WXSEC_TRY(parse_expiry(table));
  scope.authorised_by = table["authorised_by"].value_or(std::string());
  if (scope.authorised_by.empty()) return malformed("'authorised_by' is missing or empty");
  return scope;
}

core::Result<Scope> read_scope(const core::Path& path) {
  const std::string text = WXSEC_TRY(core::read_file(path, kMaxScopeBytes));
  auto scope = parse_scope(text);
  if (!scope) return fail(core::with_context(scope.error(), path.string()));
  return scope;
}

core::Result<void> authorise(std::string_view host, const Authority& authority, core::Instant now) {
  if (is_loopback(host)) return {};
  const std::string name = lower(host);
  if (!authority.scope) {
    return refuse(host, "it is not this machine and no scope file was given",
                  fmt::format("get the owner's permission in writing; {}", kExample));
  }
  const Scope& scope = *authority.scope;
  if (std::find(scope.targets.begin(), scope.targets.end(), name) == scope.targets.end()) {
    return refuse(host, "the scope file does not name it", "targets are compared exactly");
  }
  if (now >= scope.expires) {
    return refuse(host, fmt::format("the permission expired at {}", core::rfc3339(scope.expires)),
                  fmt::format("ask {} for a new one", scope.authorised_by));
  }
  const bool confirmed = std::any_of(authority.typed.begin(), authority.typed.end(),
                                     [&](const auto& typed) { return lower(typed) == name; });
  if (!confirmed) {
    return refuse(host, "its name was not typed as confirmation",
                  fmt::format("type the host's name when asked, or give --confirm {}", host));
  }
  return {};
}

}  // namespace wxsec::net
