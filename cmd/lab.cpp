// `wxsec lab`: outside, it makes the room and waits; inside, it plays the session.
#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "cmd/commands.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/file.h"
#include "src/lab/namespace.h"
#include "src/lab/render.h"
#include "src/lab/run.h"

namespace wxsec::cmd {
namespace {

struct LabArguments {
  std::string out;
  unsigned stations = 3;
  bool pace = false;
  bool list = false;
  bool evidence = false;
  bool inside = false;
};

Exit list_steps(const Context& context) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  std::string text;
  std::string_view act;
  for (const lab::StepInfo& step : lab::step_list()) {
    json.push_back({{"act", step.act}, {"name", step.name}, {"title", step.title}});
    if (step.act != act)
      text += context.out.bold(std::string(act.empty() ? "" : "\n") + std::string(step.act)) + "\n";
    act = step.act;
    text += fmt::format("  {:<18} {}\n", step.name, step.title);
  }
  context.print(context.json ? json_text(json) : text);
  return Exit::fine;
}

// Waits for Enter; end of input stops the pacing, not the lab.
void wait_for_reader(const Context& context, bool& pace) {
  std::fputs(context.err.dim("  [Enter to go on] ").c_str(), stderr);
  for (int c = std::getchar(); c != '\n'; c = std::getchar()) {
    if (c == EOF) pace = false;
    if (c == EOF) return;
  }
}

void announce(const Context& context, const lab::StepInfo& step, bool& pace) {
  const std::string head = fmt::format("{}: {}\n", step.act, step.title);
  std::fputs(context.err.bold(head).c_str(), stderr);
  if (!pace) return;
  std::fputs(fmt::format("\n  {}\n\n  By hand:\n", step.explain).c_str(), stderr);
  std::string line = "    ";
  for (const char c : step.by_hand) {
    line.push_back(c);
    if (c == '\n') line += "    ";
  }
  std::fputs((context.err.cyan(line) + "\n\n").c_str(), stderr);
  wait_for_reader(context, pace);
}

Exit play(const Context& context, const LabArguments& arguments) {
  if (auto settled = lab::settle_in([&context] { context.stop.request_stop(); }); !settled) {
    return context.failed(settled.error());
  }
  bool pace = arguments.pace;
  lab::Options options;
  options.out = arguments.out;
  options.version = WXSEC_VERSION;
  options.stations = arguments.stations;
  options.on_step = [&](const lab::StepInfo& step) { announce(context, step, pace); };
  options.on_done = [&](const lab::StepRecord& step) {
    std::fputs(lab::render_step(step, context.err, arguments.evidence || pace).c_str(), stderr);
  };
  const auto transcript = lab::run(options, context.clock, context.stop.token());
  if (!transcript) return context.failed(transcript.error());
  context.print(context.json ? lab::render_json(*transcript)
                             : "\n" + lab::render_comparison(*transcript, context.out));
  const lab::Outputs outputs = lab::outputs_in(options.out);
  if (!context.json) {
    context.print(fmt::format("\nreport    {}\ncaptures  {}  {}  {}\nkey log   {}\n",
                              outputs.html.string(), outputs.plain_capture.string(),
                              outputs.tls_capture.string(), outputs.renewal_capture.string(),
                              outputs.tls_keys.string()));
  }
  return transcript->held() ? Exit::fine : Exit::findings;
}

// The same command line again, with absolute paths, on the other side of the door.
Exit enter(const Context& context, const LabArguments& arguments) {
  const auto door = lab::find_door();
  if (!door) return context.failed(door.error());
  std::optional<core::TempDirectory> temporary;
  core::Path out = arguments.out;
  if (out.empty()) {
    auto made = core::TempDirectory::create("wxsec-lab-");
    if (!made) return context.failed(made.error());
    temporary.emplace(std::move(*made));
    out = temporary->path();
  }
  std::error_code ignored;
  out = std::filesystem::absolute(out, ignored);
  const auto lock = lab::prepare_output(out);
  if (!lock) return context.failed(lock.error());
  std::vector<std::string> again{"lab",        "--inside",   "--out",
                                 out.string(), "--stations", std::to_string(arguments.stations)};
  if (arguments.pace) again.emplace_back("--pace");
  if (arguments.evidence) again.emplace_back("--evidence");
  if (context.json) again.emplace_back("--json");
  const auto code = lab::run_in_namespace(*door, again, context.stop.token());
  if (!code) return context.failed(code.error());
  const bool reported =
      *code == static_cast<int>(Exit::fine) || *code == static_cast<int>(Exit::findings);
  if (temporary && reported) temporary->release();
  return static_cast<Exit>(*code);
}

}  // namespace

void add_lab(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand("lab",
                                               "the whole session in one command: plaintext, TLS, "
                                               "certificates, comparison; ends in a report");
  auto arguments = std::make_shared<LabArguments>();
  command
      ->add_option("--out", arguments->out,
                   "directory for the report and the captures (default: a new one under /tmp)")
      ->type_name("DIR");
  command->add_option("--stations", arguments->stations, "how many stations report")
      ->check(CLI::Range(1, 20))
      ->capture_default_str();
  command->add_flag("--pace", arguments->pace,
                    "stop before each step and explain it, for teaching");
  command->add_flag("--list", arguments->list, "show the steps and end");
  command->add_flag("--evidence", arguments->evidence,
                    "show the evidence of every expectation, not only of failed ones");
  command->add_flag("--inside", arguments->inside)
      ->group("");  // set by ourselves: we are in the namespace
  add_json(*command, context);
  add_help_footer(*command,
                  {"wxsec lab --list                    # what will be done",
                   "wxsec lab --out report              # everything; then open report/report.html",
                   "wxsec lab --out report --json       # the same, the result as JSON on stdout"},
                  "0 every expectation held, 1 one did not, 2 usage, 3 no namespace allowed or a "
                  "program is missing, 130 interrupted");
  on_run(*command, context, [&context, arguments] {
    if (arguments->list) return list_steps(context);
    return arguments->inside ? play(context, *arguments) : enter(context, *arguments);
  });
}

}  // namespace wxsec::cmd
