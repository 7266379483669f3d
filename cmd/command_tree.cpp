// CLI11 knows names, texts, types and validators; it tells the last two only as one string such as
// "UINT:INT in [1 - 20]" or "TEXT:{text,json}". Here that string is taken apart once, and
// everything that shows a command works on the plain structs.
#include "cmd/command_tree.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cctype>
#include <nlohmann/json.hpp>

#include "cmd/options.h"

namespace wxsec::cmd {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// Between the first `open` and the last `close`; empty if there is no such pair.
std::string_view between(std::string_view text, char open, char close) {
  const std::size_t from = text.find(open);
  const std::size_t to = text.rfind(close);
  if (from == std::string_view::npos || to == std::string_view::npos || to <= from) return {};
  return text.substr(from + 1, to - from - 1);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// What a reader should put there, from CLI11's name of a C++ type or from ours.
std::string value_name(std::string_view type) {
  if (type == "UINT" || type == "INT") return "N";
  if (type == "FLOAT") return "NUMBER";
  return std::string(type);
}

void read_type(const CLI::Option& option, OptionText& text) {
  const std::string type = option.get_type_name();
  // CLI11 appends what its validators say after a colon.
  constexpr std::string_view kAddress = "HOST:PORT";
  const std::string own(
      type.starts_with(kAddress) ? kAddress : std::string_view(type).substr(0, type.find(':')));
  text.value = value_name(own);
  if (const auto list = between(type, '{', '}'); !list.empty()) {
    text.choices = split(list, ',');
  } else if (contains(own, "|") && std::islower(static_cast<unsigned char>(own.front()))) {
    text.choices = split(own, '|');
  }
  if (!text.choices.empty()) {
    text.value.clear();
    for (const auto& choice : text.choices) text.value += (text.value.empty() ? "" : "|") + choice;
  }
  if (const auto range = between(type, '[', ']'); contains(type, " in [") && !range.empty()) {
    const std::size_t dash = range.find(" - ");
    text.range = std::string(range.substr(0, dash));
    if (dash != std::string_view::npos) text.range += " to " + std::string(range.substr(dash + 3));
  }
  text.directories = contains(type, "DIR");
  text.files = contains(type, "FILE") || contains(type, "PATH");
}

OptionText option_text(const CLI::Option& option) {
  OptionText text;
  for (const auto& name : option.get_snames()) text.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) text.names.push_back("--" + name);
  text.kind = option.get_expected_max() == 0 ? OptionKind::flag : OptionKind::value;
  if (text.names.empty()) {
    text.kind = OptionKind::positional;
    text.names.push_back(option.get_name(true));
  }
  text.description = option.get_description();
  text.required = option.get_required();
  if (text.kind == OptionKind::flag) return text;
  read_type(option, text);
  text.default_value = option.get_default_str();
  text.environment = option.get_envname();
  text.repeated = option.get_items_expected_max() > 1;
  return text;
}

// Options of `app` and of its unnamed groups; group "" is CLI11's way to hide one.
void collect_options(const CLI::App& app, std::vector<OptionText>& out) {
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty()) out.push_back(option_text(*option));
  }
  for (const CLI::App* group : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (group->get_name().empty()) collect_options(*group, out);
  }
}

std::string path_of(const CLI::App& app) {
  return app.get_parent() ? path_of(*app.get_parent()) + " " + app.get_name() : app.get_name();
}

nlohmann::ordered_json to_json(const OptionText& option) {
  nlohmann::ordered_json json{{"names", option.names}, {"description", option.description}};
  if (option.kind == OptionKind::positional) json["positional"] = true;
  if (!option.value.empty()) json["value"] = option.value;
  if (!option.default_value.empty()) json["default"] = option.default_value;
  if (!option.environment.empty()) json["environment"] = option.environment;
  if (option.required) json["required"] = true;
  if (option.repeated) json["repeated"] = true;
  return json;
}

}  // namespace

CommandText command_text(const CLI::App& app) {
  CommandText text;
  text.name = app.get_name();
  text.path = path_of(app);
  text.group = app.get_group();
  text.description = app.get_description();
  collect_options(app, text.options);
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (child->get_name().empty() || child->get_group().empty()) continue;
    text.commands.push_back(command_text(*child));
  }
  HelpFooter footer = help_footer(app);
  text.examples = std::move(footer.examples);
  text.exit_codes = std::move(footer.exit_codes);
  return text;
}

const CommandText* find_command(const CommandText& root, const std::vector<std::string>& words) {
  const CommandText* at = &root;
  for (const auto& word : words) {
    const CommandText* next = nullptr;
    for (const auto& child : at->commands) {
      if (child.name == word) next = &child;
    }
    if (!next) return nullptr;
    at = next;
  }
  return at;
}

std::string usage_of(const CommandText& command) {
  std::string line = command.path + " [OPTIONS]";
  for (const auto& option : command.options) {
    if (option.kind == OptionKind::value && option.required) line += " " + spelled(option);
  }
  for (const auto& option : command.options) {
    if (option.kind != OptionKind::positional) continue;
    line += option.required ? " " + spelled(option) : " [" + spelled(option) + "]";
  }
  return command.commands.empty() ? line : line + " COMMAND ...";
}

std::string spelled(const OptionText& option) {
  std::string text;
  if (option.kind == OptionKind::positional) {
    text = option.choices.empty() ? option.names.front() : option.value;
    for (char& c : text) {
      if (option.choices.empty())
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
  } else {
    for (const auto& name : option.names) text += (text.empty() ? "" : ", ") + name;
    if (option.kind == OptionKind::value) text += " " + option.value;
  }
  return option.repeated ? text + "..." : text;
}

std::string described(const OptionText& option) {
  std::string limits;
  const auto add = [&limits](const std::string& text) {
    limits += (limits.empty() ? "" : "; ") + text;
  };
  if (!option.range.empty()) add(option.range);
  if (option.required && option.kind == OptionKind::value) add("required");
  if (!option.default_value.empty()) add("default " + option.default_value);
  if (!option.environment.empty()) add("or $" + option.environment);
  return limits.empty() ? option.description : fmt::format("{} ({})", option.description, limits);
}

nlohmann::ordered_json to_json(const CommandText& command) {
  nlohmann::ordered_json json{{"command", command.path}, {"description", command.description}};
  json["options"] = nlohmann::ordered_json::array();
  for (const auto& option : command.options) json["options"].push_back(to_json(option));
  json["examples"] = command.examples;
  json["exit_codes"] = command.exit_codes;
  json["commands"] = nlohmann::ordered_json::array();
  for (const auto& child : command.commands) json["commands"].push_back(to_json(child));
  return json;
}

}  // namespace wxsec::cmd
