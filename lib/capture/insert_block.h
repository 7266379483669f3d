// Puts a block where it should have stood from the beginning: into a capture file that is written.
#pragma once

#include <cstdint>
#include <span>

#include "lib/core/bytes.h"
#include "lib/core/fd.h"
#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::capture {

struct FileRange {
  std::uint64_t at = 0;
  std::uint64_t size = 0;
};

// `block` at `at` of the file `path`, which `writing` has open, without the ranges in `leave_out`
// (rising, behind `at`). Writes a sibling with mode 0600 and renames it over `path`, so there is
// the old file or the new one; needs room for both, and little memory. Fails, and leaves the old
// one: permission, io; unsupported where `path` is no plain file, or another one by now.
core::Result<void> insert_block(const core::Path& path, const core::Fd& writing, std::uint64_t at,
                                core::ByteView block, std::span<const FileRange> leave_out);

// The same in the file itself, for whoever may not make another one: what follows is moved back,
// its end first. Not atomic: after a crash meanwhile the file is damaged. `file` is open for
// reading and writing, and not appending. Fails: io; unsupported where it is no plain file.
core::Result<void> insert_in_place(const core::Path& path, const core::Fd& file, std::uint64_t at,
                                   core::ByteView block);

}  // namespace wxsec::capture
