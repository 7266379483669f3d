#include "cmd/api.h"

#include "cmd/commands.h"

namespace wxsec::cmd {

void add_api(CLI::App& app, Context& context) {
  CLI::App* const api = app.add_subcommand("api", "serve readings over HTTPS, and look at an API");
  api->require_subcommand(1);
  add_api_serve(*api, context);
  add_api_get(*api, context);
}

}  // namespace wxsec::cmd
