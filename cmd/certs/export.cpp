#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/certs/card.h"
#include "cmd/certs/certs.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "cmd/passphrase.h"
#include "lib/core/escape.h"
#include "src/exchange/export.h"

namespace wxsec::cmd {
namespace {

using nlohmann::ordered_json;

struct Words {
  std::string name;
  std::string dir = "certs";
  std::string format = "pkcs12";
  std::string out;
  bool weak = false;
  core::PassphraseSource passphrase;
};

std::string default_out(const Words& words, certs::ExportFormat format) {
  switch (format) {
    case certs::ExportFormat::pkcs12: return words.name + ".p12";
    case certs::ExportFormat::der: return words.name + "-der";
    case certs::ExportFormat::c_header: break;
  }
  return words.name + ".h";
}

core::Result<certs::ExportOptions> options_of(const Words& words, const Context& context) {
  certs::ExportOptions options;
  options.dir = words.dir;
  options.name = words.name;
  options.format = WXSEC_TRY(certs::parse_export_format(words.format));
  options.out = words.out.empty() ? default_out(words, options.format) : words.out;
  if (words.weak) options.protection = pki::Pkcs12Protection::weak_3des_sha1;
  const bool is_pkcs12 = options.format == certs::ExportFormat::pkcs12;
  if (!is_pkcs12 && (words.passphrase.given() || words.weak))
    return core::fail(core::Code::usage,
                      fmt::format("{} has no encryption: passphrases are for pkcs12", words.format),
                      "leave the option out");
  if (is_pkcs12 && !words.passphrase.given())
    return core::fail(core::Code::usage, "a PKCS#12 file needs a passphrase",
                      "give one with --passphrase-file FILE or --ask-passphrase");
  options.passphrase = WXSEC_TRY(read_passphrase(
      words.passphrase, "passphrase for the PKCS#12 file", core::Typed::twice, context));
  return options;
}

void warn(const certs::Exported& made, const certs::ExportOptions& options,
          const Context& context) {
  if (made.revoked)
    context.warn(fmt::format(
        "{} was revoked: whoever reads the revocation list refuses what was exported", made.name));
  if (options.protection == pki::Pkcs12Protection::weak_3des_sha1)
    context.warn(
        "3DES and SHA-1 protect this file: who gets it can try passphrases by the billion; use it "
        "for programs that read nothing better, and delete it afterwards");
  if (made.key_in_clear)
    context.warn("the private key is in there in clear: who reads the file is this device");
  if (!made.has_key && options.format != certs::ExportFormat::pkcs12)
    context.warn("the private key is not in this directory, so it is not in the export either");
}

std::string render(const certs::Exported& made, const Context& context) {
  std::string text = certificate_card(made.certificate, context.clock.now(), context.out) + "\n";
  for (const core::Path& file : made.files)
    text += fmt::format("{} {}\n", context.out.good("wrote"), core::escape_terminal(file.string()));
  return text;
}

ordered_json to_json(const certs::Exported& made, const Context& context) {
  ordered_json files = ordered_json::array();
  for (const core::Path& file : made.files) files.push_back(file.string());
  return {{"name", made.name},
          {"generation", made.generation.string()},
          {"files", files},
          {"revoked", made.revoked},
          {"has_key", made.has_key},
          {"key_in_clear", made.key_in_clear},
          {"certificate", certificate_json(made.certificate, context.clock.now())}};
}

void add_options(CLI::App& app, Words& words) {
  app.add_option("name", words.name, "the identity")->required();
  add_dir(app, words.dir);
  app.add_option("--format", words.format,
                 "pkcs12 (one encrypted file), der (a folder of files), c-header (for ESP32, "
                 "Arduino and other firmware)")
      ->check(CLI::IsMember({"pkcs12", "der", "c-header"}))
      ->default_str("pkcs12");
  app.add_option("--out", words.out, "new file or folder; default NAME.p12, NAME-der, NAME.h")
      ->type_name("PATH");
  add_passphrase(app, words.passphrase, "", "for the PKCS#12 file");
  app.add_flag("--legacy-weak-encryption", words.weak,
               "PKCS#12 with 3DES and SHA-1, for programs from before 2018: the passphrase can be "
               "guessed cheaply");
}

}  // namespace

void add_certs_export(CLI::App& certs_app, Context& context) {
  CLI::App* const app = certs_app.add_subcommand(
      "export", "hand an identity to others: PKCS#12, DER, or a C header for devices");
  const auto words = std::make_shared<Words>();
  add_options(*app, *words);
  add_json(*app, context);
  add_help_footer(
      *app,
      {"(umask 077; printf 'correct horse battery' > pass) && wxsec certs export operator "
       "--passphrase-file pass",
       "wxsec certs export station-0001 --format c-header --out wxsec_device.h",
       "wxsec certs export station-0001 --format der --json"},
      "0 fine; 2 usage, no passphrase; 3 no such identity, its key is elsewhere, the "
      "file is there already, no permission");
  on_run(*app, context, [&context, words] {
    const auto options = options_of(*words, context);
    if (!options) return context.failed(options.error());
    const auto made = certs::export_identity(*options);
    if (!made) return context.failed(made.error());
    warn(*made, *options, context);
    context.print(context.json ? json_text(to_json(*made, context)) : render(*made, context));
    return Exit::fine;
  });
}

}  // namespace wxsec::cmd
