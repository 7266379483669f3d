#include "src/issue/stations_csv.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "lib/core/escape.h"
#include "lib/core/time.h"

namespace wxsec::certs {
namespace {

constexpr std::size_t kMaxFile = 64 * 1024 * 1024;
constexpr std::size_t kMaxCell = 4096;
constexpr std::array<std::string_view, 6> kColumns{"name", "dns", "ip", "uri", "email", "lifetime"};

core::Failure bad(unsigned line, std::string_view why) {
  return core::fail(core::Code::usage, fmt::format("line {}: {}", line, why),
                    "the first row names the columns: name, and if wanted dns, ip, uri, email, "
                    "lifetime; several values in a cell are separated by blanks");
}

std::string in_quotes(std::string_view text) {
  return fmt::format("'{}'", core::escape_terminal(text.substr(0, 80)));
}

// Rows of cells; a quoted cell may hold separators and line ends.
class Rows {
 public:
  Rows(std::string_view text, char separator) : text_(text), separator_(separator) {}

  bool at_end() const { return text_.empty(); }
  unsigned line() const { return line_; }

  core::Result<std::vector<std::string>> next() {
    line_ = next_line_;
    std::vector<std::string> cells;
    do {
      cells.push_back(WXSEC_TRY(cell()));
    } while (take(separator_));
    if (!text_.empty() && !take('\n')) return bad(line_, "text behind a closing quote");
    ++next_line_;
    return cells;
  }

 private:
  bool take(char c) {
    if (text_.starts_with('\r') && c == '\n') text_.remove_prefix(1);
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }

  core::Result<std::string> cell() {
    while (text_.starts_with(' ')) text_.remove_prefix(1);
    if (take('"')) return quoted_cell();
    std::string_view plain = text_.substr(0, text_.find_first_of(std::string{separator_, '\n'}));
    text_.remove_prefix(plain.size());
    while (!plain.empty() && (plain.back() == '\r' || plain.back() == ' ')) plain.remove_suffix(1);
    if (plain.size() > kMaxCell) return bad(line_, "a cell of more than 4096 bytes");
    return std::string(plain);
  }

  core::Result<std::string> quoted_cell() {
    std::string content;
    for (;;) {
      const std::size_t end = text_.find('"');
      if (end == std::string_view::npos) return bad(line_, "a quote that is not closed");
      content += text_.substr(0, end);
      if (content.size() > kMaxCell) return bad(line_, "a cell of more than 4096 bytes");
      next_line_ += static_cast<unsigned>(
          std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
      text_.remove_prefix(end + 1);
      if (!take('"')) {
        while (text_.starts_with(' ')) text_.remove_prefix(1);
        return content;
      }
      content.push_back('"');
    }
  }

  std::string_view text_;
  char separator_;
  unsigned line_ = 0;
  unsigned next_line_ = 1;
};

char separator_of(std::string_view text) {
  const std::string_view header = text.substr(0, text.find('\n'));
  for (const char candidate : {';', '\t'})
    if (header.find(candidate) != std::string_view::npos) return candidate;
  return ',';
}

std::string lowered(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

core::Result<std::vector<std::string>> read_header(Rows& rows) {
  std::vector<std::string> columns = WXSEC_TRY(rows.next());
  for (std::string& column : columns) {
    column = lowered(std::move(column));
    if (std::find(kColumns.begin(), kColumns.end(), column) == kColumns.end())
      return bad(rows.line(), fmt::format("there is no column {}", in_quotes(column)));
    if (std::count(columns.begin(), columns.end(), column) > 1)
      return bad(rows.line(), fmt::format("the column {} is there twice", in_quotes(column)));
  }
  if (std::find(columns.begin(), columns.end(), "name") == columns.end())
    return bad(rows.line(), "there is no column 'name'");
  return columns;
}

core::Result<void> add_names(std::string_view column, std::string_view cell, FleetMember& member) {
  while (!cell.empty()) {
    const std::size_t end = std::min(cell.find(' '), cell.size());
    const std::string_view one = cell.substr(0, end);
    cell.remove_prefix(std::min(end + 1, cell.size()));
    if (one.empty()) continue;
    auto name = WXSEC_TRY(pki::parse_alternative_name(fmt::format("{}:{}", column, one)));
    if (std::find(member.names.begin(), member.names.end(), name) == member.names.end())
      member.names.push_back(std::move(name));
  }
  return {};
}

// A second "operator" would be the same MQTT user, with the same rights, as the first: see sign.h.
core::Result<void> check_station_name(const std::string& name) {
  WXSEC_TRY(check_leaf_name(name));
  if (std::find(std::begin(kFixedIdentities), std::end(kFixedIdentities), name) ==
      std::end(kFixedIdentities))
    return {};
  return core::fail(core::Code::usage,
                    fmt::format("'{}' has rights here, and no row of a table gets them; issue it "
                                "by its name alone if it is meant",
                                name));
}

core::Result<void> fill_cell(std::string_view column, const std::string& cell,
                             FleetMember& member) {
  if (column == "name") {
    WXSEC_TRY(check_station_name(cell));
    member.name = cell;
    return {};
  }
  if (cell.empty()) return {};
  if (column != "lifetime") return add_names(column, cell, member);
  member.lifetime = WXSEC_TRY(core::parse_duration(cell));
  return check_lifetime(*member.lifetime);
}

core::Result<FleetMember> member_of(const std::vector<std::string>& columns,
                                    const std::vector<std::string>& cells, unsigned line) {
  if (cells.size() != columns.size())
    return bad(line, fmt::format("{} cells where the header has {}", cells.size(), columns.size()));
  FleetMember member;
  member.where = fmt::format("line {}", line);
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (const auto filled = fill_cell(columns[i], cells[i], member); !filled)
      return bad(line, fmt::format("column {}: {}", columns[i], filled.error().what));
  return member;
}

bool is_blank(const std::vector<std::string>& cells) {
  return std::all_of(cells.begin(), cells.end(), [](const auto& cell) { return cell.empty(); });
}

}  // namespace

core::Result<std::vector<FleetMember>> parse_stations_csv(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Rows rows(text, separator_of(text));
  if (rows.at_end()) return bad(1, "the file is empty");
  const std::vector<std::string> columns = WXSEC_TRY(read_header(rows));
  std::vector<FleetMember> members;
  std::map<std::string, unsigned> seen;
  while (!rows.at_end()) {
    const std::vector<std::string> cells = WXSEC_TRY(rows.next());
    if (is_blank(cells)) continue;
    FleetMember member = WXSEC_TRY(member_of(columns, cells, rows.line()));
    const auto [first, is_new] = seen.emplace(member.name, rows.line());
    if (!is_new)
      return bad(rows.line(),
                 fmt::format("{} is in line {} already", in_quotes(member.name), first->second));
    members.push_back(std::move(member));
    if (members.size() > kMostMembers) return bad(rows.line(), "too many rows");
  }
  if (members.empty()) return bad(rows.line(), "there is no row behind the header");
  return members;
}

core::Result<std::vector<FleetMember>> load_stations_csv(const core::Path& file) {
  const std::string text = WXSEC_TRY(core::read_file(file, kMaxFile));
  auto members = parse_stations_csv(text);
  if (!members) return core::fail(core::with_context(members.error(), file.string()));
  for (FleetMember& member : *members)
    member.where = fmt::format("{}: {}", file.string(), member.where);
  return members;
}

}  // namespace wxsec::certs
