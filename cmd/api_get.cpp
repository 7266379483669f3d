#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cmd/api.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "lib/core/file.h"
#include "lib/core/time.h"
#include "src/api/view.h"

namespace wxsec::cmd {
namespace {

using api::View;
using api::ViewVerdict;
using core::escape_terminal;
using nlohmann::ordered_json;

struct Words {
  std::string url;
  std::string dir = "certs";
  TlsFiles files;
  std::string crl;
  std::string host_name;
  std::vector<std::string> headers;
  bool accept_any = false;
  bool head = false;
  bool body_only = false;
};

core::Result<api::ViewOptions> options_of(const Words& words) {
  api::ViewOptions options;
  options.url = words.url;
  options.ca = words.files.ca;
  const core::Path default_ca = core::Path(words.dir) / "ca.pem";
  if (options.ca.empty() && core::path_exists(default_ca)) options.ca = default_ca;
  options.certificate = words.files.cert;
  options.key = words.files.key;
  options.crl = words.crl;
  options.host_name = words.host_name;
  options.accept_any_certificate = words.accept_any;
  options.head = words.head;
  for (const std::string& header : words.headers) {
    const std::size_t colon = header.find(':');
    if (colon == std::string::npos || colon == 0) {
      return core::fail(core::Code::usage, fmt::format("'{}' is no header", header),
                        "write --header 'Accept: text/csv'");
    }
    if (std::any_of(header.begin(), header.end(),
                    [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; })) {
      return core::fail(core::Code::usage, "a header field is one line without control characters",
                        "write each as a --header of its own");
    }
    const std::size_t value = header.find_first_not_of(' ', colon + 1);
    options.headers.emplace_back(header.substr(0, colon),
                                 value == std::string::npos ? "" : header.substr(value));
  }
  return options;
}

// --- JSON ---------------------------------------------------------------------------------------

ordered_json to_json(const pki::Certificate& certificate) {
  ordered_json names = ordered_json::array();
  for (const auto& name : certificate.names) names.push_back(pki::to_text(name));
  return {{"subject", certificate.subject},
          {"issuer", certificate.issuer},
          {"serial", certificate.serial},
          {"not_before", core::rfc3339(certificate.not_before)},
          {"not_after", core::rfc3339(certificate.not_after)},
          {"names", names},
          {"key", pki::key_text(certificate)},
          {"signature", certificate.signature_algorithm},
          {"sha256", certificate.sha256}};
}

ordered_json to_json(const tls::Failure& failure) {
  ordered_json problems = ordered_json::array();
  for (const tls::Problem& problem : failure.problems) {
    problems.push_back({{"cause", tls::cause_name(problem.cause)},
                        {"depth", problem.depth},
                        {"subject", problem.subject},
                        {"sentence", problem.sentence},
                        {"hint", problem.hint}});
  }
  ordered_json json{{"cause", tls::cause_name(failure.cause)},
                    {"detail", failure.detail},
                    {"problems", problems},
                    {"alert", nullptr}};
  if (failure.alert) json["alert"] = failure.alert->name;
  return json;
}

ordered_json to_json(const View& view) {
  const http::Exchange& exchange = view.exchange;
  ordered_json json{{"url", view.url},
                    {"verdict", api::verdict_name(view.verdict)},
                    {"address", exchange.address},
                    {"milliseconds", static_cast<double>(exchange.took.count()) / 1000}};
  json["tls"] = nullptr;
  if (exchange.peer.version) {
    ordered_json chain = ordered_json::array();
    for (const auto& certificate : exchange.peer.chain) chain.push_back(to_json(certificate));
    json["tls"] = {{"protocol", tls::version_name(*exchange.peer.version)},
                   {"cipher", exchange.peer.cipher},
                   {"group", exchange.peer.group},
                   {"trust", view.trust},
                   {"chain", chain}};
  }
  json["failure"] = exchange.failure || !exchange.failure.problems.empty()
                        ? to_json(exchange.failure)
                        : ordered_json(nullptr);
  json["response"] = nullptr;
  if (exchange.response) {
    ordered_json headers = ordered_json::array();
    for (const auto& [name, value] : exchange.response->headers) headers.push_back({name, value});
    json["response"] = {{"status", exchange.response->status},
                        {"reason", exchange.response->reason},
                        {"headers", headers},
                        {"body", exchange.response->body}};
  } else {
    json["error"] = {{"code", core::code_name(exchange.error.code)},
                     {"what", exchange.error.what},
                     {"hint", exchange.error.hint}};
  }
  return json;
}

// --- text ---------------------------------------------------------------------------------------

// Untrusted text of several lines, each made harmless.
std::string escape_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    out += escape_terminal(line) + "\n";
  }
  return out;
}

