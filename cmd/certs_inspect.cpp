#include <fmt/format.h>

#include <memory>

#include "cmd/certs.h"
#include "cmd/certs_card.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "lib/core/time.h"

namespace wxsec::cmd {
namespace {

using certs::Content;
using nlohmann::ordered_json;

std::string_view content_text(Content content) {
  switch (content) {
    case Content::certificates: return "certificates";
    case Content::endpoint: return "endpoint";
    case Content::revocation_lists: return "revocation-lists";
    case Content::private_key: break;
  }
  return "private-key";
}

std::string_view key_json(certs::KeyState key) {
  switch (key) {
    case certs::KeyState::absent: return "absent";
    case certs::KeyState::unreadable: return "unreadable";
    case certs::KeyState::matches: return "matches";
    case certs::KeyState::mismatch: return "mismatch";
    case certs::KeyState::exposed: break;
  }
  return "exposed";
}

std::string key_sentence(certs::KeyState key, const term::Style& style) {
  switch (key) {
    case certs::KeyState::absent: return "";
    case certs::KeyState::unreadable: return "the private key beside it cannot be read by you\n";
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

ordered_json to_json(const certs::Inspection& seen) {
  ordered_json out{{"target", seen.target}, {"content", content_text(seen.content)}};
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

std::string render_verdict(const certs::Inspection& seen, const term::Style& style) {
  if (!seen.verdict.valid())
    return style.bad("refused: ") + seen.verdict.sentence + "\n" + style.cyan("remedy: ") +
           seen.verdict.hint + "\n";
  if (seen.trust_known) return style.good("valid, up to a trusted root") + "\n";
  return style.doubt("within its dates") + "; give --ca FILE or --dir DIR to judge the chain\n";
}

std::string render(const certs::Inspection& seen, const term::Style& style) {
  std::string text;
  if (seen.content == Content::private_key)
    return fmt::format("private key: {}\n", seen.key_description);
  for (const pki::Crl& list : seen.crls) text += render_crl(list, style);
  if (seen.content == Content::revocation_lists) return text;
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
  return seen.verdict.valid() && !bad_key;
}

}  // namespace

void add_certs_inspect(CLI::App& certs_app, Context& context) {
  CLI::App* const app = certs_app.add_subcommand(
      "inspect", "show a certificate file, key, revocation list, or what a server presents");
  const auto options = std::make_shared<certs::InspectOptions>();
  const auto dir = std::make_shared<std::string>("certs");
  const auto ca = std::make_shared<std::string>();
  app->add_option("target", options->target, "FILE, mqtts://HOST:PORT or https://HOST:PORT")
      ->required()
      ->type_name("FILE|URL");
  add_dir(*app, *dir);
  app->add_option("--ca", *ca, "CA certificates to judge by (PEM)")->type_name("FILE");
  add_json(*app, context);
  add_help_footer(*app,
                  {"wxsec certs inspect certs/broker/current/fullchain.pem",
                   "wxsec certs inspect certs/crl.pem", "wxsec certs inspect certs/ca.pem --json"},
                  "0 good; 1 it would be refused; 3 cannot be read or reached");
  on_run(*app, context, [&context, options, dir, ca] {
    options->dir = *dir;
    options->ca = *ca;
    const auto seen = certs::inspect(*options, context.clock);
    if (!seen) return context.failed(seen.error());
    context.print(context.json
                      ? to_json(*seen).dump(2, ' ', false, ordered_json::error_handler_t::replace) +
                            "\n"
                      : render(*seen, context.out));
    return is_good(*seen) ? Exit::fine : Exit::findings;
  });
}

}  // namespace wxsec::cmd
