// `wxsec station`: what `run` and `watch` have in common; each has its own file.
#include "cmd/station.h"

#include <fmt/core.h>

#include "cmd/commands.h"
#include "lib/core/time.h"
#include "src/station/identities.h"

namespace wxsec::cmd {
namespace {

constexpr std::uint16_t kTlsPort = 8883;
constexpr std::uint16_t kPlainPort = 1883;

}  // namespace

core::Result<net::Endpoint> broker_of(const StationArguments& common) {
  const std::string fallback = fmt::format("{}://localhost", common.insecure ? "mqtt" : "mqtts");
  net::Endpoint endpoint = WXSEC_TRY(net::parse_endpoint(
      common.broker.empty() ? fallback : common.broker, common.insecure ? kPlainPort : kTlsPort));
  if (endpoint.scheme == net::Scheme::https || endpoint.scheme == net::Scheme::http)
    return core::fail(core::Code::usage, fmt::format("'{}' is no broker's address", common.broker),
                      "write mqtts://HOST[:PORT]; the API's address is for 'wxsec api get'");
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

core::Result<station::Identity> identity_of(const StationArguments& common,
                                            const std::string& name) {
  if (common.insecure) return station::lesson_identity(common.accounts, name);
  if (common.files.cert.empty() && common.files.key.empty())
    return station::identity_in(common.dir, name);
  return station::identity_from(common.files.cert, common.files.key, name);
}

core::Path ca_of(const StationArguments& common) {
  return common.files.ca.empty() ? station::ca_in(common.dir) : core::Path(common.files.ca);
}

station::Security security_of(const StationArguments& common) {
  return common.insecure ? station::Security::plaintext_lesson : station::Security::mutual_tls;
}

void add_station_arguments(CLI::App& command, Context& context, StationArguments& common) {
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

void add_station(CLI::App& app, Context& context) {
  CLI::App* const station = app.add_subcommand("station", "weather stations, and who watches them");
  station->require_subcommand(1);
  add_help_footer(
      *station,
      {"wxsec station run            # station-0001 publishes, until Ctrl-C",
       "wxsec station run --count 3 --readings 2 --interval 1s",
       "wxsec station watch --for 5s # what they say, as the operator hears it"},
      "0 all delivered or seen, 1 some refused, lost or open, 2 usage, 3 cannot connect "
      "(the reason is named)");
  add_station_run(*station, context);
  add_station_watch(*station, context);
}

}  // namespace wxsec::cmd
