// The subcommands of `wxsec api`.
#pragma once

#include <CLI/CLI.hpp>

#include "cmd/context.h"

namespace wxsec::cmd {

void add_api_serve(CLI::App& api, Context& context);
void add_api_get(CLI::App& api, Context& context);

}  // namespace wxsec::cmd
