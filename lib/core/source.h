// Bytes to read from a path that somebody typed, which may lead to more than files: a pipe handed
// over by the shell (/dev/fd/63), /dev/stdin, a FIFO to which nobody ever writes.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <stop_token>

#include "lib/core/fd.h"
#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::core {

// How long to wait where nothing comes, and what ends the wait before.
struct Patience {
  std::optional<std::chrono::milliseconds> writer = {};  // for a FIFO to be opened by a writer
  std::optional<std::chrono::milliseconds> more = {};    // for a writer to write; none: for ever
  std::stop_token stop = {};
};

class Source {
 public:
  // Never waits, whatever is there. Fails: not_found, permission, io (directories, sockets, block
  // devices).
  static Result<Source> open(const Path& path);
  // What is open already; stays open, and stays as it is.
  static Source borrow(int fd, Path name);

  // At least one byte, or none at the end. Fails: io (also: nothing came), interrupted.
  Result<std::size_t> read(std::span<char> room, const Patience& patience);

 private:
  Source(Fd own, int fd, Path name) : own_(std::move(own)), fd_(fd), name_(std::move(name)) {}
  Result<void> wait(const Patience& patience);

  Fd own_;
  int fd_ = -1;
  Path name_;
  bool wait_first_ = true;
  bool without_writer_ = false;  // so far
};

}  // namespace wxsec::core
