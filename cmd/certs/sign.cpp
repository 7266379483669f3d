#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/certs/ca_passphrase.h"
#include "cmd/certs/card.h"
#include "cmd/certs/certs.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "src/issue/sign.h"

namespace wxsec::cmd {
namespace {

using nlohmann::ordered_json;

struct Words {
  std::string csr;
  std::string dir = "certs";
  std::string profile = "station";
  std::string name;
  std::string lifetime;
  std::string out;
  bool replace = false;
  bool accept_revoked_key = false;
  PassphraseWords passphrase;
};

core::Result<certs::SignOptions> options_of(const Words& words, const Context& context) {
  certs::SignOptions options;
  options.dir = words.dir;
  options.csr = words.csr;
  options.profile = words.profile;
  options.name = words.name;
  options.out = words.out;
  if (!words.lifetime.empty()) options.lifetime = WXSEC_TRY(core::parse_duration(words.lifetime));
  if (words.replace) options.if_exists = certs::IfExists::new_generation;
  options.accept_revoked_key = words.accept_revoked_key;
  if (words.accept_revoked_key)
    context.warn("--accept-revoked-key: whoever stole a revoked key is let in with its holder");
  options.ca_passphrase = WXSEC_TRY(ca_passphrase(words.passphrase, words.dir, context));
  return options;
}

std::string render(const certs::Signed& made, const Context& context) {
  const term::Style& style = context.out;
  std::string text = certificate_card(made.certificate, context.clock.now(), style) + "\n";
  for (const certs::Dropped& wish : made.dropped)
    text += fmt::format("{} {}: {}\n", style.doubt("not granted:"),
                        core::escape_terminal(wish.what), wish.why);
  if (made.names_by_profile)
    text += style.dim("no name that was asked for could be granted: named by profile") + "\n";
  text += fmt::format("{} the key that signed the request is the key in the certificate\n",
                      style.good("proven:"));
  return text + fmt::format("in {}: give it to {}; the private key stays there\n",
                            core::escape_terminal(made.file.string()), made.name);
}

ordered_json to_json(const certs::Signed& made, const Context& context) {
  ordered_json dropped = ordered_json::array();
  for (const certs::Dropped& wish : made.dropped)
    dropped.push_back({{"what", wish.what}, {"why", wish.why}});
  return {{"name", made.name},
          {"folder", made.folder.string()},
          {"generation", made.generation.string()},
          {"file", made.file.string()},
          {"not_granted", dropped},
          {"names_by_profile", made.names_by_profile},
          {"certificate", certificate_json(made.certificate, context.clock.now())}};
}

void add_options(CLI::App& app, Words& words) {
  app.add_option("--csr", words.csr, "the request (PKCS#10, PEM or DER)")
      ->required()
      ->type_name("FILE");
  add_dir(app, words.dir);
  app.add_option("--profile", words.profile, "server, client, station, both or short-lived")
      ->default_str("station")
      ->type_name("PROFILE");
  app.add_option("--name", words.name,
                 "identity, common name and MQTT user name; default: the request's common name")
      ->type_name("NAME");
  app.add_option("--lifetime", words.lifetime, "90d, 6d, 1h; default by profile")
      ->type_name("SPAN");
  app.add_option("--out", words.out, "write certificate and chain to a file, make no identity")
      ->type_name("FILE");
  app.add_flag("--replace", words.replace, "a new generation (or file) where there is one");
  app.add_flag("--accept-revoked-key", words.accept_revoked_key,
               "sign even for a key that was revoked here: a thief of it is let in, too");
  add_ca_passphrase(app, words.passphrase);
}

}  // namespace

void add_certs_sign(CLI::App& certs_app, Context& context) {
  CLI::App* const app = certs_app.add_subcommand(
      "sign", "certify a key that stays on its device: answer a signing request (CSR)");
  const auto words = std::make_shared<Words>();
  add_options(*app, *words);
  add_json(*app, context);
  add_help_footer(
      *app,
      {"openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "
       "device.key -subj /CN=device-7 -out device.csr 2>&1",
       "wxsec certs sign --csr device.csr",
       "wxsec certs sign --csr device.csr --name device-8 --out device-8.pem",
       "wxsec certs sign --csr device.csr --profile server --name web --json"},
      "0 fine; 2 usage, a weak or revoked key, or a name that rights hang on; 3 no proof of "
      "possession, no authority, name taken, no permission");
  on_run(*app, context, [&context, words] {
    const auto options = options_of(*words, context);
    if (!options) return context.failed(options.error());
    const auto made = certs::sign(*options, context.clock);
    if (!made) return context.failed(made.error());
    context.print(context.json ? json_text(to_json(*made, context)) : render(*made, context));
    return Exit::fine;
  });
}

}  // namespace wxsec::cmd
