#include "lib/net/loopback.h"

#include <fmt/core.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "lib/core/fd.h"

namespace wxsec::net {

core::Result<void> raise_loopback() {
  const core::Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(&request.ifr_name[0], "lo", IFNAMSIZ - 1);
  bool ok = fd && ::ioctl(fd.get(), SIOCGIFFLAGS, &request) == 0;
  if (ok) {
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP | IFF_RUNNING);
    ok = ::ioctl(fd.get(), SIOCSIFFLAGS, &request) == 0;
  }
  if (ok) return {};
  const core::Code code = errno == EPERM ? core::Code::permission : core::Code::io;
  return core::fail(code,
                    fmt::format("cannot raise the loopback interface: {}", std::strerror(errno)));
}

}  // namespace wxsec::net
