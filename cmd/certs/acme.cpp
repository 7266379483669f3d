#include "cmd/certs/acme.h"

#include <fmt/format.h>

#include "cmd/certs/certs.h"
#include "cmd/options.h"
#include "lib/core/time.h"

namespace wxsec::cmd {

void add_acme_run(CLI::App& app, AcmeRunWords& words) {
  add_dir(app, words.dir);
  app.add_option("--timeout", words.timeout, "for the whole conversation with the server")
      ->default_str("5m")
      ->type_name("SPAN");
  app.add_option("--verify-within", words.verify_within,
                 "how long a service may take until it serves the new certificate")
      ->default_str("5s")
      ->type_name("SPAN");
}

core::Result<acme::RunOptions> acme_run(const AcmeRunWords& words, const Context& context) {
  acme::RunOptions run;
  run.dir = words.dir;
  run.timeout = WXSEC_TRY(core::parse_duration(words.timeout));
  run.verify_within = WXSEC_TRY(core::parse_duration(words.verify_within));
  run.force = words.force;
  run.note = [&context](std::string_view text) {
    if (context.verbosity > 0) context.note(text);
  };
  run.on_step = [&context](std::string_view name, certs::DeployStep step, std::string_view detail) {
    if (context.verbosity > 0 || step >= certs::DeployStep::reloaded)
      context.note(fmt::format("{}: {} {}", name, certs::deploy_step_text(step), detail));
  };
  return run;
}

void add_certs_acme(CLI::App& certs, Context& context) {
  CLI::App* const acme = certs.add_subcommand(
      "acme",
      "certificates from Let's Encrypt and other ACME servers: built-in client, and certbot");
  acme->require_subcommand(1);
  add_help_footer(
      *acme,
      {"wxsec certs acme obtain --server https://localhost:14000/dir --ca-file "
       "pebble.pem --domain broker.wx.test --http-port 5002",
       "wxsec certs acme renew --dry-run"},
      "0 fine, 1 not in use, failed or rolled back, 2 usage, 3 the server refused or was "
      "not reached");
  add_acme_obtain(*acme, context);
  add_acme_renew(*acme, context);
  add_acme_certbot(*acme, context);
  add_acme_hook(*acme, context);
}

}  // namespace wxsec::cmd
