// /proc/net/tcp has a line for every socket of the network namespace: number, local address and
// port, remote ones, state (0A is LISTEN), ..., inode. Addresses are hexadecimal, in words of 32
// bits in the machine's byte order: "0100007F:22B3" is 127.0.0.1:8883 on x86. Which of them belong
// to a process is told by its descriptors: /proc/PID/fd/4 -> socket:[4026].
#include "src/broker/listening.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <tuple>

#include "lib/core/file.h"
#include "lib/net/endpoint.h"

namespace wxsec::broker {
namespace {

using core::Result;

constexpr std::size_t kMaxTable = 16U << 20;
constexpr std::string_view kListen = "0A";

template <class T>
std::optional<T> number(std::string_view text, int base) {
  T value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t from = line.find_first_not_of(' ');
    if (from == std::string_view::npos) return out;
    line.remove_prefix(from);
    const std::size_t end = std::min(line.find(' '), line.size());
    out.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

// "0100007F" or 32 digits, as the kernel prints them word by word.
std::optional<std::string> address(std::string_view hex) {
  if (hex.size() != 8 && hex.size() != 32) return std::nullopt;
  std::array<std::uint32_t, 4> raw{};
  for (std::size_t i = 0; i * 8 < hex.size(); ++i) {
    const auto part = number<std::uint32_t>(hex.substr(i * 8, 8), 16);
    if (!part) return std::nullopt;
    raw[i] = *part;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(hex.size() == 8 ? AF_INET : AF_INET6, raw.data(), text.data(), text.size());
  return std::string(text.data());
}

std::optional<ListeningSocket> parse_row(std::string_view line) {
  const auto columns = words(line);
  if (columns.size() < 10 || columns[3] != kListen) return std::nullopt;
  const std::size_t colon = columns[1].find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto host = address(columns[1].substr(0, colon));
  const auto port = number<std::uint16_t>(columns[1].substr(colon + 1), 16);
  const auto inode = number<unsigned long>(columns[9], 10);
  if (!host || !port || !inode) return std::nullopt;
  return ListeningSocket{{*host, *port}, *inode};
}

// The socket inodes among the descriptors of `pid`.
Result<std::set<unsigned long>> sockets_of(pid_t pid) {
  const core::Path directory = fmt::format("/proc/{}/fd", pid);
  std::set<unsigned long> out;
  for (const std::string& name : WXSEC_TRY(core::list_directory(directory))) {
    std::error_code gone;  // a descriptor may close while we look
    const std::string target = std::filesystem::read_symlink(directory / name, gone).string();
    constexpr std::string_view kPrefix = "socket:[";
    if (!target.starts_with(kPrefix)) continue;
    const std::string_view digits =
        std::string_view(target).substr(kPrefix.size(), target.size() - kPrefix.size() - 1);
    if (const auto inode = number<unsigned long>(digits, 10)) out.insert(*inode);
  }
  return out;
}

}  // namespace

std::string to_string(const Listener& listener) {
  return net::host_port({net::Scheme::none, listener.address, listener.port, {}});
}

std::vector<ListeningSocket> parse_listening(std::string_view proc_net_tcp) {
  std::vector<ListeningSocket> out;
  while (!proc_net_tcp.empty()) {
    const std::size_t end = std::min(proc_net_tcp.find('\n'), proc_net_tcp.size());
    if (auto row = parse_row(proc_net_tcp.substr(0, end))) out.push_back(std::move(*row));
    proc_net_tcp.remove_prefix(std::min(end + 1, proc_net_tcp.size()));
  }
  return out;
}

Result<std::vector<Listener>> listeners_of(pid_t pid) {
  const auto sockets = WXSEC_TRY(sockets_of(pid));
  std::vector<Listener> out;
  // The tables of its own network namespace, which may not be ours.
  for (const char* table : {"tcp", "tcp6"}) {
    const auto text = core::read_file(fmt::format("/proc/{}/net/{}", pid, table), kMaxTable);
    if (!text) continue;  // a kernel without IPv6 has no tcp6
    for (ListeningSocket& socket : parse_listening(*text)) {
      if (sockets.contains(socket.inode)) out.push_back(std::move(socket.listener));
    }
  }
  std::sort(out.begin(), out.end(), [](const Listener& a, const Listener& b) {
    return std::tie(a.port, a.address) < std::tie(b.port, b.address);
  });
  return out;
}

}  // namespace wxsec::broker
