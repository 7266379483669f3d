// The commands: each adds itself, with its options and help, to the application.
#pragma once

#include <CLI/CLI.hpp>

#include "cmd/context.h"

namespace wxsec::cmd {

void add_api(CLI::App& app, Context& context);
void add_attack(CLI::App& app, Context& context);
void add_broker(CLI::App& app, Context& context);
void add_certs(CLI::App& app, Context& context);
void add_completion(CLI::App& app, Context& context);
void add_explain(CLI::App& app, Context& context);
void add_help(CLI::App& app, Context& context);
void add_lab(CLI::App& app, Context& context);
void add_man(CLI::App& app, Context& context);
void add_sniff(CLI::App& app, Context& context);
void add_station(CLI::App& app, Context& context);
void add_version(CLI::App& app, Context& context);

}  // namespace wxsec::cmd
