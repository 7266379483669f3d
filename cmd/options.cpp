#include "cmd/options.h"

#include <utility>

namespace wxsec::cmd {

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
  std::string text = "Examples:\n";
  for (const char* example : examples) text += std::string("  ") + example + "\n";
  app.footer(text + "\nExit codes: " + exit_codes);
}

void on_run(CLI::App& app, Context& context, std::function<Exit()> body) {
  app.callback([&context, body = std::move(body)] { context.exit = body(); });
}

}  // namespace wxsec::cmd
