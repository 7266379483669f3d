// A passphrase from where no other user of the machine can read it. Never an argument: everybody
// sees those in the list of processes.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"

namespace wxsec::core {

// At most one is set; none: there is no passphrase.
struct PassphraseSource {
  Path file = {};                // its first line
  std::optional<int> fd = {};    // an open descriptor, read up to its end; its first line
  std::string environment = {};  // name of a variable
  bool prompt = false;           // asked for at the terminal, without echo

  bool given() const { return !file.empty() || fd || !environment.empty() || prompt; }
};

// A new passphrase is typed twice, an existing one once.
enum class Typed { once, twice };
inline constexpr std::size_t kMaxPassphrase = 1024;

// The passphrase, without its line end; empty where nothing was `given()`. `question` is what the
// prompt says ("passphrase of certs/key.pem"). Fails: usage (more than one source, it is empty or
// over kMaxPassphrase bytes, the two that were typed differ), not_found, permission, io (also: no
// terminal to ask at), interrupted.
Result<Secret> read_passphrase(const PassphraseSource& source, std::string_view question,
                               Typed typed, const std::stop_token& stop);

// The variable's value, or empty. It is overwritten and removed, so that no child inherits it. Call
// it before there are other threads that look at the environment.
Secret take_from_environment(const char* name);

// Whether there is a terminal to ask at.
bool has_terminal();

}  // namespace wxsec::core
