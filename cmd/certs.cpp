#include "cmd/certs.h"

#include "cmd/commands.h"
#include "cmd/options.h"

namespace wxsec::cmd {

void add_certs(CLI::App& app, Context& context) {
  CLI::App* const certs =
      app.add_subcommand("certs", "make, look at, check and renew certificates");
  certs->require_subcommand(1);
  add_certs_init(*certs, context);
}

}  // namespace wxsec::cmd
