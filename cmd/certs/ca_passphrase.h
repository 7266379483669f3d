// The options that say where the passphrase of the authority's key comes from, and how it is got:
// the same in every command that signs.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cmd/context.h"
#include "lib/core/passphrase.h"
#include "lib/core/result.h"

namespace wxsec::cmd {

struct PassphraseWords {
  core::PassphraseSource source;
};

// --ca-passphrase-file, -fd, -env and --ask-ca-passphrase.
void add_ca_passphrase(CLI::App& app, PassphraseWords& words);

// As the options say; else from $WXSEC_CA_PASSPHRASE, else asked for on the terminal where `dir`'s
// key is encrypted and there is one; else empty. Typed twice where nothing is encrypted so far:
// then it is a new one. The variable is gone from the environment afterwards: hooks must not
// inherit it.
core::Result<core::Passphrase> ca_passphrase(const PassphraseWords& words, const std::string& dir,
                                             const Context& context);

}  // namespace wxsec::cmd