std::string row(const term::Style& style, std::string_view label, std::string_view value) {
  return fmt::format("  {} {}\n", style.dim(fmt::format("{:<12}", label)), value);
}

std::string validity(const pki::Certificate& certificate, const Context& context) {
  const long days = pki::days_left(certificate, context.clock.now());
  const std::string until = core::utc_date(certificate.not_after);
  if (days < 0) return context.out.bad(fmt::format("expired on {}", until));
  const std::string text = fmt::format("until {}, {} days left", until, days);
  return days < 14 ? context.out.doubt(text) : context.out.good(text);
}

std::string leaf_text(const pki::Certificate& leaf, const Context& context) {
  const term::Style& style = context.out;
  std::string names;
  for (const auto& name : leaf.names) names += (names.empty() ? "" : ", ") + name.value;
  return row(style, "certificate", style.bold(escape_terminal(leaf.subject))) +
         row(style, "  valid", validity(leaf, context)) +
         row(style, "  for", escape_terminal(names)) +
         row(style, "  key",
             pki::key_text(leaf) + ", signed with " + escape_terminal(leaf.signature_algorithm)) +
         row(style, "  serial", leaf.serial) + row(style, "  sha256", leaf.sha256);
}

std::string tls_text(const View& view, const Context& context) {
  const tls::Peer& peer = view.exchange.peer;
  const term::Style& style = context.out;
  if (!peer.version) return {};
  std::string text =
      row(style, "protocol",
          fmt::format("{}, {}{}{}", tls::version_name(*peer.version), escape_terminal(peer.cipher),
                      peer.group.empty() ? "" : ", ", escape_terminal(peer.group)));
  if (peer.chain.empty()) return text;
  text += leaf_text(peer.chain.front(), context);
  for (std::size_t i = 0; i < peer.chain.size(); ++i) {
    text += row(style, i == 0 ? "chain" : "",
                fmt::format("{} {} {}", i, escape_terminal(peer.chain[i].subject),
                            style.dim("signed by " + escape_terminal(peer.chain[i].issuer))));
  }
  return text;
}

std::string trust_text(const View& view, const Context& context) {
  const term::Style& style = context.out;
  const tls::Failure& failure = view.exchange.failure;
  if (!view.exchange.peer.version && failure.problems.empty()) return {};
  if (!failure && failure.problems.empty()) {
    return row(style, "trust",
               style.good("verified") + " with " + escape_terminal(view.trust) + ", host name too");
  }
  std::string text;
  for (const tls::Problem& problem : failure.problems) {
    text += row(style, text.empty() ? "trust" : "", style.bad(escape_terminal(problem.sentence)));
    if (!problem.hint.empty()) text += row(style, "", style.dim(escape_terminal(problem.hint)));
  }
  return text;
}

std::string response_text(const http::ClientResponse& response, const Context& context) {
  const term::Style& style = context.out;
  const std::string status =
      fmt::format("{} {}", response.status, escape_terminal(response.reason));
  std::string text =
      row(style, "response", response.status < 400 ? style.good(status) : style.bad(status));
  for (const auto& [name, value] : response.headers) {
    text += row(style, "", escape_terminal(name) + ": " + escape_terminal(value));
  }
  return text + "\n" + escape_lines(response.body);
}

