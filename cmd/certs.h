// The parts of `wxsec certs`, one file each.
#pragma once

#include <CLI/CLI.hpp>

#include "cmd/context.h"

namespace wxsec::cmd {

void add_certs_init(CLI::App& certs, Context& context);

}  // namespace wxsec::cmd
