// A room without doors: a user, network and PID namespace of our own, in which an ordinary user may
// capture on `lo`, bind any port and start a broker, from which no packet can leave, and whose
// every process ends with us.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::lab {

// How to get into such a room: a program and its arguments, before those of whoever goes in.
struct Door {
  core::Path program;
  std::vector<std::string> arguments;
};
// Tries which kind of room the system allows; leaves nothing behind. Fails with permission where it
// allows none (the hint says how to go on), missing_program without util-linux.
core::Result<Door> find_door();

// Runs this very program with `arguments` behind the door and returns its exit code. A stop is
// passed on, and given ten seconds.
core::Result<int> run_in_namespace(const Door& door, const std::vector<std::string>& arguments,
                                   const std::stop_token& stop);

// Inside: raises `lo` and makes `on_stop` run when the outer process asks for the end or is dead.
// Fails with permission when this is not such a room.
core::Result<void> settle_in(std::function<void()> on_stop);

}  // namespace wxsec::lab
