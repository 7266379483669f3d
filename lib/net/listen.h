// TCP listeners; port 0 asks the system for a free one.
#pragma once

#include <cstdint>

#include "lib/core/fd.h"
#include "lib/core/result.h"
#include "lib/net/endpoint.h"

namespace wxsec::net {

struct Listener {
  core::Fd fd;        // non-blocking, close-on-exec
  Endpoint endpoint;  // as asked, with the port that was really bound
};

// Binds the first address of the host and listens. SO_REUSEADDR so that a restart need not wait,
// never SO_REUSEPORT: two servers on one port would share its clients in silence.
// Fails: busy (port in use), permission (port below 1024), resolve, io.
core::Result<Listener> listen(const Endpoint& endpoint, int backlog);

// A port on 127.0.0.1 that was free a moment ago, for programs that cannot say which they took
// (mosquitto). Another process may take it before they do.
core::Result<std::uint16_t> free_port();

}  // namespace wxsec::net
