// `wxsec station watch`.
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/json_text.h"
#include "cmd/options.h"
#include "cmd/station.h"
#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/term/table.h"
#include "src/station/identities.h"
#include "src/station/watch.h"

namespace wxsec::cmd {
namespace {

using Json = nlohmann::ordered_json;

struct WatchArguments {
  StationArguments common;
  std::string name;
  std::string filter = "wx/#";
  std::uint64_t messages = 0;
};

void print_card(const Context& context, const station::BrokerCard& card) {
  if (context.json) {
    Json json{{"event", "connected"}, {"protocol", card.protocol}, {"cipher", card.cipher}};
    for (const auto& [label, value] : card.certificate) json["certificate"][label] = value;
    return context.print(json_line(json));
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
  context.print(json_line({{"event", "message"},
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
  const bool own_files = !arguments.common.files.cert.empty() && !arguments.common.insecure;
  const std::string name = arguments.name.empty() && !own_files ? "operator" : arguments.name;
  options.identity = WXSEC_TRY(identity_of(arguments.common, name));
  options.filter = arguments.filter;
  options.duration = WXSEC_TRY(duration_of(arguments.common.duration));
  if (arguments.messages > 0) options.messages = arguments.messages;
  return options;
}

Exit watch(const Context& context, const WatchArguments& arguments) {
  const auto options = watch_options(arguments);
  if (!options) return context.failed(options.error());
  if (arguments.common.insecure) context.warn(kStationLessonLoss);
  const std::string conflict = station::name_conflict(options->identity);
  if (!conflict.empty()) context.warn(conflict);
  const station::WatchEvents events{
      .on_connected = [&](const station::BrokerCard& card) { print_card(context, card); },
      .on_disconnected = [&](const std::string& why) { context.warn(why); },
      .on_message = [&](const station::Seen& seen) { print_seen(context, seen); }};
  const auto count = station::watch(*options, context.clock, context.stop.token(), events);
  if (!count) return context.failed(count.error());
  context.note(fmt::format("{} messages", *count));
  return Exit::fine;
}

}  // namespace

void add_station_watch(CLI::App& parent, Context& context) {
  CLI::App* const command =
      parent.add_subcommand("watch", "show what the stations say, and the broker's certificate");
  auto arguments = std::make_shared<WatchArguments>();
  add_station_arguments(*command, context, arguments->common);
  command
      ->add_option("--name", arguments->name,
                   "whose certificate (or account) to use; with --cert, the "
                   "certificate's  [operator]")
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

}  // namespace wxsec::cmd