std::string render(const View& view, const Context& context) {
  const http::Exchange& exchange = view.exchange;
  const term::Style& style = context.out;
  std::string text = style.bold(escape_terminal(view.url)) + "\n";
  if (exchange.connected) {
    text += row(style, "connected",
                fmt::format("{} in {:.1f} ms", exchange.address,
                            static_cast<double>(exchange.took.count()) / 1000));
  }
  // A single reason for which there is no answer is told by the error that follows.
  const bool told_by_error = !exchange.response && exchange.failure.problems.size() <= 1;
  text += tls_text(view, context) + (told_by_error ? "" : trust_text(view, context));
  if (view.verdict == ViewVerdict::unencrypted) {
    text += row(style, "protocol", style.bad("none: not encrypted, not authenticated"));
  }
  if (exchange.response) text += response_text(*exchange.response, context);
  return text;
}

// --- command
// --------------------------------------------------------------------------------------

Exit exit_of(const View& view) {
  switch (view.verdict) {
    case ViewVerdict::fine: return Exit::fine;
    case ViewVerdict::http_error:
    case ViewVerdict::untrusted:
    case ViewVerdict::unencrypted: return Exit::findings;
    case ViewVerdict::no_answer: return exit_for(view.exchange.error.code);
  }
  return Exit::internal;
}

Exit run(const Words& words, Context& context) {
  const auto options = options_of(words);
  if (!options) return context.failed(options.error());
  if (words.accept_any) {
    context.warn("--accept-any-certificate: this could be anybody's answer");
  }
  const auto view = api::view(*options);
  if (!view) return context.failed(view.error());
  if (context.json) {
    context.print(json_text(to_json(*view)));
  } else if (words.body_only) {
    if (view->exchange.response) {
      const std::string& body = view->exchange.response->body;
      context.print(term::is_terminal(stdout) ? escape_lines(body) : body);
    }
  } else {
    context.print(render(*view, context));
  }
  if (!view->exchange.response) context.error(view->exchange.error);
  return exit_of(*view);
}

}  // namespace

void add_api_get(CLI::App& api, Context& context) {
  CLI::App* const command = api.add_subcommand(
      "get", "ask an API, and show the response, the certificate chain, protocol and cipher");
  const auto words = std::make_shared<Words>();
  command->add_option("URL", words->url, "/PATH (on https://localhost:8443) or a whole URL")
      ->required();
  add_dir(*command, words->dir);
  add_tls_files(*command, words->files);
  command->add_option("--crl", words->crl, "revocation lists to check against (PEM)")
      ->type_name("FILE");
  command->add_option("--host-name", words->host_name, "name to expect in the certificate")
      ->type_name("NAME");
  command->add_option("--header", words->headers, "send 'NAME: VALUE' too; repeatable")
      ->type_name("FIELD");
  command->add_flag("--head", words->head, "ask for the headers alone");
  command->add_flag("--body", words->body_only, "print the response's body and nothing else");
  command->add_flag("--accept-any-certificate", words->accept_any,
                    "go on with a certificate that does not hold; says so, exit code 1");
  add_json(*command, context);
  add_help_footer(*command,
                  {"wxsec api get /api/v1/stations", "wxsec api get https://localhost:8443/readyz",
                   "wxsec api get --header 'Accept: text/csv' --body /api/v1/stations"},
                  "0 answered 2xx or 3xx; 1 answered 4xx or 5xx, unencrypted, or with a "
                  "certificate that does not hold under --accept-any-certificate; 2 usage; 3 no "
                  "answer, or none because the certificate does not hold: the cause is named");
  on_run(*command, context, [words, &context] { return run(*words, context); });
}

}  // namespace wxsec::cmd
