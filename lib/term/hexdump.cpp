#include "lib/term/hexdump.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "lib/term/table.h"

namespace wxsec::term {
namespace {

constexpr std::size_t kPerLine = 16;
constexpr std::size_t kPerLineBeside = 8;

bool is_printable(std::uint8_t byte) { return byte >= 0x20 && byte < 0x7F; }

std::string dump_line(core::ByteView bytes, std::size_t offset, std::size_t per_line) {
  const core::ByteView part = bytes.subspan(offset, std::min(per_line, bytes.size() - offset));
  std::string hex;
  std::string text;
  for (const std::uint8_t byte : part) {
    hex += fmt::format("{:02x} ", byte);
    text.push_back(is_printable(byte) ? static_cast<char>(byte) : '.');
  }
  return fmt::format("{:04x}  {} {}", offset, pad_right(hex, per_line * 3), text);
}

std::vector<std::string> dump_lines(core::ByteView bytes, std::size_t max_bytes,
                                    std::size_t per_line) {
  const core::ByteView shown = bytes.first(std::min(bytes.size(), max_bytes));
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < shown.size(); at += per_line)
    lines.push_back(dump_line(shown, at, per_line));
  if (shown.size() < bytes.size())
    lines.push_back(fmt::format("... {} more bytes", bytes.size() - shown.size()));
  return lines;
}

}  // namespace

std::string hexdump(core::ByteView bytes, std::size_t max_bytes) {
  std::string out;
  for (const std::string& line : dump_lines(bytes, max_bytes, kPerLine)) out += line + '\n';
  return out;
}

std::string side_by_side(std::string_view left_title, core::ByteView left,
                         std::string_view right_title, core::ByteView right,
                         std::size_t max_bytes) {
  auto left_lines = dump_lines(left, max_bytes, kPerLineBeside);
  auto right_lines = dump_lines(right, max_bytes, kPerLineBeside);
  const std::size_t count = std::max(left_lines.size(), right_lines.size());
  left_lines.resize(count);
  right_lines.resize(count);
  Table table({std::string(left_title), std::string(right_title)});
  for (std::size_t i = 0; i < count; ++i) table.row({left_lines[i], right_lines[i]});
  return table.render(Style(false));
}

double entropy(core::ByteView bytes) {
  if (bytes.empty()) return 0;
  std::array<std::size_t, 256> counts{};
  for (const std::uint8_t byte : bytes) ++counts[byte];
  double bits = 0;
  for (const std::size_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(bytes.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

double printable_share(core::ByteView bytes) {
  if (bytes.empty()) return 0;
  const auto count = std::count_if(bytes.begin(), bytes.end(), is_printable);
  return static_cast<double>(count) / static_cast<double>(bytes.size());
}

}  // namespace wxsec::term
