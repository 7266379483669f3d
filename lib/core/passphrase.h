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

// A passphrase that came from somewhere, so that a wrong one can be traced.
struct Passphrase {
  Secret secret = {};
  std::string if_wrong = {};  // one thing to do about it: "it is the first line of pass ..."

  bool empty() const { return secret.empty(); }
  Passphrase clone() const { return {secret.clone(), if_wrong}; }
};

// At most one is set; none: there is no passphrase.
struct PassphraseSource {
  Path file = {};                     // its first line
  std::optional<int> fd = {};         // an open descriptor, read up to its end; its first line
  std::string environment = {};       // name of a variable
  bool prompt = false;                // asked for at the terminal, without echo
  std::string option = "passphrase";  // its options are called --OPTION-file and so on

  bool given() const { return !file.empty() || fd || !environment.empty() || prompt; }
};

// A new passphrase is typed twice, an existing one once.
enum class Typed { once, twice };
inline constexpr std::size_t kMaxPassphrase = 1024;

// The passphrase, without its line end; empty where nothing was `given()`. `question` is what the
// prompt says ("passphrase of certs/key.pem"). Fails: usage (more than one source, it is empty or
// over kMaxPassphrase bytes, the two that were typed differ), not_found, permission, io (also: no
// terminal to ask at), interrupted.
Result<Passphrase> read_passphrase(const PassphraseSource& source, std::string_view question,
                                   Typed typed, const std::stop_token& stop);

// The variable's value, or empty. It is overwritten and removed, so that no child inherits it. Call
// it before there are other threads that look at the environment.
Secret take_from_environment(const char* name);

// `error`, which arose with `passphrase`: where it did not fit (code crypto), the hint says where
// it came from.
Error trace_passphrase(Error error, const Passphrase& passphrase);

// Whether there is a terminal to ask at.
bool has_terminal();

}  // namespace wxsec::core
