// The parts of `wxsec broker` that have a file of their own.
#pragma once

#include <CLI/CLI.hpp>

#include "cmd/context.h"

namespace wxsec::cmd {

void add_broker_check(CLI::App& broker, Context& context);

}  // namespace wxsec::cmd
