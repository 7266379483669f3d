// `wxsec station run` and `wxsec station watch`.
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cmd/commands.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/net/endpoint.h"
#include "lib/term/table.h"
#include "src/station/identities.h"
#include "src/station/publisher.h"
#include "src/station/reading_line.h"
#include "src/station/watch.h"

namespace wxsec::cmd {
namespace {

using Json = nlohmann::ordered_json;
using station::Event;
using station::Identity;

constexpr std::uint16_t kTlsPort = 8883;
constexpr std::uint16_t kPlainPort = 1883;
constexpr const char* kLessonLoss =
    "--insecure-lesson: name, password and readings go over the wire for everybody to read and "
    "forge";

// What run and watch have in common.
struct Common {
  std::string dir = "certs";
  std::string broker;
  std::string accounts = "broker/accounts";
  TlsFiles files;
  std::string duration;
  bool insecure = false;
};

struct RunArguments {
  Common common;
  unsigned count = 1;
  std::string name;
  std::string interval = "5s";
  std::uint64_t readings = 0;
  std::uint64_t seed = 1;
  std::string journal = "station-journal";
  bool no_journal = false;
  bool until_stored = false;
};

struct WatchArguments {
  Common common;
  std::string name = "operator";
  std::string filter = "wx/#";
  std::uint64_t messages = 0;
};

std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// The broker's address; its scheme must say the same as --insecure-lesson.
core::Result<net::Endpoint> broker_of(const Common& common) {
  const std::string fallback = fmt::format("{}://localhost", common.insecure ? "mqtt" : "mqtts");
  net::Endpoint endpoint = WXSEC_TRY(net::parse_endpoint(
      common.broker.empty() ? fallback : common.broker, common.insecure ? kPlainPort : kTlsPort));
  if (endpoint.scheme == net::Scheme::mqtt && !common.insecure)
    return core::fail(core::Code::usage, "mqtt:// has no TLS",
                      "use mqtts://, or --insecure-lesson if everybody may read it");
  if (endpoint.scheme == net::Scheme::mqtts && common.insecure)
    return core::fail(core::Code::usage, "mqtts:// is TLS, --insecure-lesson is none",
                      "leave one of them out");
  return endpoint;
}

core::Result<std::optional<std::chrono::milliseconds>> duration_of(const std::string& text) {
  if (text.empty()) return std::optional<std::chrono::milliseconds>{};
  return std::optional(WXSEC_TRY(core::parse_duration(text)));
}

core::Result<Identity> identity_of(const Common& common, const std::string& name) {
  if (common.insecure) return station::lesson_identity(common.accounts, name);
  if (common.files.cert.empty() && common.files.key.empty())
    return station::identity_in(common.dir, name);
  return Identity{
      .name = name, .certificate = common.files.cert, .key = common.files.key, .password = {}};
}

core::Result<std::vector<Identity>> stations_of(const RunArguments& arguments) {
  const Common& common = arguments.common;
  if (arguments.name.empty())
    return common.insecure ? station::lesson_identities(common.accounts, arguments.count)
                           : station::station_identities(common.dir, arguments.count);
  std::vector<Identity> one;
  one.push_back(WXSEC_TRY(identity_of(common, arguments.name)));
  return one;
}

core::Path ca_of(const Common& common) {
  return common.files.ca.empty() ? station::ca_in(common.dir) : core::Path(common.files.ca);
}

station::Security security_of(const Common& common) {
  return common.insecure ? station::Security::plaintext_lesson : station::Security::mutual_tls;
}

core::Result<station::PublisherOptions> run_options(const RunArguments& arguments) {
  station::PublisherOptions options;
  const net::Endpoint broker = WXSEC_TRY(broker_of(arguments.common));
  options.host = broker.host;
  options.port = broker.port;
  options.security = security_of(arguments.common);
  options.ca = ca_of(arguments.common);
  options.stations = WXSEC_TRY(stations_of(arguments));
  options.interval = WXSEC_TRY(core::parse_duration(arguments.interval));
  options.duration = WXSEC_TRY(duration_of(arguments.common.duration));
  if (arguments.readings > 0) options.readings = arguments.readings;
  if (arguments.until_stored) options.delivery = station::Delivery::stored;
  if (!arguments.no_journal) options.journal = arguments.journal;
  options.seed = arguments.seed;
  return options;
}

const char* kind_name(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::preflight_passed: return "preflight";
    case Event::Kind::connected: return "connected";
    case Event::Kind::disconnected: return "disconnected";
    case Event::Kind::published: return "published";
    case Event::Kind::acknowledged: return "acknowledged";
    case Event::Kind::stored: return "stored";
    case Event::Kind::denied: return "denied";
    case Event::Kind::command: return "command";
    case Event::Kind::dropped: return "dropped";
    case Event::Kind::draining: return "draining";
  }
  return "?";
}

void print_event(const Context& context, const Event& event) {
  if (context.json) {
    Json json{{"event", kind_name(event.kind)}, {"station", event.station}};
    if (event.sequence > 0) json["sequence"] = event.sequence;
    if (event.kind == Event::Kind::published) json["topic"] = event.topic;
    if (!event.text.empty()) json["text"] = event.text;
    return context.print(to_line(json));
  }
  const bool routine = event.kind == Event::Kind::acknowledged || event.kind == Event::Kind::stored;
  if (routine && context.verbosity < 1) return;
  const std::string sequence = event.sequence > 0 ? fmt::format(" #{}", event.sequence) : "";
  const bool bad = event.kind == Event::Kind::denied || event.kind == Event::Kind::dropped ||
                   event.kind == Event::Kind::disconnected;
  const std::string detail =
      event.kind == Event::Kind::published ? station::reading_line(event.text) : event.text;
  const std::string text = fmt::format("{}: {}{}{}{}", event.station, kind_name(event.kind),
                                       sequence, detail.empty() ? "" : " ", detail);
  if (bad) return context.warn(text);
  context.note(text);
}

Json to_json(const station::StationCounts& counts) {
  return {{"produced", counts.produced},
          {"acknowledged", counts.acknowledged},
          {"stored", counts.stored},
          {"resent", counts.resent},
          {"denied", counts.denied},
          {"dropped", counts.dropped},
          {"unfinished", counts.unfinished},
          {"connections", counts.connections},
          {"last_sequence", counts.last_sequence}};
}

void print_result(const Context& context, const station::PublisherResult& result) {
  if (context.json) {
    Json stations = Json::object();
    for (const auto& [name, counts] : result.stations) stations[name] = to_json(counts);
    return context.print(to_line({{"event", "result"},
                                  {"elapsed_ms", result.elapsed.count()},
                                  {"total", to_json(result.total)},
                                  {"stations", std::move(stations)}}));
  }
  term::Table table({"station", "readings", "acknowledged", "stored", "resent", "refused", "lost",
                     "open", "connections"});
  const auto row = [&](const std::string& name, const station::StationCounts& counts) {
    table.row({name, fmt::format("{}", counts.produced), fmt::format("{}", counts.acknowledged),
               fmt::format("{}", counts.stored), fmt::format("{}", counts.resent),
               fmt::format("{}", counts.denied), fmt::format("{}", counts.dropped),
               fmt::format("{}", counts.unfinished), fmt::format("{}", counts.connections)});
  };
  for (const auto& [name, counts] : result.stations) row(name, counts);
  if (result.stations.size() > 1) row("all", result.total);
  context.print(table.render(context.out));
}

void print_open(const Context& context, const RunArguments& arguments, std::uint64_t open) {
  if (open == 0) return;
  if (arguments.no_journal)
    return context.warn(fmt::format("{} readings are lost: nobody confirmed them", open));
  context.warn(
      fmt::format("{} readings are not confirmed; the next run from here sends them again "
                  "(kept in {}/)",
                  open, arguments.journal));
}

Exit run(const Context& context, const RunArguments& arguments) {
  const auto options = run_options(arguments);
  if (!options) return context.failed(options.error());
  if (arguments.common.insecure) context.warn(kLessonLoss);
  const auto result =
      station::run_stations(*options, context.clock, context.stop.token(),
                            [&](const Event& event) { print_event(context, event); });
  if (!result) return context.failed(result.error());
  print_result(context, *result);
  const station::StationCounts& total = result->total;
  print_open(context, arguments, total.unfinished);
  return total.denied + total.dropped + total.unfinished == 0 ? Exit::fine : Exit::findings;
}

void print_card(const Context& context, const station::BrokerCard& card) {
  if (context.json) {
    Json json{{"event", "connected"}, {"protocol", card.protocol}, {"cipher", card.cipher}};
    for (const auto& [label, value] : card.certificate) json["certificate"][label] = value;
    return context.print(to_line(json));
  }
  if (card.protocol.empty()) return context.print(context.out.bad("connected in plaintext") + "\n");
  std::string text =
      context.out.good(fmt::format("connected with {} {}", card.protocol, card.cipher)) + "\n";
  for (const auto& [label, value] : card.certificate)
    text += fmt::format("  {}  {}\n", context.out.dim(term::pad_right(label, 8)),
                        core::escape_terminal(value));
  context.print(text);
}

void print_seen(const Context& context, const station::Seen& seen) {
  if (!context.json) return context.print(seen.line + "\n");
  context.print(to_line({{"event", "message"},
                         {"time", core::rfc3339(seen.at)},
                         {"topic", seen.topic},
                         {"payload", seen.payload},
                         {"reading", seen.reading}}));
}

core::Result<station::WatchOptions> watch_options(const WatchArguments& arguments) {
  station::WatchOptions options;
  const net::Endpoint broker = WXSEC_TRY(broker_of(arguments.common));
  options.host = broker.host;
  options.port = broker.port;
  options.security = security_of(arguments.common);
  options.ca = ca_of(arguments.common);
  options.identity = WXSEC_TRY(identity_of(arguments.common, arguments.name));
  options.filter = arguments.filter;
  options.duration = WXSEC_TRY(duration_of(arguments.common.duration));
  if (arguments.messages > 0) options.messages = arguments.messages;
  return options;
}

Exit watch(const Context& context, const WatchArguments& arguments) {
  const auto options = watch_options(arguments);
  if (!options) return context.failed(options.error());
  if (arguments.common.insecure) context.warn(kLessonLoss);
  const station::WatchEvents events{
      .on_connected = [&](const station::BrokerCard& card) { print_card(context, card); },
      .on_disconnected = [&](const std::string& why) { context.warn(why); },
      .on_message = [&](const station::Seen& seen) { print_seen(context, seen); }};
  const auto count = station::watch(*options, context.clock, context.stop.token(), events);
  if (!count) return context.failed(count.error());
  context.note(fmt::format("{} messages", *count));
  return Exit::fine;
}

void add_common(CLI::App& command, Context& context, Common& common) {
  add_dir(command, common.dir);
  command
      .add_option("--broker", common.broker,
                  "broker, as mqtts://HOST[:PORT] (default mqtts://localhost:8883)")
      ->type_name("URL");
  add_tls_files(command, common.files);
  command.add_option("--for", common.duration, "stop after this time: 90s, 10m, 2h")
      ->type_name("TIME");
  add_insecure_lesson(command, common.insecure);
  command
      .add_option("--accounts", common.accounts,
                  "with --insecure-lesson: names and passwords, as 'broker run' wrote them")
      ->capture_default_str()
      ->type_name("FILE");
  add_json(command, context);
}

void add_run(CLI::App& parent, Context& context) {
  CLI::App* const command =
      parent.add_subcommand("run", "weather stations that publish, each with its own certificate");
  auto arguments = std::make_shared<RunArguments>();
  add_common(*command, context, arguments->common);
  command->add_option("--count", arguments->count, "how many stations, from station-0001 on")
      ->check(CLI::Range(1, station::kMaxStations))
      ->capture_default_str();
  command->add_option("--name", arguments->name, "one station by name, instead of --count")
      ->type_name("NAME");
  command->add_option("--interval", arguments->interval, "time between two readings")
      ->capture_default_str()
      ->type_name("TIME");
  command->add_option("--readings", arguments->readings, "each station stops after so many")
      ->type_name("N");
  command->add_flag("--until-stored", arguments->until_stored,
                    "at the end wait for the store even where none has answered so far");
  CLI::Option* const journal =
      command
          ->add_option("--journal", arguments->journal,
                       "keep what is not stored in this directory, across our own death")
          ->capture_default_str()
          ->type_name("DIR");
  command
      ->add_flag("--no-journal", arguments->no_journal,
                 "keep nothing: readings that are not stored die with this process")
      ->excludes(journal);
  command->add_option("--seed", arguments->seed, "of the simulated weather")
      ->capture_default_str()
      ->type_name("N");
  add_help_footer(
      *command,
      {"wxsec station run                                  # station-0001, every 5 seconds",
       "wxsec station run --count 3 --interval 1s --for 5s # three stations, five seconds",
       "wxsec station run --readings 3 --interval 1s --until-stored  # until the API has them"},
      "0 all readings delivered, 1 some refused, lost or open, 2 usage, 3 cannot connect (the "
      "reason is named)");
  on_run(*command, context, [&context, arguments] { return run(context, *arguments); });
}

void add_watch(CLI::App& parent, Context& context) {
  CLI::App* const command =
      parent.add_subcommand("watch", "show what the stations say, and the broker's certificate");
  auto arguments = std::make_shared<WatchArguments>();
  add_common(*command, context, arguments->common);
  command->add_option("--name", arguments->name, "whose certificate (or account) to use")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--topic", arguments->filter, "what to subscribe to")
      ->capture_default_str()
      ->type_name("FILTER");
  command->add_option("--messages", arguments->messages, "stop after so many")->type_name("N");
  add_help_footer(*command,
                  {"wxsec station watch                           # everything, as the operator",
                   "wxsec station watch --topic 'wx/+/reading' --messages 5",
                   "wxsec station watch --json --for 10s          # one JSON object a line"},
                  "0 stopped or seen enough, 2 usage, 3 cannot connect (the reason is named)");
  on_run(*command, context, [&context, arguments] { return watch(context, *arguments); });
}

}  // namespace

void add_station(CLI::App& app, Context& context) {
  CLI::App* const station = app.add_subcommand("station", "weather stations, and who watches them");
  station->require_subcommand(1);
  add_run(*station, context);
  add_watch(*station, context);
}

}  // namespace wxsec::cmd
