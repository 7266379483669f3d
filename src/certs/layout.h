// Which file lies where in a certificate directory. The names inside an identity are certbot's, so
// that other software's instructions fit.
//
//     DIR/ca.pem                      what clients trust: the root certificate
//     DIR/crl.pem                     revocation lists of the issuing and the root authority
//     DIR/crl-untold                  not everybody was told of that one yet (crl_untold.h)
//     DIR/broker/0001/cert.pem ...    one generation: cert.pem chain.pem fullchain.pem privkey.pem
//     DIR/broker/current -> 0001      the generation in use; swapped atomically
//     DIR/stations/station-0001/...   likewise for every station
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/core/file.h"

namespace wxsec::certs {

struct IdentityFiles {
  core::Path cert;       // the leaf
  core::Path chain;      // the authorities above it, without the root
  core::Path fullchain;  // leaf and chain: what a server shows
  core::Path key;        // PKCS#8
};

// The four files of a generation (or of `current`).
IdentityFiles files_in(const core::Path& generation);

// The signing request that a generation without a key answers: its holder keeps the key.
core::Path request_in(const core::Path& generation);

inline constexpr std::string_view kFixedIdentities[] = {"root", "issuing",  "broker",
                                                        "api",  "operator", "ingest"};

// "station-0001".
std::string station_name(unsigned number);

class Layout {
 public:
  explicit Layout(core::Path dir) : dir_(std::move(dir)) {}

  const core::Path& dir() const { return dir_; }
  core::Path ca() const { return dir_ / "ca.pem"; }
  core::Path crl() const { return dir_ / "crl.pem"; }
  core::Path lock() const { return dir_ / ".lock"; }
  core::Path ledger() const { return dir_ / "ledger.db"; }
  // Certificates that are wrong on purpose lie apart, so that nobody deploys them by their place.
  core::Path wrong(std::string_view name) const { return dir_ / "wrong" / name; }
  core::Path stations() const { return dir_ / "stations"; }

  // Folder of an identity: DIR/NAME where that is one of the fixed names or exists already, else
  // DIR/stations/NAME. The name must have passed check_identity_name().
  core::Path identity(std::string_view name) const;
  // Folder of an identity that is to be made: where one of that name is already, else DIR/NAME, or
  // DIR/stations/NAME for a station. A name stands for one identity, wherever it lies.
  core::Path place_for(std::string_view name, bool station) const;
  // Files of its current generation; they need not exist.
  IdentityFiles current(std::string_view name) const;

  IdentityFiles root() const { return current("root"); }
  IdentityFiles issuing() const { return current("issuing"); }
  IdentityFiles broker() const { return current("broker"); }
  IdentityFiles api() const { return current("api"); }
  IdentityFiles operator_() const { return current("operator"); }
  IdentityFiles ingest() const { return current("ingest"); }
  IdentityFiles station(unsigned number) const { return current(station_name(number)); }

  // Every identity that has a `current`, fixed ones first, then further ones, then stations by
  // name. Each name once: see hidden_stations().
  core::Result<std::vector<std::string>> identities() const;
  // Names below `stations` that no command reaches, since DIR/NAME goes before them.
  std::vector<std::string> hidden_stations() const;

 private:
  core::Path dir_;
};

// An identity's name becomes a folder, a common name and an MQTT user name: 1-64 of a-z 0-9 - _ .
// (and A-Z), not starting with a dot or dash. Fails with usage.
core::Result<void> check_identity_name(std::string_view name);
// The same for what is made, and is no authority: root, issuing and acme are refused, too.
core::Result<void> check_leaf_name(std::string_view name);

// In their order, the first of each: who is named twice on a command line is meant once.
std::vector<std::string> each_once(std::vector<std::string> names);

}  // namespace wxsec::certs
