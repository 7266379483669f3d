// --passphrase-file, -fd, -env and --ask-passphrase: the same four ways everywhere.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "lib/core/passphrase.h"

namespace wxsec::cmd {

// Declares --[PREFIX]passphrase-file FILE, ...-fd N, ...-env NAME and --ask-[PREFIX]passphrase, of
// which one may be given. `what` ends the help texts: "of the authority's key".
void add_passphrase(CLI::App& app, core::PassphraseSource& source, const std::string& prefix,
                    const std::string& what);

}  // namespace wxsec::cmd
