// Capture files, read by ourselves rather than by libpcap: a pcapng may mix link types and may
// carry TLS secrets, both of which libpcap refuses or skips, and a damaged file must stop exactly
// where the damage is. The two formats are in pcap_source.cpp and pcapng_source.cpp.
#include "lib/capture/file_source.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

namespace wxsec::capture {
namespace {

core::Result<std::unique_ptr<Source>> begin(Input input, const std::string& filter) {
  constexpr std::uint32_t kSectionHeader = 0x0A0D0D0A;
  const core::ByteView head = WXSEC_TRY(input.peek(12));
  const bool pcapng = head.size() == 12 && wire::Reader(head).u32() == kSectionHeader;
  return pcapng ? begin_pcapng(std::move(input), filter) : begin_pcap(std::move(input), filter);
}

}  // namespace

core::Failure broken(const char* what, std::uint64_t offset) {
  return core::fail(core::Code::malformed,
                    fmt::format("the capture file is damaged at byte {}: {}", offset, what),
                    "what was read before that place is shown");
}

std::int64_t Unit::to_ns(std::uint64_t stamp) const {
  if (binary) {
    if (exponent > 63) return 0;
    const std::uint64_t seconds = stamp >> exponent;
    const std::uint64_t fraction = stamp - (seconds << exponent);
    const double part = static_cast<double>(fraction) / static_cast<double>(1ULL << exponent);
    return static_cast<std::int64_t>(seconds * kSecond) + static_cast<std::int64_t>(part * 1e9);
  }
  for (unsigned i = exponent; i > 9; --i) stamp /= 10;
  for (unsigned i = exponent; i < 9; ++i) stamp *= 10;
  return static_cast<std::int64_t>(stamp);
}

core::Result<void> FileSource::set_filter(const std::string& filter) {
  if (!filter.empty()) filter_.emplace(WXSEC_TRY(Filter::compile(filter, link_type_)));
  return {};
}

core::Result<Next> FileSource::next(Packet& out) {
  while (true) {
    const Next state = WXSEC_TRY(next_any(out));
    if (state != Next::packet) return state;
    if (!passes(out)) continue;
    ++delivered_;
    return Next::packet;
  }
}

core::Result<Next> Source::next_some(std::span<Packet> out, std::size_t& count) {
  count = 0;
  const Next state = WXSEC_TRY(next(out[0]));
  count = state == Next::packet ? 1 : 0;
  return state;
}

core::Result<std::unique_ptr<Source>> open_file(const core::Path& path, const std::string& filter) {
  const bool standard_input = path == "-";
  core::Fd fd(standard_input ? ::fcntl(0, F_DUPFD_CLOEXEC, 3)
                             : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return core::fail(core::system_error(errno, "read", path));
  auto source = begin(Input(std::move(fd)), filter);
  if (!source) return core::fail(core::with_context(source.error(), path.string()));
  return source;
}

core::Result<std::unique_ptr<Source>> open_bytes(core::ByteView file, const std::string& filter) {
  return begin(Input(file), filter);
}

}  // namespace wxsec::capture
