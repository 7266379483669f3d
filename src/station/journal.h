// A station's memory across its own death: the readings that are not done, in a file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/fd.h"
#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::station {

class Journal {
 public:
  struct Content {
    std::vector<std::string> payloads;  // readings, oldest first
    std::uint64_t next_sequence = 1;
  };

  // Creates `file` (0600) where there is none. A last line that a crash cut off is dropped; a line
  // that is no reading is too. Fails: permission, io, too_large (over 64 MiB), busy (another
  // process has this station's journal open).
  static core::Result<Journal> open(const core::Path& file);

  const Content& content() const { return content_; }  // as found by open()
  // On disk when this returns (fdatasync). `payload` is one line. Fails: io.
  core::Result<void> add(std::string_view payload);
  // Replaces the file by these readings.
  core::Result<void> rewrite(const std::vector<std::string>& payloads, std::uint64_t next_sequence);
  // Lines added since the last rewrite().
  std::size_t added() const { return added_; }

 private:
  Journal(core::Path file, core::FileLock lock) : file_(std::move(file)), lock_(std::move(lock)) {}
  core::Result<void> reopen();

  core::Path file_;
  core::FileLock lock_;
  core::Fd append_;
  Content content_;
  std::size_t added_ = 0;
};

}  // namespace wxsec::station
