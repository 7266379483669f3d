#include "cmd/passphrase.h"

#include <fmt/core.h>

#include "lib/core/shell_word.h"

namespace wxsec::cmd {

void add_passphrase(CLI::App& app, core::PassphraseSource& source, const std::string& prefix,
                    const std::string& what) {
  const std::string name = prefix + "passphrase";
  source.option = name;
  app.add_option_function<std::string>(
         "--" + name + "-file", [&source](const std::string& file) { source.file = file; },
         "file whose first line is the passphrase " + what)
      ->type_name("FILE");
  app.add_option_function<int>(
         "--" + name + "-fd", [&source](int fd) { source.fd = fd; },
         "the same from an open descriptor")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  app.add_option("--" + name + "-env", source.environment, "the same from a variable")
      ->type_name("NAME");
  app.add_flag("--ask-" + name, source.prompt, "ask for it at the terminal");
}

void warn_if_open(const core::Path& secret_file, const Context& context) {
  if (!core::is_open_to_others(secret_file)) return;
  context.warn(fmt::format("{} may be read by others than its owner: chmod 600 {}",
                           secret_file.string(), core::shell_word(secret_file.string())));
}

core::Result<core::Passphrase> read_passphrase(const core::PassphraseSource& source,
                                               std::string_view question, core::Typed typed,
                                               const Context& context) {
  warn_if_open(source.file, context);
  return core::read_passphrase(source, question, typed, context.stop.token());
}

}  // namespace wxsec::cmd
