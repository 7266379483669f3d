// As whom mosquitto runs, and whether that user can read what it must.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/proc/child.h"

namespace wxsec::broker {

struct BrokerUser {
  std::string name;                  // for messages, and for `user` in the file
  std::optional<proc::User> become;  // set: we are root and the child must become this user
};

// Root's child becomes `wanted`, unless that is root or we are root only inside a user namespace
// that knows no other user; anybody else's child stays who we are. Fails with not_found when the
// machine has no such user.
core::Result<BrokerUser> broker_user(const std::string& wanted);

// Fails with permission when `user` cannot read one of the files, naming the file or directory in
// the way and the command that mends it; with not_found when one is missing. `certs_dir`: the
// certificate directory that files of it can be mended by; may be empty.
core::Result<void> check_readable(const BrokerUser& user, const std::vector<core::Path>& files,
                                  const core::Path& certs_dir);

}  // namespace wxsec::broker
