// proc(5): masks are sixteen hexadecimal digits, signal 1 being the lowest bit.
#include "lib/proc/signal_state.h"

#include <fmt/core.h>

#include <charconv>
#include <cstdint>
#include <string_view>

#include "lib/core/file.h"

namespace wxsec::proc {
namespace {

constexpr std::size_t kMaxStatus = 64 * 1024;

// The rest of the line that begins with `key`, without blanks.
std::string_view value_of(std::string_view status, std::string_view key) {
  std::size_t at = status.find(key);
  while (at != std::string_view::npos && at != 0 && status[at - 1] != '\n')
    at = status.find(key, at + 1);
  if (at == std::string_view::npos) return {};
  std::string_view value = status.substr(at + key.size());
  value = value.substr(0, value.find('\n'));
  const std::size_t first = value.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view() : value.substr(first);
}

bool has_bit(std::string_view status, std::string_view key, int signal) {
  const std::string_view digits = value_of(status, key);
  std::uint64_t mask = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), mask, 16);
  return (mask >> static_cast<unsigned>(signal - 1) & 1U) != 0;
}

}  // namespace

std::optional<SignalState> signal_state(pid_t pid, int signal) {
  const auto status = core::read_file(fmt::format("/proc/{}/status", pid), kMaxStatus);
  if (!status || value_of(*status, "SigCgt:").empty()) return std::nullopt;
  SignalState state;
  state.program = value_of(*status, "Name:");
  state.caught = has_bit(*status, "SigCgt:", signal);
  state.blocked = has_bit(*status, "SigBlk:", signal);
  state.ignored = has_bit(*status, "SigIgn:", signal);
  state.pending = has_bit(*status, "SigPnd:", signal) || has_bit(*status, "ShdPnd:", signal);
  return state;
}

}  // namespace wxsec::proc
