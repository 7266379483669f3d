#include "src/certs/layout.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "lib/core/escape.h"

namespace wxsec::certs {
namespace {

bool is_fixed(std::string_view name) {
  return std::find(std::begin(kFixedIdentities), std::end(kFixedIdentities), name) !=
         std::end(kFixedIdentities);
}

bool is_real_directory(const core::Path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

bool has_current(const core::Path& folder) {
  struct stat info {};
  return ::lstat((folder / "current").c_str(), &info) == 0;
}

// Folders below `parent` with a `current` link, sorted; none where there is no parent.
std::vector<std::string> identities_below(const core::Path& parent) {
  std::vector<std::string> found;
  const auto names = core::list_directory(parent);
  if (!names) return found;
  for (const std::string& name : *names)
    if (!name.starts_with('.') && has_current(parent / name)) found.push_back(name);
  return found;
}

// As generations are called.
bool is_number(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

IdentityFiles files_in(const core::Path& generation) {
  return {generation / "cert.pem", generation / "chain.pem", generation / "fullchain.pem",
          generation / "privkey.pem"};
}

core::Path request_in(const core::Path& generation) { return generation / "request.der"; }

std::string station_name(unsigned number) { return fmt::format("station-{:04}", number); }

core::Path Layout::identity(std::string_view name) const {
  const core::Path direct = dir_ / name;
  if (is_fixed(name)) return direct;
  const core::Path below = stations() / name;
  const bool taken = is_real_directory(direct) && (has_current(direct) || !has_current(below));
  return taken ? direct : below;
}

core::Path Layout::place_for(std::string_view name, bool station) const {
  if (has_current(stations() / name) && !has_current(dir_ / name)) return stations() / name;
  return station ? identity(name) : dir_ / name;
}

IdentityFiles Layout::current(std::string_view name) const {
  return files_in(identity(name) / "current");
}

core::Result<std::vector<std::string>> Layout::identities() const {
  WXSEC_TRY(core::list_directory(dir_));  // for the error where there is no such directory
  std::vector<std::string> found;
  for (const std::string_view name : kFixedIdentities)
    if (has_current(dir_ / name)) found.emplace_back(name);
  for (std::string& name : identities_below(dir_))
    if (!is_fixed(name)) found.push_back(std::move(name));
  for (std::string& name : identities_below(stations()))
    if (identity(name) == stations() / name) found.push_back(std::move(name));
  return found;
}

std::vector<std::string> Layout::hidden_stations() const {
  std::vector<std::string> hidden = identities_below(stations());
  std::erase_if(hidden,
                [&](const std::string& name) { return identity(name) == stations() / name; });
  return hidden;
}

core::Result<void> check_identity_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  const bool reserved = name == "stations" || name == "wrong" || name == "profiles" ||
                        name == "current" || is_number(name);
  if (reserved)
    return core::fail(core::Code::usage,
                      fmt::format("'{}' is reserved: the directory itself uses it", name),
                      "take another name");
  const bool good = !name.empty() && name.size() <= 64 && name.front() != '.' &&
                    name.front() != '-' && std::all_of(name.begin(), name.end(), allowed);
  if (good) return {};
  return core::fail(core::Code::usage,
                    fmt::format("'{}' cannot be the name of an identity",
                                core::escape_terminal(name.substr(0, 80))),
                    "use 1 to 64 letters, digits, '-', '_' and '.', starting with none of '-' '.'");
}

core::Result<void> check_leaf_name(std::string_view name) {
  WXSEC_TRY(check_identity_name(name));
  if (name == "acme")
    return core::fail(core::Code::usage,
                      "'acme' is reserved: the accounts at ACME servers lie there",
                      "take another name");
  if (name != "root" && name != "issuing") return {};
  return core::fail(core::Code::usage, fmt::format("'{}' is the place of an authority", name),
                    "take another name; authorities are made by 'wxsec certs init', and replaced "
                    "by 'wxsec certs rotate-ca'");
}

std::vector<std::string> each_once(std::vector<std::string> names) {
  std::set<std::string_view> seen;
  std::vector<std::string> once;
  for (const std::string& name : names)
    if (seen.insert(name).second) once.push_back(name);
  return once;
}

}  // namespace wxsec::certs
