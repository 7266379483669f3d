#include "cmd/certs/ca_passphrase.h"

#include "src/certs/passphrase.h"

namespace wxsec::cmd {

void add_ca_passphrase(CLI::App& app, PassphraseWords& words) {
  CLI::Option* const file =
      app.add_option("--ca-passphrase-file", words.file,
                     "file with the passphrase of the authority's key; else "
                     "$WXSEC_CA_PASSPHRASE, else asked for where the key is encrypted")
          ->type_name("FILE");
  app.add_option("--ca-passphrase-fd", words.descriptor, "the same from an open descriptor")
      ->type_name("N")
      ->excludes(file);
}

void add_new_ca_passphrase(CLI::App& app, PassphraseWords& words) {
  add_ca_passphrase(app, words);
  app.add_flag("--ca-passphrase-prompt", words.prompt,
               "encrypt the authorities' keys with a passphrase that is asked for");
}

core::Result<core::Secret> ca_passphrase(const PassphraseWords& words, const std::string& dir) {
  core::Secret from_environment = certs::passphrase_from_environment();
  if (!words.file.empty()) return certs::passphrase_from_file(words.file);
  if (words.descriptor) return certs::passphrase_from_descriptor(*words.descriptor);
  if (!from_environment.empty()) return from_environment;
  const bool encrypted = certs::is_authority_encrypted(dir);
  if (encrypted && !certs::has_terminal()) return core::Secret();  // may not be needed after all
  if (encrypted)
    return certs::passphrase_from_terminal("passphrase of the authority's key", certs::Ask::once);
  if (!words.prompt) return core::Secret();
  return certs::passphrase_from_terminal("passphrase for the authorities' keys", certs::Ask::twice);
}

}  // namespace wxsec::cmd
