#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cmd/api.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "lib/core/file.h"
#include "lib/core/shell_word.h"
#include "lib/net/endpoint.h"
#include "src/api/serve.h"

namespace wxsec::cmd {
namespace {

using api::ServeEvent;
using nlohmann::ordered_json;

struct Words {
  std::string dir = "certs";
  std::string listen;
  std::string broker;
  TlsFiles broker_files;
  std::string server_certificate;
  std::string server_key;
  std::string client_auth = "none";
  std::string client_ca;
  std::string client_crl;
  std::string keylog;
  std::string database = "readings.db";
  std::string accounts = "broker-lesson/accounts";
  std::string user;
  std::string password_file;
  bool insecure = false;
  bool verbose = false;
};

void replace(core::Path& file, const std::string& word) {
  if (!word.empty()) file = word;
}

core::Result<tls::ClientAuth> parse_client_auth(const std::string& text) {
  if (text == "none") return tls::ClientAuth::none;
  if (text == "request") return tls::ClientAuth::request;
  if (text == "require") return tls::ClientAuth::require;
  return core::fail(core::Code::usage, fmt::format("'{}' is no way to ask", text),
                    "write --client-auth none, request or require");
}

core::Result<api::ServeOptions> options_of(const Words& words) {
  api::ServeOptions options;
  options.insecure_lesson = words.insecure;
  if (words.insecure) {
    options.broker = WXSEC_TRY(api::lesson_broker_from(words.accounts));
  } else {
    options.listen = api::listen_from(words.dir);
    options.broker = api::broker_from(words.dir);
  }
  options.listen.address = words.insecure ? "127.0.0.1:8080" : "127.0.0.1:8443";
  if (!words.listen.empty()) options.listen.address = words.listen;
  replace(options.listen.certificate, words.server_certificate);
  replace(options.listen.key, words.server_key);
  options.listen.client_auth = WXSEC_TRY(parse_client_auth(words.client_auth));
  replace(options.listen.client_ca, words.client_ca);
  // Another authority's clients are not on our list.
  if (!words.client_ca.empty() && !core::path_exists(options.listen.client_crl))
    options.listen.client_crl.clear();
  replace(options.listen.client_crl, words.client_crl);
  options.listen.keylog = words.keylog;
  options.broker.url = words.insecure ? "mqtt://localhost:1883" : "mqtts://localhost:8883";
  if (!words.broker.empty()) options.broker.url = words.broker == "none" ? "" : words.broker;
  replace(options.broker.ca, words.broker_files.ca);
  replace(options.broker.certificate, words.broker_files.cert);
  replace(options.broker.key, words.broker_files.key);
  if (!words.user.empty()) options.broker.user = words.user;
  if (!words.password_file.empty()) {
    std::string password = WXSEC_TRY(core::read_file(words.password_file, 4096));
    password.erase(password.find_last_not_of("\r\n") + 1);
    options.broker.password = core::Secret(std::move(password));
  }
  options.database = words.database;
  return options;
}

std::string_view name_of(ServeEvent::Kind kind) {
  switch (kind) {
    case ServeEvent::Kind::broker_connected: return "broker_connected";
    case ServeEvent::Kind::broker_lost: return "broker_lost";
    case ServeEvent::Kind::stored: return "stored";
    case ServeEvent::Kind::refused: return "refused";
    case ServeEvent::Kind::store_failed: return "store_failed";
    case ServeEvent::Kind::certificate_warning: return "certificate_warning";
    case ServeEvent::Kind::certificate_reloaded: return "certificate_reloaded";
    case ServeEvent::Kind::reload_failed: return "reload_failed";
  }
  return "";
}

void show_json(const ServeEvent& event, const Context& context) {
  ordered_json line{{"event", name_of(event.kind)}};
  if (!event.station.empty()) line["station"] = event.station;
  if (event.reading) line["sequence"] = event.reading->sequence;
  if (!event.text.empty()) line["text"] = event.text;
  context.print(json_line(line));
}

void show_text(const ServeEvent& event, const Context& context, bool verbose) {
  switch (event.kind) {
    case ServeEvent::Kind::broker_connected: return context.note("connected to the broker");
    case ServeEvent::Kind::broker_lost:
      return context.warn(fmt::format("no connection to the broker: {}; trying again", event.text));
    case ServeEvent::Kind::stored:
      if (verbose) {
        context.note(fmt::format("stored {} #{}: {:.1f} C", event.station, event.reading->sequence,
                                 event.reading->temperature_c));
      }
      return;
    case ServeEvent::Kind::refused:
      return context.warn(fmt::format("refused a message of {}: {}", event.station, event.text));
    case ServeEvent::Kind::store_failed:
      return context.warn(fmt::format("{}; readings wait, trying again", event.text));
    case ServeEvent::Kind::certificate_warning: return context.warn(event.text);
    case ServeEvent::Kind::certificate_reloaded:
      return context.note(fmt::format("serving the certificate with serial {}", event.text));
    case ServeEvent::Kind::reload_failed:
      return context.warn(fmt::format("the old certificate stays: {}", event.text));
  }
}

void announce(const Words& words, const Context& context, const std::string& client_host,
              std::string_view host, std::uint16_t port) {
  const std::string at = net::host_port({net::Scheme::none, std::string(host), port, {}});
  if (context.json) {
    return context.print(json_line(ordered_json{{"event", "listening"}, {"address", at}}));
  }
  const bool plain = words.insecure && words.server_certificate.empty();
  const std::string url =
      net::to_string({plain ? net::Scheme::http : net::Scheme::https, client_host, port, {}});
  const std::string dir = words.dir == "certs" ? "" : " --dir " + core::shell_word(words.dir);
  context.note(fmt::format("page: {}/   look closer: wxsec api get{} {}/api/v1/stations", url,
                           plain ? "" : dir, url));
  context.note(fmt::format("next, in other terminals:  wxsec station run{}",
                           words.insecure ? " --insecure-lesson" : dir));
  context.note("  wxsec sniff -i lo   # what an eavesdropper gets");
  context.note(fmt::format("  wxsec attack plain-http --api {}", url));
  context.print(fmt::format("listening on {}\n", at));
}

Exit run(const Words& words, Context& context) {
  auto options = options_of(words);
  if (!options) return context.failed(options.error());
  if (words.insecure) {
    context.warn("--insecure-lesson: everybody on the wire can read and change every reading");
  }
  options->on_listening = [&, listen = options->listen](std::string_view host, std::uint16_t port) {
    announce(words, context, api::host_for_clients(listen, host), host, port);
  };
  options->on_event = [&](const ServeEvent& event) {
    if (context.json) return show_json(event, context);
    show_text(event, context, words.verbose);
  };
  api::ReloadSwitch reload;
  context.stop.on_hangup([&] { reload.request(); });
  const auto result = api::serve(std::move(*options), reload, context.clock, context.stop.token());
  context.stop.on_hangup({});
  if (!result) return context.failed(result.error());
  if (context.json) {
    context.print(json_line(ordered_json{{"event", "stopped"},
                                         {"requests", result->requests},
                                         {"stored", result->stored},
                                         {"duplicates", result->duplicates},
                                         {"refused", result->refused}}));
  } else {
    context.note(fmt::format("stopped: {} requests answered, {} readings stored, {} refused",
                             result->requests, result->stored, result->refused));
  }
  return Exit::fine;
}

void add_options(CLI::App& app, Words& words) {
  add_dir(app, words.dir);
  app.add_option("--listen", words.listen,
                 "where to serve; port 0 takes any free one  [127.0.0.1:8443]")
      ->type_name("HOST:PORT");
  app.add_option("--broker", words.broker,
                 "broker, as mqtts://HOST[:PORT]; none: serve what is stored  "
                 "[mqtts://localhost:8883]")
      ->type_name("URL");
  add_tls_files(app, words.broker_files);
  app.add_option("--server-cert", words.server_certificate,
                 "certificate chain to serve (PEM)  [DIR/api/current/fullchain.pem]")
      ->type_name("FILE");
  app.add_option("--server-key", words.server_key, "its key  [DIR/api/current/privkey.pem]")
      ->type_name("FILE");
  app.add_option("--client-auth", words.client_auth,
                 "whether clients show a certificate: none, request or require")
      ->default_str(words.client_auth)
      ->type_name("HOW");
  app.add_option("--client-ca", words.client_ca, "whose certificates count  [DIR/ca.pem]")
      ->type_name("FILE");
  app.add_option("--client-crl", words.client_crl, "who was revoked  [DIR/crl.pem]")
      ->type_name("FILE");
  app.add_option("--db", words.database, "SQLite database of the readings")
      ->default_str(words.database)
      ->type_name("FILE");
  app.add_option("--keylog", words.keylog, "append TLS session keys, for Wireshark")
      ->type_name("FILE");
  app.add_option("--accounts", words.accounts,
                 "with --insecure-lesson: names and passwords, as 'broker run' wrote them")
      ->default_str(words.accounts)
      ->type_name("FILE");
  app.add_option("--user", words.user, "name at the broker, for brokers with passwords");
  app.add_option("--password-file", words.password_file, "file that holds the password")
      ->type_name("FILE");
  add_insecure_lesson(app, words.insecure);
  app.add_flag("-v,--verbose", words.verbose, "tell every reading that is stored");
}

}  // namespace

void add_api_serve(CLI::App& api, Context& context) {
  CLI::App* const command = api.add_subcommand(
      "serve",
      "HTTPS API and web page of the readings, fed by the broker; SIGHUP reloads the "
      "certificate, and who may connect");
  const auto words = std::make_shared<Words>();
  add_options(*command, *words);
  add_json(*command, context);
  add_help_footer(*command,
                  {"wxsec certs init  # once",
                   "wxsec api serve --broker none --listen 127.0.0.1:0  # what is stored",
                   "wxsec api serve  # with the broker of 'wxsec broker run'"},
                  "0 stopped; 2 usage; 3 port, certificate or database cannot be used");
  on_run(*command, context, [words, &context] { return run(*words, context); });
}

}  // namespace wxsec::cmd
