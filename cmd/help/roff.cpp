// man(7) macros: a line that starts with a dot is a request, a backslash starts an escape, and a
// plain hyphen may be set as a typographic one, which nobody can paste into a shell. So text is
// escaped character by character, and everything that is typed (names, options, examples) gets \-
// for each hyphen.
#include "cmd/help/roff.h"

#include <fmt/core.h>

#include <cctype>

namespace wxsec::cmd {
namespace {

enum class Words { prose, typed };

std::string roff(std::string_view text, Words words) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\(rs"; break;
      case '\'': out += "\\(aq"; break;
      case '`': out += "\\(ga"; break;
      case '^': out += "\\(ha"; break;
      case '~': out += "\\(ti"; break;
      case '-': out += words == Words::typed ? "\\-" : "-"; break;
      default: out += c;
    }
  }
  return !out.empty() && out.front() == '.' ? "\\&" + out : out;
}

std::string typed(std::string_view text) { return roff(text, Words::typed); }
std::string prose(std::string_view text) { return roff(text, Words::prose); }

// A sentence for the reader of a manual: options begin in lower case in --help.
std::string sentence(std::string text) {
  if (text.empty()) return text;
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  if (text.back() != '.') text += '.';
  return prose(text);
}

// Names bold, value in italics.
std::string option_heading(const OptionText& option) {
  std::string names;
  for (const auto& name : option.names)
    names += (names.empty() ? "" : ", ") + ("\\fB" + typed(name) + "\\fR");
  if (option.kind == OptionKind::positional) names = "\\fI" + typed(spelled(option)) + "\\fR";
  if (option.kind == OptionKind::value) names += " \\fI" + typed(option.value) + "\\fR";
  return names;
}

std::string options_section(const CommandText& command, const char* title, bool positional) {
  std::string out;
  for (const auto& option : command.options) {
    if ((option.kind == OptionKind::positional) != positional) continue;
    if (out.empty()) out = fmt::format(".SH {}\n", title);
    out += fmt::format(".TP\n{}\n{}\n", option_heading(option), sentence(described(option)));
  }
  return out;
}

std::string commands_section(const CommandText& command) {
  std::string out;
  std::string group;
  for (const auto& child : command.commands) {
    if (out.empty()) out = ".SH COMMANDS\n";
    if (child.group != group && child.group != "Commands")
      out += fmt::format(".SS {}\n", prose(child.group));
    group = child.group;
    out +=
        fmt::format(".TP\n.BR {} (1)\n{}\n", typed(page_name(child)), sentence(child.description));
  }
  return out;
}

std::string examples_section(const CommandText& command) {
  if (command.examples.empty()) return {};
  std::string out = ".SH EXAMPLES\n.EX\n";
  for (const auto& example : command.examples) out += typed(example) + "\n";
  return out + ".EE\n";
}

std::string see_also_section(const CommandText& command, const CommandText& root) {
  const std::size_t last_word = command.path.rfind(' ');
  std::string out = ".SH SEE ALSO\n";
  if (last_word == std::string::npos) return out + ".BR mosquitto (8),\n.BR openssl (1)\n";
  std::string parent = command.path.substr(0, last_word);
  for (char& c : parent) c = c == ' ' ? '-' : c;
  if (parent != root.name) out += fmt::format(".BR {} (1),\n", typed(parent));
  return out + fmt::format(".BR {} (1)\n", typed(root.name));
}

}  // namespace

std::string page_name(const CommandText& command) {
  std::string name = command.path;
  for (char& c : name) c = c == ' ' ? '-' : c;
  return name;
}

std::string render_page(const CommandText& command, const CommandText& root) {
  const bool whole = &command == &root;
  std::string title = page_name(command);
  for (char& c : title) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  std::string out =
      fmt::format(".TH {} 1 \"\" \"wxsec {}\" \"wxsec manual\"\n", typed(title), WXSEC_VERSION);
  out +=
      fmt::format(".SH NAME\n{} \\- {}\n", typed(page_name(command)), prose(command.description));
  out += fmt::format(".SH SYNOPSIS\n\\fB{}\\fR{}\n", typed(command.path),
                     typed(usage_of(command).substr(command.path.size())));
  out += commands_section(command);
  out += options_section(command, "ARGUMENTS", true);
  out += options_section(command, whole ? "OPTIONS OF EVERY COMMAND" : "OPTIONS", false);
  out += examples_section(command);
  if (!command.exit_codes.empty())
    out += fmt::format(".SH EXIT STATUS\n{}\n", sentence(command.exit_codes));
  return out + see_also_section(command, root);
}

}  // namespace wxsec::cmd
