// Key logs in the format of NSS (draft-ietf-tls-keylogfile): with them, and only with them, a
// capture of our own traffic can be decrypted again. They are as secret as the keys themselves.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "lib/core/fd.h"
#include "lib/tls/context.h"

namespace wxsec::tls {

core::Result<KeyLog> keylog_to_file(const core::Path& path) {
  // O_APPEND and one write(2) per line: lines of several connections and processes stay whole.
  core::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return core::fail(core::system_error(errno, "write", path));
  auto shared = std::make_shared<core::Fd>(std::move(fd));
  return KeyLog([shared](std::string_view line) {
    std::string text(line);
    text += '\n';
    // A full disk must not break connections; the lesson then lacks a line.
    [[maybe_unused]] const ssize_t n = ::write(shared->get(), text.data(), text.size());
  });
}

core::Result<KeyLog> keylog_from_environment() {
  const char* path = std::getenv("SSLKEYLOGFILE");
  if (path == nullptr || *path == '\0') return KeyLog();
  return keylog_to_file(path);
}

}  // namespace wxsec::tls
