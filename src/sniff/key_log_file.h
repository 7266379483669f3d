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
  // Complete, or still being written: then it may not be there yet.
  enum class Use { whole, growing };

  // Fails: not_found (of a whole one), permission, io (a directory).
  core::Result<void> open(const core::Path& path, Use use);
  // A program that starts anew may have put a new file in its place: goes on in that one.
  void follow();
  // Feeds what was appended since the last call, and returns those lines. What a whole one ends
  // with is a line, too.
  std::string poll(decrypt::KeyLog& keys);
  // Whether any line so far was one of a key log.
  bool has_secrets() const { return has_secrets_; }

 private:
  core::Path path_;
  Use use_ = Use::whole;
  core::Fd fd_;
  std::string pending_;  // the beginning of a line whose end is not written yet
  std::size_t total_ = 0;
  bool has_secrets_ = false;
};

}  // namespace wxsec::sniff
