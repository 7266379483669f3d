// mosquitto.conf, written in the one order that Mosquitto 2.0.11 takes without opening a second,
// plaintext listener on port 1883.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/core/result.h"
#include "src/broker/settings.h"

namespace wxsec::broker {

// Where the files that belong together lie (absolute paths).
struct ConfigFiles {
  core::Path conf;           // mosquitto.conf
  core::Path acl;            // acl
  core::Path passwords;      // passwords, hashed; only in the lesson without TLS
  core::Path data;           // directory for retained messages and persistent sessions
  core::Path accounts = {};  // names and passwords for the clients of the lesson
  // Files that had been edited by hand since we wrote them, and where their text is kept now.
  std::vector<std::pair<core::Path, core::Path>> kept = {};
};

// The files' places in the directory `out`.
ConfigFiles config_files(const core::Path& out);

// The text of the file, each block with a comment that says why. Fails with usage on a path or
// address that a line of the file cannot carry (line break, blank at an end).
core::Result<std::string> conf_text(const Settings& settings, const ConfigFiles& files);

// Lines "name:$7$rounds$salt$hash" (lib/pki/password_hash.h). Fails with usage on names that the
// format cannot carry (':' or a control character) and on empty passwords.
core::Result<std::string> password_text(const std::vector<Account>& accounts);

// Writes all of them into `out` (created 0755): conf 0644; acl and passwords 0600, or 0640 with
// the broker user's group where root writes for another user, who then owns the data directory.
// Replaces what is there; what somebody has edited since is first copied beside it and named in
// `kept`. Fails: usage, permission, io, not_found (no such user).
core::Result<ConfigFiles> write_config(const Settings& settings, const core::Path& out);

}  // namespace wxsec::broker
