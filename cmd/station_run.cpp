// `wxsec station run`.
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/json_text.h"
#include "cmd/options.h"
#include "cmd/station.h"
#include "lib/core/time.h"
#include "lib/term/table.h"
#include "src/station/identities.h"
#include "src/station/publisher.h"
#include "src/station/reading_line.h"

namespace wxsec::cmd {
namespace {

using Json = nlohmann::ordered_json;
using station::Event;
using station::Identity;

struct RunArguments {
  StationArguments common;
  unsigned count = 1;
  std::string name;
  std::string interval = "5s";
  std::uint64_t readings = 0;
  std::uint64_t seed = 1;
  std::string journal = "station-journal";
  bool no_journal = false;
  bool until_stored = false;
};

core::Result<std::vector<Identity>> stations_of(const RunArguments& arguments) {
  const StationArguments& common = arguments.common;
  const bool own_files = !common.files.cert.empty() || !common.files.key.empty();
  if (own_files && arguments.count > 1)
    return core::fail(core::Code::usage,
                      "--cert and --key are one station's, --count asks for more",
                      "leave out --count, or the files: --dir has a pair for each station");
  if (arguments.name.empty() && (!own_files || common.insecure))
    return common.insecure ? station::lesson_identities(common.accounts, arguments.count)
                           : station::station_identities(common.dir, arguments.count);
  std::vector<Identity> one;
  one.push_back(WXSEC_TRY(identity_of(common, arguments.name)));
  return one;
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
    return context.print(json_line(json));
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
    return context.print(json_line({{"event", "result"},
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
  if (arguments.common.insecure) context.warn(kStationLessonLoss);
  if (!arguments.name.empty()) {
    const std::string conflict = station::name_conflict(options->stations.front());
    if (!conflict.empty()) context.warn(conflict);
  }
  const auto result =
      station::run_stations(*options, context.clock, context.stop.token(),
                            [&](const Event& event) { print_event(context, event); });
  if (!result) return context.failed(result.error());
  print_result(context, *result);
  const station::StationCounts& total = result->total;
  print_open(context, arguments, total.unfinished);
  return total.denied + total.dropped + total.unfinished == 0 ? Exit::fine : Exit::findings;
}

}  // namespace

void add_station_run(CLI::App& parent, Context& context) {
  CLI::App* const command =
      parent.add_subcommand("run", "weather stations that publish, each with its own certificate");
  auto arguments = std::make_shared<RunArguments>();
  add_station_arguments(*command, context, arguments->common);
  command->add_option("--count", arguments->count, "how many stations, from station-0001 on")
      ->check(CLI::Range(1, station::kMaxStations))
      ->capture_default_str();
  command
      ->add_option("--name", arguments->name,
                   "one station by name, instead of --count; with --cert, the certificate's")
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

}  // namespace wxsec::cmd
