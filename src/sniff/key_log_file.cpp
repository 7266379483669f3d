#include "src/sniff/key_log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace wxsec::sniff {
namespace {

constexpr std::size_t kMaxKeyLog = std::size_t{64} << 20;

}  // namespace

core::Result<void> KeyLogFile::open(const core::Path& path, Use use) {
  path_ = path;
  use_ = use;
  fd_ = core::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd_ && !(use == Use::growing && errno == ENOENT))
    return core::fail(core::system_error(errno, "read", path));
  struct stat info {};
  if (fd_ && ::fstat(fd_.get(), &info) == 0 && S_ISDIR(info.st_mode))
    return core::fail(core::system_error(EISDIR, "read", path));
  return {};
}

void KeyLogFile::follow() {
  struct stat there {};
  struct stat ours {};
  if (!fd_ || ::stat(path_.c_str(), &there) != 0 || ::fstat(fd_.get(), &ours) != 0) return;
  if (there.st_ino == ours.st_ino && there.st_dev == ours.st_dev) return;
  pending_.clear();
  fd_ = core::Fd();
}

std::string KeyLogFile::poll(decrypt::KeyLog& keys) {
  if (!fd_ && !path_.empty()) fd_ = core::Fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd_) return {};
  char chunk[16 * 1024];
  ssize_t got = 0;
  while (total_ < kMaxKeyLog && (got = ::read(fd_.get(), chunk, sizeof(chunk))) > 0) {
    total_ += static_cast<std::size_t>(got);
    pending_.append(chunk, static_cast<std::size_t>(got));
  }
  // Where nobody writes any more, the last line is whole without its end.
  if (use_ == Use::whole && !pending_.empty() && pending_.back() != '\n') pending_ += '\n';
  const std::size_t before = keys.size();
  const std::size_t used = keys.add(pending_);
  has_secrets_ = has_secrets_ || keys.size() > before;
  std::string lines = pending_.substr(0, used);
  pending_.erase(0, used);
  return lines;
}

}  // namespace wxsec::sniff
