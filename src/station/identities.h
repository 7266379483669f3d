// Which stations there are in a certificate directory, or in the lesson's accounts file.
#pragma once

#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "src/station/publisher.h"

namespace wxsec::station {

// station-0001 to station-`count` of a directory made by `wxsec certs init`. Fails: not_found (the
// hint says how to make more), usage (count of 0 or above kMaxStations).
core::Result<std::vector<Identity>> station_identities(const core::Path& certs_dir, unsigned count);

// The same names with passwords from the accounts file. Fails as mqtt::read_accounts, and with
// not_found where one has no account.
core::Result<std::vector<Identity>> lesson_identities(const core::Path& accounts, unsigned count);

// Any identity by name, "operator" for one.
core::Result<Identity> identity_in(const core::Path& certs_dir, const std::string& name);
core::Result<Identity> lesson_identity(const core::Path& accounts, const std::string& name);

// What clients of that directory trust.
core::Path ca_in(const core::Path& certs_dir);

}  // namespace wxsec::station
