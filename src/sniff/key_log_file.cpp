#include "src/sniff/key_log_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace wxsec::sniff {
namespace {

constexpr std::size_t kMaxKeyLog = std::size_t{64} << 20;

}  // namespace

core::Result<void> KeyLogFile::open(const core::Path& path, Absent absent) {
  path_ = path;
  fd_ = core::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd_ && !(absent == Absent::wait && errno == ENOENT))
    return core::fail(core::system_error(errno, "read", path));
  return {};
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
  const std::size_t used = keys.add(pending_);
  std::string lines = pending_.substr(0, used);
  pending_.erase(0, used);
  return lines;
}

std::string KeyLogFile::rest(decrypt::KeyLog& keys) {
  std::string lines = poll(keys);
  if (pending_.empty()) return lines;
  pending_ += '\n';
  return lines + poll(keys);
}

}  // namespace wxsec::sniff
