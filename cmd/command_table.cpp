#include "cmd/command_table.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace wxsec::cmd {
namespace {

constexpr std::array<std::string_view, 3> kAboutOthers{"help", "completion", "man"};

std::size_t depth_of(const CLI::App& app) {
  std::size_t depth = 0;
  for (const CLI::App* at = app.get_parent(); at != nullptr; at = at->get_parent()) ++depth;
  return depth;
}

void add(CLI::App& app, Context& context, const Command& command) {
  command.add(app, context);
  CLI::App* const added = app.get_subcommands([](CLI::App*) { return true; }).back();
  if (added->get_name() != command.name) std::abort();  // it would be found under neither name
  if (command.group != nullptr) added->group(command.group);
}

}  // namespace

std::vector<std::string_view> asked_words(int argc, const char* const* argv) {
  std::vector<std::string_view> words(argv + std::min(argc, 1), argv + argc);
  words.erase(std::find_if(words.begin(), words.end(),
                           [](std::string_view word) { return word.starts_with('-'); }),
              words.end());
  if (!words.empty() &&
      std::find(kAboutOthers.begin(), kAboutOthers.end(), words[0]) != kAboutOthers.end())
    words.clear();
  return words;
}

void add_commands(CLI::App& app, Context& context, std::span<const Command> commands) {
  const std::size_t depth = depth_of(app);
  if (depth < context.asked.size()) {
    const auto wanted = std::find_if(commands.begin(), commands.end(), [&](const Command& command) {
      return context.asked[depth] == command.name;
    });
    if (wanted != commands.end()) return add(app, context, *wanted);
  }
  for (const Command& command : commands) add(app, context, command);
}

}  // namespace wxsec::cmd
