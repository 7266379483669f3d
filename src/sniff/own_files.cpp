#include "src/sniff/own_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

namespace wxsec::sniff {
namespace {

bool same(const core::Path& one, const core::Path& other) {
  if (one.empty() || other.empty()) return false;
  std::error_code none;
  if (std::filesystem::equivalent(one, other, none)) return true;
  return std::filesystem::absolute(one, none).lexically_normal() ==
         std::filesystem::absolute(other, none).lexically_normal();
}

core::Failure refused(const OwnFile& written, const OwnFile& other) {
  return core::fail(
      core::Code::usage,
      fmt::format("{} and {} are the same file, {}: it would be overwritten{}", written.what,
                  other.what, written.path.string(), other.written ? "" : " while it is read"),
      fmt::format("name another file with {}", written.what));
}

}  // namespace

core::Result<void> refuse_same_file(const std::vector<OwnFile>& files) {
  for (const OwnFile& written : files) {
    if (!written.written) continue;
    for (const OwnFile& other : files)
      if (&other != &written && same(written.path, other.path)) return refused(written, other);
  }
  return {};
}

}  // namespace wxsec::sniff
