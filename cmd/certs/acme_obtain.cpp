#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/certs/acme.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "cmd/passphrase.h"
#include "lib/core/escape.h"
#include "lib/core/file.h"
#include "lib/core/time.h"
#include "lib/term/table.h"

namespace wxsec::cmd {
namespace {

using acme::ObtainState;
using nlohmann::ordered_json;

struct Words {
  AcmeRunWords run;
  std::string server;
  bool staging = false;
  bool production = false;
  std::string ca_file;
  std::vector<std::string> domains;
  std::string name;
  std::string challenge = "http-01";
  std::string webroot;
  std::string address;
  int port = -1;
  int tls_port = -1;
  std::string profile;
  std::string preferred_chain;
  std::string key = "P-256";
  bool keep_key = false;
  std::vector<std::string> contacts;
  bool agree = false;
  std::string eab_kid;
  std::string eab_key_file;
  std::string group;
  std::vector<std::string> reloads;
  std::vector<std::string> verifies;
};

core::Result<std::string> server_of(const Words& words) {
  const int given =
      (words.server.empty() ? 0 : 1) + (words.staging ? 1 : 0) + (words.production ? 1 : 0);
  if (given != 1)
    return core::fail(core::Code::usage, "give one of --server URL, --staging and --production",
                      "practise with --staging (Let's Encrypt, certificates that nobody trusts)");
  if (words.staging) return std::string(acme::kStaging);
  return words.production ? std::string(acme::kProduction) : words.server;
}

core::Path absolute(const std::string& path) {
  std::error_code ignored;
  return path.empty() ? core::Path() : std::filesystem::absolute(path, ignored);
}

core::Result<acme::Settings> settings_of(const Words& words) {
  acme::Settings settings;
  settings.server = WXSEC_TRY(server_of(words));
  settings.ca_file = absolute(words.ca_file);
  settings.domains = words.domains;
  settings.challenge = WXSEC_TRY(acme::parse_challenge(words.challenge));
  settings.webroot = absolute(words.webroot);
  settings.address = words.address;
  const bool alpn = settings.challenge == acme::ChallengeKind::tls_alpn_01;
  const int port = alpn ? words.tls_port : words.port;
  settings.port = static_cast<std::uint16_t>(port >= 0 ? port : alpn ? 443 : 80);
  settings.profile = words.profile;
  settings.preferred_chain = words.preferred_chain;
  settings.key = WXSEC_TRY(acme::parse_key(words.key));
  settings.keep_key = words.keep_key;
  settings.contacts = words.contacts;
  settings.reloads = words.reloads;
  settings.verifies = words.verifies;
  return settings;
}

core::Result<acme::Obtained> run(const Words& words, const Context& context) {
  acme::ObtainOptions options;
  options.run = WXSEC_TRY(acme_run(words.run, context));
  options.name = words.name;
  options.settings = WXSEC_TRY(settings_of(words));
  options.agree_to_terms = words.agree;
  options.group = words.group;
  if (words.eab_kid.empty() != words.eab_key_file.empty())
    return core::fail(core::Code::usage, "--eab-kid and --eab-key-file belong together");
  std::optional<acme::ExternalAccount> external;
  if (!words.eab_kid.empty())
    external = WXSEC_TRY(acme::load_external_account(words.eab_kid, words.eab_key_file));
  if (external) options.external = &*external;
  warn_if_open(words.eab_key_file, context);
  return acme::obtain(options, context.clock, context.stop.token());
}

ordered_json to_json(const acme::Obtained& done) {
  ordered_json json{{"ok", !done.error},
                    {"name", done.name},
                    {"state", acme::obtain_state_text(done.state)},
                    {"folder", done.folder.string()},
                    {"old_serial", done.old_serial},
                    {"new_account", done.new_account},
                    {"reused_pending", done.from_pending}};
  if (done.certificate) {
    const certs::IdentityFiles files = certs::files_in(done.folder / "current");
    json["serial"] = done.certificate->serial;
    json["issuer"] = done.certificate->issuer;
    json["not_before"] = core::rfc3339(done.certificate->not_before);
    json["not_after"] = core::rfc3339(done.certificate->not_after);
    json["fullchain"] = files.fullchain.string();
    json["privkey"] = files.key.string();
  }
  if (done.error) json["error"] = {{"what", done.error->what}, {"hint", done.error->hint}};
  return json;
}

std::string headline(const acme::Obtained& done, const term::Style& style) {
  const std::string name = core::escape_terminal(done.name);
  switch (done.state) {
    case ObtainState::kept:
      return style.good("kept") + " the certificate of " + name +
             ": it is good and not yet due (--force orders another)\n";
    case ObtainState::obtained: return style.good("obtained") + " a certificate for " + name + "\n";
    case ObtainState::rolled_back:
      return style.bad("rolled back") + ": " + name + " has its old certificate\n";
    case ObtainState::failed: break;
  }
  return style.bad("failed") + ": " + name + "\n";
}

std::string render(const acme::Obtained& done, const term::Style& style) {
  std::string text = headline(done, style);
  if (!done.certificate) return text;
  const certs::IdentityFiles files = certs::files_in(done.folder / "current");
  const auto line = [&](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<8} {}\n", name, value);
  };
  line("serial", done.certificate->serial);
  line("issuer", core::escape_terminal(done.certificate->issuer));
  line("until", core::rfc3339(done.certificate->not_after));
  line("certfile", files.fullchain.string());
  line("keyfile", files.key.string());
  if (done.error) return text;
  return text + style.dim("  next: a timer for 'wxsec certs acme renew', and 'wxsec certs check'") +
         "\n";
}

void add_server_options(CLI::App& app, Words& words) {
  app.add_option("--server", words.server, "the ACME directory, https://HOST[:PORT]/PATH")
      ->type_name("URL");
  app.add_flag("--staging", words.staging, "Let's Encrypt's server to practise with");
  app.add_flag("--production", words.production, "Let's Encrypt");
  app.add_option("--ca-file", words.ca_file,
                 "who vouches for the ACME server itself; default: the system's store")
      ->type_name("FILE");
  app.add_option("--contact", words.contacts, "e-mail address for the account; repeatable")
      ->type_name("EMAIL");
  app.add_flag("--agree-tos", words.agree, "agree to the authority's terms of service");
  app.add_option("--eab-kid", words.eab_kid, "external account: the key's identifier")
      ->type_name("ID");
  app.add_option("--eab-key-file", words.eab_key_file,
                 "external account: file with the HMAC key, base64url")
      ->type_name("FILE");
}

void add_certificate_options(CLI::App& app, Words& words) {
  app.add_option("--domain,-d", words.domains, "DNS name; repeatable, the first names the folder")
      ->required()
      ->type_name("NAME");
  app.add_option("--name", words.name, "folder below --dir; default: the first domain")
      ->type_name("NAME");
  app.add_option("--profile", words.profile, "one of the server's profiles, such as shortlived")
      ->type_name("NAME");
  app.add_option("--key", words.key, "P-256, P-384, RSA-2048, RSA-3072 or RSA-4096")
      ->default_str("P-256")
      ->type_name("TYPE");
  app.add_flag("--keep-key", words.keep_key, "certify the same key again, for pinned keys");
  app.add_option("--preferred-chain", words.preferred_chain,
                 "of several chains, the one issued by this common name at its top")
      ->type_name("CN");
  app.add_option("--group", words.group, "group that may read the private key (0640)")
      ->type_name("GROUP");
  app.add_flag("--force", words.run.force, "order another one though the old is not yet due");
}

void add_proof_options(CLI::App& app, Words& words) {
  app.add_option("--challenge", words.challenge, "http-01 or tls-alpn-01")
      ->default_str("http-01")
      ->type_name("KIND");
  app.add_option("--webroot", words.webroot,
                 "http-01 through the web server that shows this directory, without a listener")
      ->type_name("DIR");
  app.add_option("--http-port", words.port, "where to listen for http-01; default 80")
      ->check(CLI::Range(0, 65535))
      ->type_name("PORT");
  app.add_option("--tls-port", words.tls_port, "where to listen for tls-alpn-01; default 443")
      ->check(CLI::Range(0, 65535))
      ->type_name("PORT");
  app.add_option("--address", words.address,
                 "address to listen on; default: all, or loopback for a server on this machine")
      ->type_name("ADDR");
  app.add_option("--reload", words.reloads,
                 "pid:N, pidfile:PATH, unit:UNIT or command:PROGRAM; repeatable, remembered")
      ->type_name("HOW");
  app.add_option(
         "--verify", words.verifies,
         "mqtts://HOST:PORT: must serve the new serial, else it is rolled back; repeatable, "
         "remembered")
      ->type_name("WHERE");
}

Exit finish(const acme::Obtained& done, const Context& context) {
  context.print(context.json ? json_text(to_json(done)) : render(done, context.out));
  if (!done.error) return Exit::fine;
  context.error(*done.error);
  return Exit::findings;
}

}  // namespace

