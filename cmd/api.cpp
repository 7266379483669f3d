#include "cmd/api.h"

#include "cmd/commands.h"
#include "cmd/options.h"

namespace wxsec::cmd {

void add_api(CLI::App& app, Context& context) {
  CLI::App* const api = app.add_subcommand("api", "serve readings over HTTPS, and look at an API");
  api->require_subcommand(1);
  add_help_footer(
      *api,
      {"wxsec api serve --broker none --listen 127.0.0.1:0  # what is stored, on any free port",
       "wxsec api get /api/v1/stations  # the answer, and the certificate behind it",
       "wxsec api get --head https://localhost:8443/readyz"},
      "0 fine, 1 the answer is an error, unencrypted or not to be trusted, 2 usage, 3 "
      "a file, port or connection failed (the reason is named)");
  add_api_serve(*api, context);
  add_api_get(*api, context);
}

}  // namespace wxsec::cmd
