#include "cmd/options.h"

#include <string_view>
#include <utility>

#include "lib/core/log.h"

namespace wxsec::cmd {
namespace {

constexpr std::string_view kExitCodes = "Exit codes: ";

void set_colour(Context& context, const std::string& choice) {
  const term::Colour colour = choice == "always"  ? term::Colour::always
                              : choice == "never" ? term::Colour::never
                                                  : term::Colour::automatic;
  context.out = term::style_for(stdout, colour);
  context.err = term::style_for(stderr, colour);
}

void set_verbosity(Context& context, int change) {
  context.verbosity += change;
  core::set_log_level(context.verbosity > 0    ? core::LogLevel::debug
                      : context.verbosity == 0 ? core::LogLevel::info
                                               : core::LogLevel::warning);
}

}  // namespace

void add_json(CLI::App& app, Context& context) {
  app.add_flag("--json", context.json, "machine-readable result on stdout");
}

void add_dir(CLI::App& app, std::string& dir) {
  app.add_option("--dir", dir, "certificate directory")
      ->envname("WXSEC_DIR")
      ->default_str(dir)
      ->type_name("DIR");
}

void add_tls_files(CLI::App& app, TlsFiles& files) {
  app.add_option("--ca", files.ca, "CA certificates to trust (PEM)")->type_name("FILE");
  app.add_option("--cert", files.cert, "own certificate chain (PEM)")->type_name("FILE");
  app.add_option("--key", files.key, "own private key (PEM)")->type_name("FILE");
}

void add_broker(CLI::App& app, std::string& broker) {
  app.add_option("--broker", broker, "broker, as mqtts://HOST[:PORT]")
      ->default_str(broker)
      ->type_name("URL");
}

void add_insecure_lesson(CLI::App& app, bool& insecure) {
  app.add_flag("--insecure-lesson", insecure,
               "no TLS: everybody on the wire reads and forges everything; for lessons only");
}

void add_help_footer(CLI::App& app, std::initializer_list<const char*> examples,
                     const char* exit_codes) {
  std::string text;
  for (const char* example : examples) text += std::string(example) + "\n";
  app.footer(text + std::string(kExitCodes) + exit_codes);
}

HelpFooter help_footer(const CLI::App& app) {
  HelpFooter footer;
  const std::string text = app.get_footer();
  std::string_view rest = text;
  while (!rest.empty() && rest.substr(0, kExitCodes.size()) != kExitCodes) {
    const std::size_t end = rest.find('\n');
    footer.examples.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  if (!rest.empty()) footer.exit_codes = rest.substr(kExitCodes.size());
  return footer;
}

void add_global_options(CLI::App& app, Context& context) {
  app.add_flag_callback(
      "-v,--verbose", [&context] { set_verbosity(context, 1); }, "say more on stderr");
  app.add_flag_callback(
      "-q,--quiet", [&context] { set_verbosity(context, -1); },
      "only the result, warnings and errors");
  app.add_option_function<std::string>(
         "--color", [&context](const std::string& choice) { set_colour(context, choice); },
         "colour the output; automatic: on a terminal, unless NO_COLOR is set")
      ->check(CLI::IsMember({"auto", "always", "never"}));
}

void on_run(CLI::App& app, Context& context, std::function<Exit()> body) {
  // An option that may be repeated takes one value each time: what follows is the command's own.
  for (CLI::Option* const option : app.get_options())
    if (option->nonpositional()) option->allow_extra_args(false);
  app.callback([&context, body = std::move(body)] { context.exit = body(); });
}

}  // namespace wxsec::cmd
