// `wxsec broker`: `config` and `run`; `check` is in broker_check.cpp.
#include <fmt/core.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/broker.h"
#include "cmd/commands.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "lib/core/shell_word.h"
#include "lib/net/endpoint.h"
#include "src/broker/conf_file.h"
#include "src/broker/log_line.h"
#include "src/broker/plan.h"
#include "src/broker/run.h"

namespace wxsec::cmd {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kLessonLoss =
    "--insecure-lesson: no TLS, so everybody on the wire reads and forges everything";

struct BrokerArguments {
  std::string dir = "certs";
  std::string out;
  std::string listen;
  std::string user = "mosquitto";
  bool insecure = false;
  bool quiet_connections = false;
  unsigned stations = 3;
};

broker::Security security_of(const BrokerArguments& arguments) {
  return arguments.insecure ? broker::Security::plaintext_lesson : broker::Security::mutual_tls;
}

core::Path out_of(const BrokerArguments& arguments) {
  return arguments.out.empty() ? broker::default_out(security_of(arguments))
                               : core::Path(arguments.out);
}

// " --NAME VALUE", ready to be copied; nothing where the value is the default.
std::string option(const char* name, const std::string& value, std::string_view fallback) {
  if (value == fallback) return {};
  return fmt::format(" --{} {}", name, core::shell_word(value));
}

// The options that name the same broker in another command.
std::string same_broker(const BrokerArguments& arguments) {
  return (arguments.insecure ? " --insecure-lesson" : option("dir", arguments.dir, "certs")) +
         option("out", arguments.out, "") + option("listen", arguments.listen, "") +
         option("user", arguments.user, "mosquitto");
}

core::Result<broker::Settings> settings_from(const BrokerArguments& arguments) {
  return broker::plan({.dir = arguments.dir,
                       .out = out_of(arguments),
                       .listen = arguments.listen,
                       .user = arguments.user,
                       .security = security_of(arguments),
                       .stations = arguments.stations});
}

Exit write_configuration(const Context& context, const BrokerArguments& arguments) {
  const auto settings = settings_from(arguments);
  if (!settings) return context.failed(settings.error());
  const auto files = broker::write_config(*settings, out_of(arguments));
  if (!files) return context.failed(files.error());
  for (const auto& [file, place] : files->kept)
    context.warn(fmt::format("{} had been edited by hand; that text is kept as {}", file.string(),
                             place.string()));
  if (arguments.insecure) context.warn(kLessonLoss);
  if (context.json) {
    Json json{{"conf", files->conf.string()}, {"acl", files->acl.string()}};
    if (arguments.insecure) {
      json["passwords"] = files->passwords.string();
      json["accounts"] = broker::accounts_file(out_of(arguments)).string();
    }
    context.print(json_line(json));
    return Exit::fine;
  }
  const auto line = [&](const core::Path& file, const char* what) {
    return fmt::format("  {}  {}\n", context.out.bold(file.string()), context.out.dim(what));
  };
  std::string text = "Written:\n" + line(files->conf, "what mosquitto reads") +
                     line(files->acl, "who may say and hear what");
  if (arguments.insecure)
    text += line(files->passwords, "hashed passwords, for the broker") +
            line(broker::accounts_file(out_of(arguments)), "the passwords themselves, for clients");
  context.print(text + fmt::format("\nNext:\n  wxsec broker run{}   {}\n  mosquitto -c {}   {}\n",
                                   core::escape_terminal(same_broker(arguments)),
                                   context.out.dim("# checked, supervised, explained"),
                                   core::escape_terminal(core::shell_word(files->conf.string())),
                                   context.out.dim("# or bare")));
  return Exit::fine;
}

// What to do with it, from another terminal.
void hint_next(const Context& context, const BrokerArguments& arguments,
               const broker::Ready& ready) {
  const bool local =
      net::is_loopback(ready.address) || ready.address == "0.0.0.0" || ready.address == "::";
  const net::Endpoint endpoint{arguments.insecure ? net::Scheme::mqtt : net::Scheme::mqtts,
                               local ? "localhost" : ready.address,
                               ready.port,
                               {}};
  const std::string url = net::to_string(endpoint);
  const bool default_port = ready.port == (arguments.insecure ? 1883 : 8883) && local;
  const std::string station =
      (arguments.insecure
           ? " --insecure-lesson" +
                 (arguments.out.empty()
                      ? std::string()
                      : option("accounts", broker::accounts_file(arguments.out).string(), ""))
           : option("dir", arguments.dir, "certs")) +
      (default_port ? "" : " --broker " + url);
  context.note("next, in other terminals:  wxsec station run" + station);
  context.note("  wxsec station watch" + station);
  context.note("  wxsec sniff -i lo   # what an eavesdropper gets");
  context.note(fmt::format("  wxsec attack plaintext --broker {}{}", url,
                           option("dir", arguments.dir, "certs")));
}

void print_ready(const Context& context, const BrokerArguments& arguments,
                 const broker::Ready& ready) {
  if (context.json) {
    context.print(json_line({{"event", "listening"},
                             {"host", ready.address},
                             {"port", ready.port},
                             {"pid", ready.pid},
                             {"conf", ready.conf.string()}}));
    return;
  }
  context.note(fmt::format("mosquitto runs as process {} with {}", ready.pid, ready.conf.string()));
  std::string bound;
  for (const broker::Listener& listener : ready.listening)
    bound += " " + broker::to_string(listener);
  context.note("the kernel confirms it listens on" + bound + " and nowhere else");
  hint_next(context, arguments, ready);
  context.print(fmt::format("listening on {}\n", broker::to_string({ready.address, ready.port})));
}

// Log lines are messages, so they go to stderr; as JSON they are the result.
void print_log(const Context& context, const broker::LogLine& line) {
  if (context.json) {
    context.print(
        json_line({{"event", "log"}, {"line", line.raw}, {"explanation", line.explanation}}));
    return;
  }
  if (context.verbosity < 0) return;
  const std::string raw = core::escape_terminal(line.raw);
  std::string text = broker::is_trouble(line.raw) ? context.err.yellow(raw) : context.err.dim(raw);
  if (!line.explanation.empty()) text += "\n    = " + context.err.bold(line.explanation);
  std::fputs((text + "\n").c_str(), stderr);
}

Exit run(const Context& context, const BrokerArguments& arguments) {
  auto settings = settings_from(arguments);
  if (!settings) return context.failed(settings.error());
  broker::RunOptions options{.settings = std::move(*settings), .work_dir = out_of(arguments)};
  options.log_connections = !arguments.quiet_connections;
  broker::ReloadRequest reload;
  context.stop.on_hangup([&reload] { reload.ask(); });
  const broker::RunEvents events{
      .on_ready = [&](const broker::Ready& ready) { print_ready(context, arguments, ready); },
      .on_log = [&](const broker::LogLine& line) { print_log(context, line); },
      .on_warning = [&](std::string_view text) { context.warn(text); },
      .on_reload = [&] { context.note("certificate, access list and passwords are read again"); },
      .on_trust =
          [&] {
            context.note(
                "ca.pem changed: mosquitto has read it again, for new connections; sessions that "
                "are open stay until they end");
          },
      .on_restart =
          [&](const broker::Ready& ready) {
            context.note(
                fmt::format("ca.pem changed: mosquitto was started again, process {}", ready.pid));
          }};
  const auto done = broker::run_broker(options, events, reload, context.stop.token());
  context.stop.on_hangup({});
  return done ? Exit::fine : context.failed(done.error());
}

void add_common(CLI::App& command, Context& context, BrokerArguments& arguments) {
  add_dir(command, arguments.dir);
  command
      .add_option("--out", arguments.out,
                  "where the broker's configuration and data lie  [broker; with "
                  "--insecure-lesson broker-lesson]")
      ->type_name("DIR");
  command
      .add_option("--listen", arguments.listen,
                  "address to listen on; port 0: any free one  [127.0.0.1:8883; with "
                  "--insecure-lesson 127.0.0.1:1883]")
      ->type_name("HOST:PORT");
  command.add_option("--user", arguments.user, "whom mosquitto becomes when root starts it")
      ->capture_default_str()
      ->type_name("NAME");
  command
      .add_option("--stations", arguments.stations,
                  "with --insecure-lesson: how many stations get a password")
      ->check(CLI::Range(1, 9999))
      ->capture_default_str();
  add_insecure_lesson(command, arguments.insecure);
  add_json(command, context);
}

void add_config(CLI::App& parent, Context& context) {
  CLI::App* const command =
      parent.add_subcommand("config", "write a hardened mosquitto.conf and its access list");
  auto arguments = std::make_shared<BrokerArguments>();
  add_common(*command, context, *arguments);
  add_help_footer(*command,
                  {"wxsec certs init                           # what the configuration points to",
                   "wxsec broker config                        # ./broker/mosquitto.conf",
                   "wxsec broker config --insecure-lesson  # ./broker-lesson: passwords, no TLS"},
                  "0 written, 2 usage, 3 a file is missing or may not be written");
  on_run(*command, context,
         [&context, arguments] { return write_configuration(context, *arguments); });
}

void add_run(CLI::App& parent, Context& context) {
  CLI::App* const command = parent.add_subcommand(
      "run", "run the real mosquitto: checked before, supervised, its log explained");
  auto arguments = std::make_shared<BrokerArguments>();
  add_common(*command, context, *arguments);
  command->add_flag("--no-connections", arguments->quiet_connections,
                    "leave out the log lines of who comes and goes");
  add_help_footer(*command,
                  {"wxsec certs init                # once",
                   "wxsec broker run                # Ctrl-C ends it, SIGHUP reloads certificates",
                   "wxsec broker run --insecure-lesson  # plaintext on 127.0.0.1:1883"},
                  "0 stopped by a signal, 2 usage, 3 mosquitto could not start or ended by itself");
  on_run(*command, context, [&context, arguments] { return run(context, *arguments); });
}

}  // namespace

void add_broker(CLI::App& app, Context& context) {
  CLI::App* const broker =
      app.add_subcommand("broker", "the MQTT broker: configure and run the real Mosquitto");
  broker->require_subcommand(1);
  add_help_footer(*broker,
                  {"wxsec certs init     # once: whom the broker trusts, and who it is",
                   "wxsec broker run     # the real mosquitto, with TLS and client certificates",
                   "wxsec broker check   # what is wrong with ./broker/mosquitto.conf"},
                  "0 fine, 1 findings of check, 2 usage, 3 mosquitto or a file is missing, or it "
                  "could not start");
  add_config(*broker, context);
  add_run(*broker, context);
  add_broker_check(*broker, context);
}

}  // namespace wxsec::cmd
