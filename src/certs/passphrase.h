// The passphrase of the authorities' keys, from wherever it is kept; never from the command line,
// which every user of the machine can read in /proc.
#pragma once

#include <string_view>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"

namespace wxsec::certs {

inline constexpr std::size_t kMaxPassphrase = 1024;
inline constexpr const char* kPassphraseVariable = "WXSEC_CA_PASSPHRASE";

// The first line of a file or of an open descriptor (read to its end or to the line's; not closed).
// Fails: not_found, permission, io, usage (empty, or longer than kMaxPassphrase).
core::Result<core::Secret> passphrase_from_file(const core::Path& path);
core::Result<core::Secret> passphrase_from_descriptor(int descriptor);

// $WXSEC_CA_PASSPHRASE, or empty. It is overwritten and removed from the environment: hooks must
// not inherit it. Call it before there are other threads that look at the environment.
core::Secret passphrase_from_environment();

// Asked for on the process's terminal, without echo; with `twice`, again to be sure. Fails with
// usage where there is no terminal, where the two differ, or nothing was typed.
enum class Ask { once, twice };
core::Result<core::Secret> passphrase_from_terminal(std::string_view prompt, Ask ask);

bool has_terminal();

// Whether the key that DIR signs with is encrypted: PKCS#8's own words, RFC 7468 11. False where
// there is none.
bool is_authority_encrypted(const core::Path& dir);

}  // namespace wxsec::certs
