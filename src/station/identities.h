// Which stations there are in a certificate directory, or in the lesson's accounts file.
#pragma once

#include <string>
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

// From files, as `name`; empty: as the certificate's common name says, for that is who a broker
// with use_identity_as_username takes it for. Fails with usage where one of the files is not given
// or the certificate has no common name, and as pki::load_certificates.
core::Result<Identity> identity_from(const core::Path& certificate, const core::Path& key,
                                     const std::string& name);

// A sentence where the certificate names somebody else than the identity: a broker that takes the
// common name for the client's name will then refuse what it says. Empty where all is well.
std::string name_conflict(const Identity& identity);

// What clients of that directory trust.
core::Path ca_in(const core::Path& certs_dir);

}  // namespace wxsec::station
