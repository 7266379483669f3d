#include "src/certs/check_tree.h"

#include <dirent.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <set>
#include <utility>

namespace wxsec::certs {
namespace {

constexpr std::size_t kMaxFiles = 1'000'000;
constexpr int kMaxDepth = 8;

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

bool has_certificate_name(const core::Path& path) {
  constexpr std::array<std::string_view, 5> kEndings{".pem", ".crt", ".cer", ".der", ".crl"};
  const std::string extension = lower_extension(path);
  return std::find(kEndings.begin(), kEndings.end(), extension) != kEndings.end();
}

bool is_directory(const dirent& entry, const core::Path& path) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
  std::error_code ignored;  // file systems that do not say
  return std::filesystem::is_directory(std::filesystem::symlink_status(path, ignored));
}

// Regular files, links to them, and links that lead nowhere; not sockets, devices or pipes.
bool is_to_be_read(const dirent& entry, const core::Path& path) {
  if (entry.d_type == DT_REG) return true;
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  return std::filesystem::is_regular_file(status) || !std::filesystem::exists(status);
}

struct Walk {
  Tree tree = {};
  std::set<std::pair<dev_t, ino_t>> seen = {};
  std::vector<core::Path> links = {};  // to directories: followed in the end, if not seen by then
  bool behind_link = false;            // only what lies there itself: a link may lead anywhere
};

// Told where it lies too deep.
bool may_descend(const core::Path& path, int depth, Walk& walk) {
  if (depth < kMaxDepth) return true;
  walk.tree.troubles.push_back({core::Code::too_large,
                                fmt::format("{} lies too deep to be looked into", path.string()),
                                "check it by its own path"});
  return false;
}

bool is_linked_directory(const dirent& entry, const core::Path& path) {
  if (entry.d_type != DT_LNK && entry.d_type != DT_UNKNOWN) return false;
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// False where it was looked into before, by another way.
bool is_new(DIR* open, Walk& walk) {
  struct stat info {};
  if (::fstat(::dirfd(open), &info) != 0) return true;
  return walk.seen.emplace(info.st_dev, info.st_ino).second;
}

void look_into(const core::Path& dir, int depth, Walk& walk) {
  const std::unique_ptr<DIR, CloseDir> open(::opendir(dir.c_str()));
  if (!open) {
    walk.tree.troubles.push_back(core::system_error(errno, "look into", dir));
    return;
  }
  if (!is_new(open.get(), walk)) return;
  while (const dirent* const entry = ::readdir(open.get())) {
    const std::string_view name = &entry->d_name[0];
    if (name == "." || name == "..") continue;
    const core::Path path = dir / name;
    if (is_directory(*entry, path)) {
      if (!walk.behind_link && may_descend(path, depth, walk)) look_into(path, depth + 1, walk);
    } else if (is_linked_directory(*entry, path)) {
      if (!walk.behind_link) walk.links.push_back(path);
    } else if (has_certificate_name(path) && walk.tree.files.size() < kMaxFiles &&
               is_to_be_read(*entry, path)) {
      walk.tree.files.push_back(path);
    }
  }
}

void follow_links(Walk& walk) {
  walk.behind_link = true;
  for (const core::Path& link : walk.links) look_into(link, kMaxDepth, walk);
}

void add_closed(const core::Path& dir, std::vector<ClosedFolder>& closed) {
  const auto names = core::list_directory(dir);
  if (!names) return;
  for (const std::string& name : *names) {
    const core::Path path = dir / name;
    std::error_code ignored;
    if (!std::filesystem::is_directory(std::filesystem::symlink_status(path, ignored))) continue;
    if (::access(path.c_str(), R_OK | X_OK) == 0) continue;
    core::Error error = core::system_error(errno, "look into", path);
    error.hint = "run it as the owner of the directory, or name the parts that this user may read";
    closed.push_back({path, std::move(error)});
  }
}

}  // namespace

std::string lower_extension(const core::Path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return extension;
}

std::vector<ClosedFolder> closed_folders(const Layout& layout) {
  std::vector<ClosedFolder> closed;
  add_closed(layout.dir(), closed);
  add_closed(layout.stations(), closed);
  return closed;
}

Tree certificate_files_below(const core::Path& dir) {
  Walk walk;
  look_into(dir, 1, walk);
  follow_links(walk);
  Tree tree = std::move(walk.tree);
  std::sort(tree.files.begin(), tree.files.end());
  if (tree.files.size() >= kMaxFiles)
    tree.troubles.push_back({core::Code::too_large,
                             fmt::format("{} holds more than {} files", dir.string(), kMaxFiles),
                             "check its directories one by one"});
  return tree;
}

}  // namespace wxsec::certs
