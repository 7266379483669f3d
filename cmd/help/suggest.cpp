#include "cmd/help/suggest.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

#include "cmd/command_tree.h"

namespace wxsec::cmd {
namespace {

// Edits from `a` to `b`: insert, delete, replace, swap neighbours (optimal string alignment).
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

std::vector<std::string> command_names(const CommandText& command) {
  std::vector<std::string> names;
  for (const auto& child : command.commands) names.push_back(child.name);
  return names;
}

std::vector<std::string> option_names(const CommandText& command, const CommandText& root) {
  std::vector<std::string> names;
  for (const CommandText* from : {&command, &root}) {
    for (const auto& option : from->options) {
      if (option.kind != OptionKind::positional)
        names.insert(names.end(), option.names.begin(), option.names.end());
    }
  }
  return names;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string hint_for(const std::string& near, const std::vector<std::string>& all,
                     const std::string& path) {
  const std::string see = fmt::format("see '{} --help'", path);
  if (!near.empty()) return fmt::format("did you mean '{}'? Otherwise {}", near, see);
  return all.empty() ? see : fmt::format("one of {}; {}", joined(all), see);
}

core::Error unknown_command(const CommandText& here, const std::string& word) {
  const auto names = command_names(here);
  const std::string what = names.empty() ? fmt::format("{}: unexpected '{}'", here.path, word)
                                         : fmt::format("{} has no command '{}'", here.path, word);
  return {core::Code::usage, what, hint_for(nearest(word, names), names, here.path)};
}

core::Error unknown_option(const CommandText& here, const CommandText& root, std::string word) {
  word = word.substr(0, word.find('='));
  const std::string near = nearest(word, option_names(here, root));
  return {core::Code::usage, fmt::format("{} has no option '{}'", here.path, word),
          hint_for(near, {}, here.path)};
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t fewest = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    const std::size_t count = edits(word, candidate);
    if (count < fewest) best = candidate;
    fewest = std::min(fewest, count);
  }
  return best;
}

const CLI::App& chosen_command(const CLI::App& root) {
  for (const CLI::App* child : root.get_subcommands([](const CLI::App*) { return true; })) {
    if (child->parsed() && !child->get_name().empty()) return chosen_command(*child);
  }
  return root;
}

core::Error no_such_command(const CommandText& root, const std::vector<std::string>& words) {
  std::vector<std::string> known;
  for (const auto& word : words) {
    const CommandText* const here = find_command(root, known);
    known.push_back(word);
    if (!find_command(root, known)) return unknown_command(*here, word);
  }
  return {core::Code::internal, "the command exists", ""};
}

core::Error explain_parse_error(const CLI::App& root, const CLI::ParseError& error) {
  const CommandText here = command_text(chosen_command(root));
  if (const auto left_over = root.remaining(true); !left_over.empty()) {
    const std::string& word = left_over.front();
    const bool option = word.size() > 1 && word.front() == '-';
    return option ? unknown_option(here, command_text(root), word) : unknown_command(here, word);
  }
  if (!here.commands.empty()) {
    return {core::Code::usage, here.path + ": a command is missing",
            hint_for("", command_names(here), here.path)};
  }
  std::string what = error.what();
  if (!what.empty()) what[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(what[0])));
  return {core::Code::usage, what, hint_for("", {}, here.path)};
}

}  // namespace wxsec::cmd