void add_acme_obtain(CLI::App& acme, Context& context) {
  CLI::App* const app = acme.add_subcommand(
      "obtain",
      "a certificate by the built-in client: account, challenge, order, deployment, proof");
  const auto words = std::make_shared<Words>();
  add_server_options(*app, *words);
  add_certificate_options(*app, *words);
  add_proof_options(*app, *words);
  add_acme_run(*app, words->run);
  add_json(*app, context);
  add_help_footer(
      *app,
      {"wxsec certs acme obtain --server https://localhost:14000/dir --ca-file pebble.pem --domain "
       "broker.wx.test --http-port 5002",
       "wxsec certs acme obtain --server https://localhost:14000/dir --ca-file pebble.pem --domain "
       "api.wx.test --challenge tls-alpn-01 --tls-port 5001",
       "wxsec certs acme obtain --server https://localhost:14000/dir --ca-file pebble.pem --domain "
       "broker.wx.test --http-port 5002 --force --json"},
      "0 obtained, or kept since not due; 1 issued but not in use (reload or proof failed), rolled "
      "back; 2 usage; 3 the server refused, or was not reached");
  on_run(*app, context, [&context, words] {
    const auto done = run(*words, context);
    return done ? finish(*done, context) : context.failed(done.error());
  });
}

}  // namespace wxsec::cmd
