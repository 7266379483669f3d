// `wxsec broker check`.
#include <fmt/core.h>

#include <memory>
#include <optional>

#include "cmd/broker.h"
#include "cmd/options.h"
#include "lib/term/style.h"
#include "src/broker/audit.h"
#include "src/report/render.h"
#include "src/report/verdict.h"

namespace wxsec::cmd {
namespace {

struct CheckArguments {
  std::string conf = "broker/mosquitto.conf";
  std::string fail_on = "low";
  int pid = 0;
};

core::Result<report::Report> audit(const CheckArguments& arguments, const core::Clock& clock) {
  std::optional<std::vector<broker::Listener>> listening;
  if (arguments.pid > 0) listening = WXSEC_TRY(broker::listeners_of(arguments.pid));
  const auto conf = WXSEC_TRY(broker::read_conf(arguments.conf));
  return report::Report{.title = "wxsec broker check",
                        .at = clock.now(),
                        .checks = {},
                        .findings = broker::audit(conf, listening)};
}

Exit check(const Context& context, const CheckArguments& arguments) {
  const auto fail_on = report::parse_fail_on(arguments.fail_on);
  if (!fail_on) return context.failed(fail_on.error());
  const auto report = audit(arguments, context.clock);
  if (!report) return context.failed(report.error());
  context.print(context.json ? report::render_json(*report, *fail_on)
                             : report::render_text(*report, context.out, term::width_of(stdout)));
  return report::judge(*report, *fail_on).failed ? Exit::findings : Exit::fine;
}

}  // namespace

void add_broker_check(CLI::App& broker, Context& context) {
  CLI::App* const command = broker.add_subcommand(
      "check", "what is wrong with a mosquitto.conf, and with what a broker really listens on");
  auto arguments = std::make_shared<CheckArguments>();
  command->add_option("--conf", arguments->conf, "the configuration to look at")
      ->capture_default_str()
      ->type_name("FILE");
  command->add_option("--pid", arguments->pid, "a running broker, to compare its listeners with")
      ->type_name("PID");
  command->add_option("--fail-on", arguments->fail_on, "exit 1 from this severity on, or never")
      ->capture_default_str()
      ->type_name("SEVERITY");
  add_json(*command, context);
  add_help_footer(*command,
                  {"wxsec broker check                          # ./broker/mosquitto.conf",
                   "wxsec broker check --conf /etc/mosquitto/mosquitto.conf --fail-on never",
                   "wxsec broker check --pid $(pidof mosquitto) # and what it really listens on"},
                  "0 nothing wrong, 1 findings, 2 usage, 3 the file or process cannot be read");
  on_run(*command, context, [&context, arguments] { return check(context, *arguments); });
}

}  // namespace wxsec::cmd
