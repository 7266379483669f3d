// The files of a run: none may be overwritten while it is read, or by another one of the same run.
#pragma once

#include <string_view>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::sniff {

struct OwnFile {
  std::string_view what;  // "the capture", "--html"
  core::Path path;        // empty: there is none
  bool written = false;
};

// Fails with usage where one that is written is another one, by name or by link.
core::Result<void> refuse_same_file(const std::vector<OwnFile>& files);

}  // namespace wxsec::sniff
