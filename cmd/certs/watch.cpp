#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/certs/acme.h"
#include "cmd/certs/ca_passphrase.h"
#include "cmd/certs/certs.h"
#include "cmd/certs/services.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/time.h"
#include "src/acme/watch_round.h"
#include "src/renew/watch.h"
#include "src/renew/watch_notify.h"

namespace wxsec::cmd {
namespace {

using nlohmann::ordered_json;

struct Words {
  std::string dir = "certs";
  std::string within;
  std::string jitter = "10m";
  std::string every = "12h";
  std::string retry = "1m";
  ServiceWords services;
  PassphraseWords passphrase;
};

core::Result<certs::WatchOptions> options_of(const Words& words, const Context& context) {
  certs::WatchOptions options;
  options.renewal.dir = words.dir;
  if (!words.within.empty())
    options.renewal.due.within = WXSEC_TRY(certs::parse_threshold(words.within));
  options.renewal.due.jitter = WXSEC_TRY(core::parse_duration(words.jitter));
  options.every = WXSEC_TRY(core::parse_duration(words.every));
  options.retry = WXSEC_TRY(core::parse_duration(words.retry));
  Services services = WXSEC_TRY(services_of(words.services));
  options.renewal.services = std::move(services.list);
  options.renewal.verify_within = services.verify_within;
  options.renewal.ca_passphrase = WXSEC_TRY(ca_passphrase(words.passphrase, words.dir, context));
  options.renewal.on_step = [&context](std::string_view name, certs::DeployStep step,
                                       std::string_view detail) {
    context.note(fmt::format("{}: {} {}", name, certs::deploy_step_text(step), detail));
  };
  return options;
}

// One line for each round; `crl_error` is there only where the list was not renewed or not heard of
// by all.
void show_json(const core::Result<certs::RenewReport>& round, core::Instant next,
               const Context& context) {
  ordered_json line{
      {"event", "round"}, {"ok", round && round->ok()}, {"next", core::rfc3339(next)}};
  ordered_json renewed = ordered_json::array();
  ordered_json failed = ordered_json::array();
  if (round) {
    for (const certs::RenewItem& item : round->items) {
      if (item.state == certs::RenewState::renewed) renewed.push_back(item.name);
      if (item.error) failed.push_back({{"name", item.name}, {"what", item.error->what}});
    }
  } else {
    failed.push_back({{"name", nullptr}, {"what", round.error().what}});
  }
  line["renewed"] = renewed;
  line["failed"] = failed;
  if (round && round->crl_error)
    line["crl_error"] = {{"what", round->crl_error->what}, {"hint", round->crl_error->hint}};
  context.print(json_line(line));
}

void show_errors(const core::Result<certs::RenewReport>& round, const Context& context) {
  if (!round) return context.error(round.error());
  for (const certs::RenewItem& item : round->items)
    if (item.error) context.error(core::with_context(*item.error, item.name));
  if (round->crl_error) context.error(*round->crl_error);
}

Exit run(const Words& words, Context& context) {
  auto options = options_of(words, context);
  if (!options) return context.failed(options.error());
  options->on_round = [&context](const core::Result<certs::RenewReport>& round,
                                 core::Instant next) {
    if (context.json) show_json(round, next, context);
    show_errors(round, context);
    context.note(certs::round_text(round, next));
  };
  AcmeRunWords acme_words;
  acme_words.dir = words.dir;
  auto acme = acme_run(acme_words, context);
  if (!acme) return context.failed(acme.error());
  acme::WatchRound acme_round(std::move(*acme), options->renewal.due.within);
  options->others = [&](certs::RenewReport& round, const std::function<void()>& alive,
                        const std::stop_token& stop) {
    acme_round.join(round, alive, context.clock, stop);
  };
  certs::WatchBell bell;
  context.stop.on_hangup([&bell] { bell.ring(); });
  const auto done =
      certs::watch_notifying(std::move(*options), bell, context.clock, context.stop.token());
  context.stop.on_hangup({});
  return done ? Exit::fine : context.failed(done.error());
}

void add_options(CLI::App& app, Words& words) {
  add_dir(app, words.dir);
  app.add_option("--within", words.within, "due when this much is left: 30d, 12h or 33%")
      ->type_name("LEFT");
  app.add_option("--jitter", words.jitter,
                 "each waits for its own share of this, so that a fleet does not come all at once")
      ->default_str("10m")
      ->type_name("SPAN");
  app.add_option("--every", words.every, "looks at least this often")
      ->default_str("12h")
      ->type_name("SPAN");
  app.add_option("--retry", words.retry, "after a failure; then twice as late each time")
      ->default_str("1m")
      ->type_name("SPAN");
  add_services(app, words.services,
               "NAME=mqtts://HOST:PORT: must serve the new serial, else it is rolled back; "
               "repeatable",
               "5s");
  add_ca_passphrase(app, words.passphrase);
}

}  // namespace

void add_certs_watch(CLI::App& certs_app, Context& context) {
  CLI::App* const app = certs_app.add_subcommand(
      "watch",
      "renew as a daemon: when something is due, what came from ACME servers included; SIGHUP "
      "looks at once, SIGTERM ends it");
  const auto words = std::make_shared<Words>();
  add_options(*app, *words);
  add_json(*app, context);
  add_help_footer(*app,
                  {"wxsec certs watch  # until Ctrl-C", "wxsec certs watch --every 1h --json",
                   "wxsec certs watch --within 33% --jitter 1h"},
                  "0 stopped; 2 usage; 3 no such directory, or the authority's key does not open");
  on_run(*app, context, [&context, words] { return run(*words, context); });
}

}  // namespace wxsec::cmd
