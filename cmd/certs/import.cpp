#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/certs/card.h"
#include "cmd/certs/certs.h"
#include "cmd/certs/dismissed.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "cmd/passphrase.h"
#include "lib/core/escape.h"
#include "src/exchange/import.h"

namespace wxsec::cmd {
namespace {

using nlohmann::ordered_json;

struct Words {
  std::string name;
  std::vector<std::string> files;
  std::string dir = "certs";
  std::string group;
  bool replace = false;
  core::PassphraseSource passphrase;
};

core::Result<certs::ImportOptions> options_of(const Words& words, const Context& context) {
  certs::ImportOptions options;
  options.dir = words.dir;
  options.name = words.name;
  options.files.assign(words.files.begin(), words.files.end());
  options.group = words.group;
  if (words.replace) options.if_exists = certs::IfExists::new_generation;
  options.passphrase = WXSEC_TRY(read_passphrase(
      words.passphrase, "passphrase of the key to import", core::Typed::once, context));
  return options;
}

std::string name_of(const pki::Certificate& certificate) {
  return core::escape_terminal(certificate.subject);
}

std::string verdict_text(const certs::Imported& made, const term::Style& style) {
  if (!made.verdict.valid())
    return style.bad("but: ") + made.verdict.sentence + "\n" + style.cyan("remedy: ") +
           made.verdict.hint + "\n";
  if (made.ends_at_root) return style.good("chain: complete, up to its root") + "\n";
  return fmt::format(
      "{} nobody here knows its issuer, {}\n{} add the issuer's file, if it is no "
      "root that clients have anyway\n",
      style.doubt("chain: open:"), core::escape_terminal(made.chain.back().issuer),
      style.cyan("remedy:"));
}

std::string render(const certs::Imported& made, const Context& context) {
  const term::Style& style = context.out;
  std::string text;
  for (const certs::ImportedFile& file : made.read)
    text += fmt::format("{} {}: {}\n", style.dim("read"), core::escape_terminal(file.path.string()),
                        file.holds);
  text += "\n" + certificate_card(made.chain.front(), context.clock.now(), style) + "\n";
  for (std::size_t i = 1; i < made.chain.size(); ++i)
    text += fmt::format("{} {}\n", style.dim("issuer"), name_of(made.chain[i]));
  for (const std::string& source : made.completed_from)
    text += fmt::format("{} with what {} has\n", style.dim("completed"), source);
  for (const pki::Certificate& unused : made.unused)
    text += fmt::format("{} {}: not part of what a server shows\n", style.dim("left out"),
                        name_of(unused));
  for (const std::string& key : made.unused_keys)
    text += fmt::format("{} {}\n", style.dim("left out"), core::escape_terminal(key));
  text += style.good("key: belongs to the certificate") + "\n" + verdict_text(made, style);
  return text + fmt::format("in {}/: cert.pem chain.pem fullchain.pem privkey.pem\n",
                            core::escape_terminal((made.folder / "current").string()));
}

ordered_json to_json(const certs::Imported& made, const Context& context) {
  ordered_json read = ordered_json::array();
  for (const certs::ImportedFile& file : made.read)
    read.push_back({{"file", file.path.string()}, {"holds", file.holds}});
  ordered_json chain = ordered_json::array();
  for (const pki::Certificate& certificate : made.chain)
    chain.push_back(certificate_json(certificate, context.clock.now()));
  ordered_json unused = ordered_json::array();
  for (const pki::Certificate& certificate : made.unused) unused.push_back(certificate.subject);
  return {{"name", made.name},
          {"folder", made.folder.string()},
          {"generation", made.generation.string()},
          {"read", read},
          {"chain", chain},
          {"left_out", unused},
          {"keys_left_out", made.unused_keys},
          {"completed_from", made.completed_from},
          {"same_key", made.same_key},
          {"same_certificate", made.same_certificate},
          {"verdict", pki::reason_text(made.verdict.reason)},
          {"sentence", made.verdict.sentence},
          {"ends_at_root", made.ends_at_root}};
}

// A name for what is another identity's: whoever revokes one of them must think of both.
void warn_same_key(const certs::Imported& made, const Context& context) {
  for (const std::string& other : made.same_key) {
    const std::string name = core::escape_terminal(other);
    const bool one_pair = std::find(made.same_certificate.begin(), made.same_certificate.end(),
                                    other) != made.same_certificate.end();
    context.warn(
        fmt::format("it is {} of {}: what renews {} makes a certificate that says {}, and {}",
                    one_pair ? "the certificate" : "for the key", name, made.name,
                    core::escape_terminal(made.chain.front().common_name),
                    one_pair ? "until then revoking one of the two revokes both"
                             : fmt::format("revoking {} does not reach that one", name)));
  }
}

void add_options(CLI::App& app, Words& words) {
  app.add_option("name", words.name, "the identity's folder in DIR")->required();
  app.add_option("files", words.files,
                 "certificate, chain and key in any order and form: PEM, DER, PKCS#12")
      ->required()
      ->type_name("FILE");
  add_dir(app, words.dir);
  app.add_option("--group", words.group, "group that may read the key (mode 0640)")
      ->type_name("GROUP");
  app.add_flag("--replace", words.replace,
               "a new generation where the name is taken; who renewed the old one (acme.json) is "
               "set aside");
  add_passphrase(app, words.passphrase, "", "of an encrypted key or PKCS#12 file");
}

}  // namespace

void add_certs_import(CLI::App& certs_app, Context& context) {
  CLI::App* const app = certs_app.add_subcommand(
      "import", "take over a certificate that was made elsewhere: key checked, chain completed");
  const auto words = std::make_shared<Words>();
  add_options(*app, *words);
  add_json(*app, context);
  add_help_footer(
      *app,
      {"wxsec certs import web certs/broker/current/privkey.pem "
       "certs/broker/current/fullchain.pem",
       "wxsec certs import web --replace certs/api/current/cert.pem "
       "certs/api/current/privkey.pem   # the chain is found in DIR",
       "(umask 077; printf secret > pass) && wxsec certs export operator --out me.p12 "
       "--passphrase-file pass",
       "wxsec certs import me me.p12 --passphrase-file pass --json"},
      "0 fine; 1 taken over, but the chain is open or would be refused; 2 usage; 3 key, "
      "certificate or passphrase missing or not fitting, name taken, no permission");
  on_run(*app, context, [&context, words] {
    const auto options = options_of(*words, context);
    if (!options) return context.failed(options.error());
    const auto made = certs::import(*options, context.clock);
    if (!made) return context.failed(made.error());
    context.print(context.json ? json_text(to_json(*made, context)) : render(*made, context));
    tell_dismissed(made->dismissed, context);
    warn_same_key(*made, context);
    return made->verdict.valid() && made->ends_at_root ? Exit::fine : Exit::findings;
  });
}

}  // namespace wxsec::cmd
