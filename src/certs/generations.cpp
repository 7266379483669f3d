#include "src/certs/generations.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "lib/core/escape.h"
#include "lib/core/number.h"
#include "lib/core/shell_word.h"

namespace wxsec::certs {
namespace {

constexpr const char* kRolledBackFile = "rolled-back";
constexpr std::string_view kByHand = "by hand\n";
constexpr std::string_view kByFailure = "by failure\n";
constexpr std::size_t kMaxMark = 64;

bool is_real_directory(const core::Path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// "0002", also as "./0002", "0002/", "../broker/0002" and with the whole path, as people make
// links. What lies in the folder is told by its name there alone.
std::optional<core::Path> generation_of(const core::Path& folder, const core::Path& target) {
  core::Path plain = target.lexically_normal();
  if (!plain.has_filename()) plain = plain.parent_path();
  const core::Path above = plain.parent_path();
  std::error_code ignored;
  const bool here = above.empty() || std::filesystem::equivalent(folder / above, folder, ignored);
  if (!here || !generation_number(plain.filename().string())) return std::nullopt;
  return folder / plain.filename();
}

std::string newest_in(const core::Path& folder) {
  const std::vector<std::string> all = generations_in(folder);
  return all.empty() ? std::string("0001") : all.back();
}

}  // namespace

std::optional<unsigned> generation_number(std::string_view name) {
  if (name.size() < 4) return std::nullopt;
  return core::parse_number<unsigned>(name, 1, kMaxGeneration);
}

core::Result<core::Path> resolve_current(const core::Path& folder) {
  std::error_code error;
  const core::Path target = std::filesystem::read_symlink(folder / "current", error);
  if (error)
    return core::fail(core::Code::not_found,
                      fmt::format("{} has no current certificate", folder.string()),
                      "wxsec certs init and wxsec certs issue make one");
  const auto generation = generation_of(folder, target);
  if (generation) return *generation;
  return core::fail(
      core::Code::unsupported,
      fmt::format("{} leads to {}, which is no generation of this identity",
                  (folder / "current").string(), core::escape_terminal(target.string())),
      fmt::format("point it at one that lies there: ln -sfn {} {}", newest_in(folder),
                  core::shell_word((folder / "current").string())));
}

core::Result<bool> is_in_use(const core::Path& folder) {
  const auto current = resolve_current(folder);
  if (!current && current.error().code == core::Code::unsupported)
    return core::fail(current.error());
  return current.has_value();
}

std::vector<std::string> generations_in(const core::Path& folder) {
  std::vector<std::string> found;
  const auto names = core::list_directory(folder);
  if (!names) return found;
  for (const std::string& name : *names)
    if (generation_number(name) && is_real_directory(folder / name)) found.push_back(name);
  std::sort(found.begin(), found.end(), [](const std::string& a, const std::string& b) {
    return generation_number(a) < generation_number(b);
  });
  return found;
}

core::Result<void> mark_rolled_back(const core::Path& generation, RolledBack how) {
  return core::write_file_atomic(generation / kRolledBackFile,
                                 how == RolledBack::by_hand ? kByHand : kByFailure, {0644, {}});
}

std::optional<RolledBack> rolled_back(const core::Path& generation) {
  const auto text = core::read_file(generation / kRolledBackFile, kMaxMark);
  if (!text && text.error().code == core::Code::not_found) return std::nullopt;
  return text && *text == kByHand ? RolledBack::by_hand : RolledBack::by_failure;
}

void clear_rolled_back(const core::Path& generation) {
  ::unlink((generation / kRolledBackFile).c_str());
}

void prune_generations(const core::Path& folder, std::size_t keep) {
  const auto current = resolve_current(folder);
  if (!current) return;
  std::vector<std::string> all = generations_in(folder);
  std::reverse(all.begin(), all.end());
  std::error_code ignored;
  std::size_t good = 0;
  bool newest = true;
  bool behind = false;  // the current one was passed
  for (const std::string& name : all) {
    const bool is_current = name == current->filename();
    behind = behind || is_current;
    const bool marked = !is_current && rolled_back(folder / name);
    const bool kept = marked ? !behind && std::exchange(newest, false) : good++ < keep;
    if (!kept && !is_current) std::filesystem::remove_all(folder / name, ignored);
  }
}

}  // namespace wxsec::certs
