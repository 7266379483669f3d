#include "cmd/certs/ca_passphrase.h"

#include "cmd/passphrase.h"
#include "src/certs/passphrase.h"

namespace wxsec::cmd {

void add_ca_passphrase(CLI::App& app, PassphraseWords& words) {
  add_passphrase(app, words.source, "ca-",
                 "of the authority's key; else $WXSEC_CA_PASSPHRASE, else asked for where the key "
                 "is encrypted");
  // How 'certs init' called it first: scripts may.
  app.add_flag_callback("--ca-passphrase-prompt", [&words] { words.source.prompt = true; })
      ->group("");
}

core::Result<core::Passphrase> ca_passphrase(const PassphraseWords& words, const std::string& dir,
                                             const Context& context) {
  const bool is_new = !certs::is_authority_encrypted(dir);
  const std::string_view question =
      is_new ? "passphrase for the authorities' keys" : "passphrase of the authority's key";
  const auto typed = is_new ? core::Typed::twice : core::Typed::once;
  auto given = read_passphrase(words.source, question, typed, context);
  core::Secret standard = core::take_from_environment(certs::kPassphraseVariable);
  if (!given || !given->empty()) return given;
  if (!standard.empty())
    return core::Passphrase{std::move(standard),
                            "it is the value of $WXSEC_CA_PASSPHRASE: set the "
                            "right one, or unset it to be asked"};
  if (is_new || !core::has_terminal()) return core::Passphrase();  // may not be needed after all
  core::PassphraseSource prompt;
  prompt.prompt = true;
  return read_passphrase(prompt, question, typed, context);
}

}  // namespace wxsec::cmd
