#include "cmd/certs/certs.h"

#include "cmd/command_table.h"
#include "cmd/commands.h"
#include "cmd/options.h"

namespace wxsec::cmd {
namespace {

constexpr Command kParts[] = {
    {"init", nullptr, add_certs_init},        {"issue", nullptr, add_certs_issue},
    {"sign", nullptr, add_certs_sign},        {"import", nullptr, add_certs_import},
    {"export", nullptr, add_certs_export},    {"inspect", nullptr, add_certs_inspect},
    {"trust", nullptr, add_certs_trust},      {"check", nullptr, add_certs_check},
    {"list", nullptr, add_certs_list},        {"lint", nullptr, add_certs_lint},
    {"renew", nullptr, add_certs_renew},      {"rollback", nullptr, add_certs_rollback},
    {"revoke", nullptr, add_certs_revoke},    {"crl", nullptr, add_certs_crl},
    {"acme", nullptr, add_certs_acme},        {"watch", nullptr, add_certs_watch},
    {"rotate-ca", nullptr, add_certs_rotate},
};

}  // namespace

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
  add_commands(*certs, context, kParts);
}

}  // namespace wxsec::cmd
