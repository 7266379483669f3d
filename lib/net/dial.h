// TCP connections with a deadline.
#pragma once

#include <string>

#include "lib/core/clock.h"
#include "lib/core/fd.h"
#include "lib/core/result.h"
#include "lib/net/endpoint.h"

namespace wxsec::net {

// A connected, blocking socket with TCP_NODELAY and close-on-exec. Every address of the host is
// tried in the resolver's order until the deadline; "localhost" is 127.0.0.1 and ::1 without asking
// DNS. Fails: resolve, refused (nobody listens), timeout, io (no route ...), permission.
core::Result<core::Fd> dial(const Endpoint& endpoint, core::Deadline deadline);

enum class Direction { read, write };
// Waits until `fd` can be read or written; fails with timeout, or with io if poll(2) does.
core::Result<void> wait_ready(int fd, Direction direction, core::Deadline deadline);

// "127.0.0.1:41234" of the socket's own side, or of its peer.
std::string local_address(int fd);
std::string peer_address(int fd);

}  // namespace wxsec::net
