// The file: a first line "next N", then one payload a line, as it was (or will be) sent. Appending
// is all that happens per reading; what is done is dropped when the file is rewritten, so after a
// crash some readings are sent once more, which changes nothing (PROTOCOL.md 3, Identity).
#include "src/station/journal.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/core/number.h"
#include "src/weather/payload.h"

namespace wxsec::station {
namespace {

using core::Result;

constexpr std::size_t kMaxFile = 64U << 20;
constexpr std::string_view kNext = "next ";

void take_line(std::string_view line, Journal::Content& content) {
  if (line.starts_with(kNext)) {
    const auto next =
        core::parse_number<std::uint64_t>(line.substr(kNext.size()), 1, weather::kMaxSequence);
    content.next_sequence = std::max(content.next_sequence, next.value_or(1));
    return;
  }
  const auto reading = weather::decode_reading(line);
  if (!reading) return;
  content.payloads.emplace_back(line);
  content.next_sequence = std::max(content.next_sequence, reading->sequence + 1);
}

Journal::Content parse(std::string_view text) {
  Journal::Content content;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    take_line(text.substr(0, end), content);
    text.remove_prefix(end + 1);
  }
  return content;
}

}  // namespace

Result<Journal> Journal::open(const core::Path& file) {
  core::FileLock lock =
      WXSEC_TRY(core::FileLock::acquire(file.string() + ".lock", std::chrono::milliseconds{0}));
  Journal journal(file, std::move(lock));
  if (core::path_exists(file)) journal.content_ = parse(WXSEC_TRY(core::read_file(file, kMaxFile)));
  // Also when it was there: a line that a crash cut off must not be continued.
  WXSEC_TRY(journal.rewrite(journal.content_.payloads, journal.content_.next_sequence));
  return journal;
}

Result<void> Journal::reopen() {
  append_ = core::Fd(::open(file_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  if (!append_) return core::fail(core::system_error(errno, "open", file_));
  return {};
}

Result<void> Journal::add(std::string_view payload) {
  std::string line(payload);
  line.push_back('\n');
  const ssize_t written = ::write(append_.get(), line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size()) || ::fdatasync(append_.get()) != 0)
    return core::fail(core::system_error(written < 0 ? errno : ENOSPC, "write", file_));
  ++added_;
  return {};
}

Result<void> Journal::rewrite(const std::vector<std::string>& payloads,
                              std::uint64_t next_sequence) {
  std::string text = fmt::format("{}{}\n", kNext, next_sequence);
  for (const std::string& payload : payloads) text += payload + "\n";
  WXSEC_TRY(core::write_file_atomic(file_, text, {.mode = 0600}));
  added_ = 0;
  return reopen();
}

}  // namespace wxsec::station
