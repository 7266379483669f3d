#include "cmd/help/help.h"

#include <algorithm>

#include "lib/term/table.h"
#include "src/report/wrap.h"

namespace wxsec::cmd {
namespace {

constexpr std::size_t kTextColumn = 26;  // where descriptions start

// "  LABEL      text", the text wrapped under itself; a long label gets a line of its own.
std::string entry(const std::string& label, const std::string& text, std::size_t columns) {
  const std::size_t width = std::max<std::size_t>(columns, kTextColumn + 20) - kTextColumn;
  std::string out = "  " + label;
  const std::size_t used = 2 + term::display_width(label);
  bool on_label_line = used + 2 <= kTextColumn;
  if (!on_label_line) out += '\n';
  for (const auto& line : report::wrap(text, width)) {
    out += std::string(on_label_line ? kTextColumn - used : kTextColumn, ' ') + line + '\n';
    on_label_line = false;
    if (out.back() != '\n') out += '\n';
  }
  return out;
}

// Long names below each other, whether or not there is a short one.
std::string aligned(const OptionText& option) {
  const bool only_long = option.kind != OptionKind::positional && option.names.front()[1] == '-';
  return (only_long ? "    " : "") + spelled(option);
}

class Renderer {
 public:
  Renderer(const term::Style& style, std::size_t columns) : style_(style), columns_(columns) {}

  void heading(const std::string& text) { out_ += "\n" + style_.bold(text) + "\n"; }

  void usage(const std::string& line) { out_ += "\n" + style_.bold("Usage:") + " " + line + "\n"; }

  void paragraph(const std::string& text) {
    for (const auto& line : report::wrap(text, columns_)) out_ += line + "\n";
  }

  void commands(const CommandText& command) {
    std::string group;
    for (const auto& child : command.commands) {
      if (child.group != group) heading(child.group);
      group = child.group;
      out_ += entry(style_.cyan(child.name), child.description, columns_);
    }
  }

  void options(const CommandText& command, const std::string& title, bool positional) {
    bool headed = false;
    for (const auto& option : command.options) {
      if ((option.kind == OptionKind::positional) != positional) continue;
      if (!headed) heading(title);
      headed = true;
      out_ += entry(aligned(option), described(option), columns_);
    }
  }

  void examples(const CommandText& command) {
    if (command.examples.empty()) return;
    heading("Examples");
    for (const auto& example : command.examples) {
      const std::size_t comment = std::min(example.find(" #"), example.size());
      out_ += "  " + style_.cyan(example.substr(0, comment)) + style_.dim(example.substr(comment)) +
              "\n";
    }
  }

  void exit_codes(const CommandText& command) {
    if (command.exit_codes.empty()) return;
    out_ += "\n";
    paragraph("Exit codes: " + command.exit_codes);
  }

  std::string take() { return std::move(out_); }

 private:
  const term::Style& style_;
  std::size_t columns_;
  std::string out_;
};

}  // namespace

std::string render_help(const CommandText& command, const term::Style& style, int columns) {
  Renderer renderer(style, static_cast<std::size_t>(columns));
  const bool root = command.path == command.name;
  renderer.paragraph(root ? command.description : command.path + ": " + command.description);
  renderer.usage(usage_of(command));
  renderer.commands(command);
  renderer.options(command, "Arguments", true);
  renderer.options(command, root ? "Options of every command" : "Options", false);
  renderer.examples(command);
  renderer.exit_codes(command);
  return renderer.take();
}

}  // namespace wxsec::cmd
