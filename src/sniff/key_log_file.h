// A key log on the disk that may still be growing while traffic is captured.
#pragma once

#include <cstddef>
#include <string>

#include "lib/core/fd.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/decrypt/keylog.h"

namespace wxsec::sniff {

// Opened once, while we may still read it; where a program has yet to create it, a live capture
// looks again.
class KeyLogFile {
 public:
  enum class Absent { error, wait };

  core::Result<void> open(const core::Path& path, Absent absent);
  // Feeds what was appended since the last call, and returns those lines.
  std::string poll(decrypt::KeyLog& keys);
  // The same where nobody writes any more: what the file ends with is a line, too.
  std::string rest(decrypt::KeyLog& keys);

 private:
  core::Path path_;
  core::Fd fd_;
  std::string pending_;  // the beginning of a line whose end is not written yet
  std::size_t total_ = 0;
};

}  // namespace wxsec::sniff
