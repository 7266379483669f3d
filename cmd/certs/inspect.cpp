#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cmd/certs/card.h"
#include "cmd/certs/certs.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "cmd/passphrase.h"
#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/term/table.h"

namespace wxsec::cmd {
namespace {

using certs::Content;
using nlohmann::ordered_json;

std::string_view content_text(Content content) {
  switch (content) {
    case Content::certificates: return "certificates";
    case Content::endpoint: return "endpoint";
    case Content::revocation_lists: return "revocation-lists";
    case Content::requests: return "requests";
    case Content::private_key: break;
  }
  return "private-key";
}

std::string_view key_json(certs::KeyState key) {
  switch (key) {
    case certs::KeyState::absent: return "absent";
    case certs::KeyState::unreadable: return "unreadable";
    case certs::KeyState::malformed: return "malformed";
    case certs::KeyState::matches: return "matches";
    case certs::KeyState::mismatch: return "mismatch";
    case certs::KeyState::exposed: break;
  }
  return "exposed";
}

std::string key_sentence(certs::KeyState key, const term::Style& style) {
  switch (key) {
    case certs::KeyState::absent: return "";
    case certs::KeyState::unreadable:
      return "the private key beside it is encrypted, or cannot be read by you\n";
    case certs::KeyState::malformed:
      return style.bad("the private key beside it is no key: empty or damaged") + "\n";
    case certs::KeyState::matches: return style.good("the private key beside it matches") + "\n";
    case certs::KeyState::mismatch:
      return style.bad("the private key beside it belongs to another certificate") + "\n";
    case certs::KeyState::exposed: break;
  }
  return style.bad("the private key beside it matches, but everybody here can read it") + "\n";
}

ordered_json crl_json(const pki::Crl& list) {
  ordered_json revoked = ordered_json::array();
  for (const pki::Revoked& entry : list.revoked)
    revoked.push_back({{"serial", entry.serial},
                       {"at", core::rfc3339(entry.at)},
                       {"reason", pki::revocation_reason_text(entry.reason)}});
  return {{"issuer", list.issuer},
          {"number", list.number},
          {"this_update", core::rfc3339(list.this_update)},
          {"next_update", list.next_update ? ordered_json(core::rfc3339(*list.next_update))
                                           : ordered_json(nullptr)},
          {"revoked", revoked}};
}

ordered_json csr_json(const pki::Csr& csr) {
  ordered_json names = ordered_json::array();
  for (const pki::AlternativeName& name : csr.names) names.push_back(pki::to_text(name));
  return {{"subject", csr.subject},
          {"common_name", csr.common_name},
          {"names", names},
          {"key", pki::key_text(csr)},
          {"signature_algorithm", csr.signature_algorithm},
          {"asks_for_ca", csr.asks_for_ca},
          {"key_usage", csr.key_usage},
          {"extended_key_usage", csr.extended_key_usage},
          {"other_extensions", csr.other_extensions},
          {"proves_possession", csr.proves_possession}};
}

ordered_json to_json(const certs::Inspection& seen) {
  ordered_json out{{"target", seen.target}, {"content", content_text(seen.content)}};
  if (!seen.form.empty()) out["form"] = seen.form;
  if (seen.weak_encryption) out["weak_encryption"] = true;
  for (const pki::Csr& csr : seen.requests) out["requests"].push_back(csr_json(csr));
  if (seen.content == Content::requests) return out;
  if (seen.content == Content::private_key) {
    out["key"] = seen.key_description;
    return out;
  }
  for (const pki::Crl& list : seen.crls) out["lists"].push_back(crl_json(list));
  if (seen.content == Content::revocation_lists) return out;
  out["verdict"] = {{"reason", pki::reason_text(seen.verdict.reason)},
                    {"sentence", seen.verdict.sentence},
                    {"judged_up_to_root", seen.trust_known}};
  if (seen.content == Content::certificates) out["private_key"] = key_json(seen.key);
  if (seen.endpoint)
    out["connection"] = {{"address", seen.endpoint->address},
                         {"protocol", seen.endpoint->protocol},
                         {"cipher", seen.endpoint->cipher},
                         {"group", seen.endpoint->group},
                         {"asks_for_client_certificate", seen.endpoint->asks_for_certificate}};
  out["chain"] = ordered_json::array();
  for (const auto& certificate : seen.chain)
    out["chain"].push_back(certificate_json(certificate, seen.at));
  return out;
}

std::string render_crl(const pki::Crl& list, const term::Style& style) {
  std::string text = style.bold("revocation list of " + core::escape_terminal(list.issuer)) + "\n";
  text += fmt::format("  from {} to {}, number {}\n", core::rfc3339(list.this_update),
                      list.next_update ? core::rfc3339(*list.next_update) : "no end",
                      list.number.empty() ? "none" : list.number);
  for (const pki::Revoked& entry : list.revoked)
    text += fmt::format("  {}  {}  {}\n", entry.serial, core::rfc3339(entry.at),
                        pki::revocation_reason_text(entry.reason));
  return text + (list.revoked.empty() ? "  nobody is revoked\n" : "");
}

std::string joined(const std::vector<std::string>& items) {
  return core::escape_terminal(fmt::format("{}", fmt::join(items, ", ")));
}

std::string render_csr(const pki::Csr& csr, const term::Style& style) {
  const auto line = [&style](std::string_view label, const std::string& value) {
    return value.empty() ? std::string()
                         : fmt::format("  {} {}\n", style.dim(term::pad_right(label, 12)), value);
  };
  std::string text = style.bold("signing request") + "\n";
  text += line("subject", core::escape_terminal(csr.subject));
  text += line("names", names_line(csr.names));
  text += line("key", core::escape_terminal(pki::key_text(csr)));
  text += line("signed with", core::escape_terminal(csr.signature_algorithm));
  text += line("asks for", joined(csr.extended_key_usage));
  text += line("usage", joined(csr.key_usage));
  text += line("also", joined(csr.other_extensions));
  if (csr.asks_for_ca) text += line("authority", style.doubt("it asks to be one"));
  return text + (csr.proves_possession
                     ? style.good("proven: whoever made it holds the key") + "\n"
                     : style.bad("not proven: it is not signed with its own key") + "\n");
}

std::string render_verdict(const certs::Inspection& seen, const term::Style& style) {
  if (!seen.verdict.valid())
    return style.bad("refused: ") + core::escape_terminal(seen.verdict.sentence) + "\n" +
           style.cyan("remedy: ") + core::escape_terminal(seen.verdict.hint) + "\n";
  if (seen.trust_known) return style.good("valid, up to a trusted root") + "\n";
  return style.doubt("within its dates") + "; give --ca FILE or --dir DIR to judge the chain\n";
}

std::string render(const certs::Inspection& seen, const term::Style& style) {
  std::string text;
  if (seen.content == Content::private_key)
    return fmt::format("private key: {}\n", core::escape_terminal(seen.key_description));
  for (const pki::Crl& list : seen.crls) text += render_crl(list, style);
  for (const pki::Csr& csr : seen.requests) text += render_csr(csr, style);
  if (seen.content == Content::revocation_lists || seen.content == Content::requests) return text;
  if (seen.weak_encryption)
    text +=
        style.doubt("weakly encrypted: ") + "3DES, RC2 or SHA-1; export it again without them\n\n";
  if (seen.endpoint)
    text +=
        fmt::format("{}  {}, {}{}\n\n", style.bold(core::escape_terminal(seen.endpoint->address)),
                    seen.endpoint->protocol, core::escape_terminal(seen.endpoint->cipher),
                    seen.endpoint->asks_for_certificate ? ", asks clients for a certificate" : "");
  for (std::size_t i = 0; i < seen.chain.size(); ++i) {
    if (seen.chain.size() > 1) text += style.dim(fmt::format("[{}] ", i));
    text += certificate_card(seen.chain[i], seen.at, style) + "\n";
  }
  return text + key_sentence(seen.key, style) + render_verdict(seen, style);
}

bool is_good(const certs::Inspection& seen) {
  const bool bad_key =
      seen.key == certs::KeyState::mismatch || seen.key == certs::KeyState::exposed;
  const bool unproven = std::any_of(seen.requests.begin(), seen.requests.end(),
                                    [](const pki::Csr& csr) { return !csr.proves_possession; });
  return seen.verdict.valid() && !bad_key && !unproven;
}

Exit show_one(const certs::InspectOptions& options, const Context& context) {
  const auto seen = certs::inspect(options, context.clock);
  if (!seen) return context.failed(seen.error());
  context.print(context.json ? json_text(to_json(*seen)) : render(*seen, context.out));
  return is_good(*seen) ? Exit::fine : Exit::findings;
}

// The gravest of all: unreadable before bad before fine.
Exit exit_of(const std::vector<certs::InspectedFile>& files) {
  Exit worst = Exit::fine;
  for (const certs::InspectedFile& file : files) {
    if (!file.seen) return Exit::environment;
    if (!is_good(*file.seen)) worst = Exit::findings;
  }
  return worst;
}

ordered_json file_json(const certs::InspectedFile& file) {
  if (file.seen) return to_json(*file.seen);
  const core::Error& error = file.seen.error();
  return {{"target", file.path},
          {"error",
           {{"code", core::code_name(error.code)}, {"what", error.what}, {"hint", error.hint}}}};
}

std::string render_file(const certs::InspectedFile& file, const term::Style& style) {
  const std::string title = style.cyan("== " + core::escape_terminal(file.path)) + "\n";
  if (file.seen) return title + render(*file.seen, style);
  const core::Error& error = file.seen.error();
  const std::string text =
      title + style.bad("unreadable: ") + core::escape_terminal(error.what) + "\n";
  if (error.hint.empty()) return text;
  return text + style.cyan("hint: ") + core::escape_terminal(error.hint) + "\n";
}

Exit show_directory(const certs::InspectOptions& options, const Context& context) {
  const auto files = certs::inspect_directory(options, context.clock);
  if (!files) return context.failed(files.error());
  ordered_json body{{"target", options.target}, {"files", ordered_json::array()}};
  std::string text;
  for (const certs::InspectedFile& file : *files) {
    if (context.json) body["files"].push_back(file_json(file));
    if (context.json) continue;
    if (!text.empty()) text += "\n";
    text += render_file(file, context.out);
  }
  context.print(context.json ? json_text(body) : text);
  return exit_of(*files);
}

struct Words {
  certs::InspectOptions options;
  std::string dir = "certs";
  std::string ca;
  core::PassphraseSource passphrase;
};

Exit run(Words& words, const Context& context) {
  words.options.dir = words.dir;
  words.options.ca = words.ca;
  auto passphrase = read_passphrase(words.passphrase, "passphrase", core::Typed::once, context);
  if (!passphrase) return context.failed(passphrase.error());
  words.options.passphrase = std::move(*passphrase);
  return certs::is_directory(words.options.target) ? show_directory(words.options, context)
                                                   : show_one(words.options, context);
}

}  // namespace

void add_certs_inspect(CLI::App& certs_app, Context& context) {
  CLI::App* const app = certs_app.add_subcommand(
      "inspect",
      "show certificates, keys, requests, PKCS#12, revocation lists, or what a server presents");
  const auto words = std::make_shared<Words>();
  app->add_option("target", words->options.target,
                  "FILE, DIRECTORY, mqtts://HOST:PORT or https://HOST:PORT")
      ->required()
      ->type_name("FILE|DIR|URL");
  add_dir(*app, words->dir);
  app->add_option("--ca", words->ca, "CA certificates to judge by (PEM)")->type_name("FILE");
  add_passphrase(*app, words->passphrase, "", "of a PKCS#12 file or an encrypted key");
  add_json(*app, context);
  add_help_footer(
      *app,
      {"wxsec certs inspect certs/broker/current/fullchain.pem",
       "wxsec certs inspect certs/crl.pem", "wxsec certs inspect certs --json",
       "wxsec certs inspect mqtts://localhost:8883", "wxsec certs inspect https://localhost:8443"},
      "0 good; 1 it would be refused; 3 cannot be read or reached");
  on_run(*app, context, [&context, words, app] {
    words->options.dir_asked_for = app->count("--dir") > 0;
    return run(*words, context);
  });
}

}  // namespace wxsec::cmd
