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
// How many entries, behind all links together, are looked at for nothing but their names.
constexpr std::size_t kMaxProbed = 100'000;

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

// Folders behind a link, and links there to others: a link may lead anywhere, so only what lies at
// its end itself is looked at.
struct PassedOver {
  core::Path link = {};
  std::vector<core::Path> folders = {};
};

struct Walk {
  Tree tree = {};
  std::set<std::pair<dev_t, ino_t>> seen = {};
  std::vector<core::Path> links = {};  // to directories: followed in the end, if not seen by then
  std::vector<PassedOver> passed_over = {};  // of the links that are followed
  std::size_t probed = 0;
  bool behind_link() const { return !passed_over.empty(); }
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

bool is_any_directory(const dirent& entry, const core::Path& path) {
  return is_directory(entry, path) || is_linked_directory(entry, path);
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
    if (walk.behind_link() && is_any_directory(*entry, path)) {
      walk.passed_over.back().folders.push_back(path);
    } else if (is_directory(*entry, path)) {
      if (may_descend(path, depth, walk)) look_into(path, depth + 1, walk);
    } else if (is_linked_directory(*entry, path)) {
      walk.links.push_back(path);
    } else if (has_certificate_name(path) && walk.tree.files.size() < kMaxFiles &&
               is_to_be_read(*entry, path)) {
      walk.tree.files.push_back(path);
    }
  }
}

// Whether a certificate may lie in `dir` itself, by the names alone. What is below it, and was not
// looked into before, is added to `left`.
bool probe(const core::Path& dir, std::vector<core::Path>& left, Walk& walk) {
  const std::unique_ptr<DIR, CloseDir> open(::opendir(dir.c_str()));
  if (!open) return errno != ENOENT;  // what is closed may hold anything
  if (!is_new(open.get(), walk)) return false;
  while (const dirent* const entry = ::readdir(open.get())) {
    const std::string_view name = &entry->d_name[0];
    if (name == "." || name == "..") continue;
    if (++walk.probed > kMaxProbed) return true;
    const core::Path path = dir / name;
    if (is_any_directory(*entry, path)) {
      left.push_back(path);
    } else if (has_certificate_name(path)) {
      return true;
    }
  }
  return false;
}

bool may_hold_certificates(const core::Path& folder, Walk& walk) {
  std::vector<core::Path> left{folder};
  while (!left.empty()) {
    const core::Path next = std::move(left.back());
    left.pop_back();
    if (probe(next, left, walk)) return true;
  }
  return false;
}

void tell_passed_over(PassedOver& behind, Walk& walk) {
  std::sort(behind.folders.begin(), behind.folders.end());
  const auto found =
      std::find_if(behind.folders.begin(), behind.folders.end(),
                   [&](const core::Path& folder) { return may_hold_certificates(folder, walk); });
  if (found == behind.folders.end()) return;
  walk.tree.troubles.push_back(
      {core::Code::unsupported,
       fmt::format("folders behind the link {} were not looked into, {} among them",
                   behind.link.string(), found->string()),
       "what lies behind a link is checked by its own path"});
}

// What was passed over is judged in the end: another link may lead right there.
void follow_links(Walk& walk) {
  for (const core::Path& link : walk.links) {
    walk.passed_over.push_back({link});
    look_into(link, kMaxDepth, walk);
  }
  for (PassedOver& behind : walk.passed_over) tell_passed_over(behind, walk);
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
