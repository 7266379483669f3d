// --passphrase-file, -fd, -env and --ask-passphrase: the same four ways everywhere.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cmd/context.h"
#include "lib/core/passphrase.h"

namespace wxsec::cmd {

// Declares --[PREFIX]passphrase-file FILE, ...-fd N, ...-env NAME and --ask-[PREFIX]passphrase, of
// which one may be given. `what` ends the help texts: "of the authority's key".
void add_passphrase(CLI::App& app, core::PassphraseSource& source, const std::string& prefix,
                    const std::string& what);

// core::read_passphrase(), which also warns where the file may be read by others.
core::Result<core::Passphrase> read_passphrase(const core::PassphraseSource& source,
                                               std::string_view question, core::Typed typed,
                                               const Context& context);

// "pass may be read by others than its owner: chmod 600 pass", where it may.
void warn_if_open(const core::Path& secret_file, const Context& context);

}  // namespace wxsec::cmd
