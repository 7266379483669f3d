// Names and passwords for the lesson without TLS, in a file that only its owner may read: one
// "name:password" a line, # starts a comment line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"

namespace wxsec::mqtt {

struct Account {
  std::string name;
  core::Secret password;
};

// Fails as core::read_file (at most 1 MiB), and with malformed on a line without ':', an empty or
// repeated name; the error names the line.
core::Result<std::vector<Account>> read_accounts(const core::Path& file);

// Replaces the file, mode 0600. Fails: permission, io, not_found.
core::Result<void> write_accounts(const core::Path& file, const std::vector<Account>& accounts);

// Null if nobody is called so.
const Account* find_account(const std::vector<Account>& accounts, std::string_view name);

}  // namespace wxsec::mqtt
