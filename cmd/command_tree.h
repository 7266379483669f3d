// The commands as plain data, read out of CLI11: the one source of --help, man pages, completions
// and the tests that walk them, so that every text is written once.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace wxsec::cmd {

enum class OptionKind { flag, value, positional };

struct OptionText {
  OptionKind kind = OptionKind::flag;
  std::vector<std::string> names;  // "-v", "--verbose"; of a positional its bare name
  std::string value;               // what it takes, as shown: "FILE", "N", "auto|always|never"
  std::string description;
  std::vector<std::string> choices;  // all allowed values, where they are a list
  std::string range;                 // "1 to 20", where numbers are limited
  std::string default_value;
  std::string environment;  // variable that gives it, too
  bool files = false;       // a path is welcome
  bool directories = false;
  bool required = false;
  bool repeated = false;
};

struct CommandText {
  std::string path;  // "wxsec certs init"
  std::string name;
  std::string group;  // heading in the parent's list
  std::string description;
  std::vector<OptionText> options;  // positionals included, hidden ones not
  std::vector<CommandText> commands;
  std::vector<std::string> examples;
  std::string exit_codes;
};

// Everything from `app` down.
CommandText command_text(const CLI::App& app);

// The command at `words` below `root`, or null.
const CommandText* find_command(const CommandText& root, const std::vector<std::string>& words);

// "wxsec certs init [OPTIONS] NAME...": one line.
std::string usage_of(const CommandText& command);

// "--dir DIR", "-v, --verbose", "TOPIC...".
std::string spelled(const OptionText& option);

// The description with what limits it: "how many stations (1 to 20; default 3)".
std::string described(const OptionText& option);

nlohmann::ordered_json to_json(const CommandText& command);

}  // namespace wxsec::cmd
