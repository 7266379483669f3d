#include "cmd/certs.h"

#include "cmd/commands.h"
#include "cmd/options.h"

namespace wxsec::cmd {

void add_certs(CLI::App& app, Context& context) {
  CLI::App* const certs =
      app.add_subcommand("certs", "make, look at, check and renew certificates");
  certs->require_subcommand(1);
  add_help_footer(*certs,
                  {"wxsec certs init              # an authority, and a pair for everybody",
                   "wxsec certs check             # is everything fine, and for how long",
                   "wxsec certs renew --dry-run   # what is due"},
                  "0 fine, 1 findings, 2 usage, 3 the environment refused (permission, connection, "
                  "missing file)");
  add_certs_init(*certs, context);
  add_certs_issue(*certs, context);
  add_certs_sign(*certs, context);
  add_certs_import(*certs, context);
  add_certs_export(*certs, context);
  add_certs_inspect(*certs, context);
  add_certs_trust(*certs, context);
  add_certs_check(*certs, context);
  add_certs_list(*certs, context);
  add_certs_lint(*certs, context);
  add_certs_renew(*certs, context);
  add_certs_rollback(*certs, context);
  add_certs_revoke(*certs, context);
  add_certs_crl(*certs, context);
  add_certs_acme(*certs, context);
  add_certs_watch(*certs, context);
  add_certs_rotate(*certs, context);
}

}  // namespace wxsec::cmd
