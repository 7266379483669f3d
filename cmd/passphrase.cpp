#include "cmd/passphrase.h"

namespace wxsec::cmd {

void add_passphrase(CLI::App& app, core::PassphraseSource& source, const std::string& prefix,
                    const std::string& what) {
  const std::string name = prefix + "passphrase";
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

}  // namespace wxsec::cmd
