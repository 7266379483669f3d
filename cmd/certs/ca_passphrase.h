// The options that say where the passphrase of the authority's key comes from, and how it is got.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "cmd/context.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"

namespace wxsec::cmd {

struct PassphraseWords {
  std::string file;
  std::optional<int> descriptor;
  bool prompt = false;  // 'certs init' alone
};

// --ca-passphrase-file, --ca-passphrase-fd; the help names the environment variable.
void add_ca_passphrase(CLI::App& app, PassphraseWords& words);
// The same, and --ca-passphrase-prompt: for the command that chooses it.
void add_new_ca_passphrase(CLI::App& app, PassphraseWords& words);

// From the file or descriptor, else from the environment, else asked for on the terminal where
// `dir`'s key is encrypted and there is one; else empty.
core::Result<core::Secret> ca_passphrase(const PassphraseWords& words, const std::string& dir);

}  // namespace wxsec::cmd
