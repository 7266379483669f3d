// What a process really listens on, as the kernel tells it: not what its configuration says.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/result.h"

namespace wxsec::broker {

struct Listener {
  std::string address;  // "127.0.0.1", "0.0.0.0", "::1"
  std::uint16_t port = 0;
  bool operator==(const Listener&) const = default;
};
std::string to_string(const Listener& listener);  // "127.0.0.1:8883", "[::1]:8883"

// A listening TCP socket of this network namespace, and its inode.
struct ListeningSocket {
  Listener listener;
  unsigned long inode = 0;
};
// The rows in state LISTEN of /proc/net/tcp or tcp6, whose text is given; others are skipped, and
// so are rows that do not parse. proc(5).
std::vector<ListeningSocket> parse_listening(std::string_view proc_net_tcp);

// The TCP listeners of process `pid`, sorted. Fails with permission or not_found when its
// descriptors cannot be read.
core::Result<std::vector<Listener>> listeners_of(pid_t pid);

}  // namespace wxsec::broker
