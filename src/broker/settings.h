// What a broker is to be like: plain facts, from which configuration, ACL and child process follow.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/file.h"
#include "lib/mqtt/accounts.h"

namespace wxsec::broker {

// mutual_tls: every client shows a certificate, whose CN is its name and client id.
// plaintext_lesson: names and passwords over a wire that everybody reads; for lessons only.
enum class Security { mutual_tls, plaintext_lesson };

// PEM files for a listener with TLS.
struct BrokerFiles {
  core::Path ca;           // whom clients' certificates must come from
  core::Path certificate;  // leaf first, then the chain
  core::Path key;
  std::optional<core::Path> crl;  // a broker with a CRL file refuses revoked clients
};

// A name and its password, for the lesson without TLS.
using Account = mqtt::Account;

// The broker's files in a directory that `wxsec certs init` made, absolute; by way of `current`, so
// that a renewed certificate is found at the next reload. They need not exist.
BrokerFiles files_from(const core::Path& certs_dir);

struct Settings {
  std::string bind_address = "127.0.0.1";
  std::uint16_t port = 8883;
  Security security = Security::mutual_tls;
  BrokerFiles files;              // of mutual_tls
  core::Path certs_dir;           // where they come from, for hints; may be empty
  std::vector<Account> accounts;  // of plaintext_lesson; password_file is made from them
  bool keep_accounts = false;     // write them down for the clients too: OUT/accounts
  // Names besides the stations (who write below wx/<own name>/ only).
  std::string reader = "ingest";  // reads all readings, writes the `stored` acknowledgements
  std::string operator_name = "operator";  // reads everything, may command stations
  std::string user = "mosquitto";          // whom mosquitto becomes when started as root
  std::string minimum_tls = "tlsv1.2";
  int max_connections = 1000;

  Settings clone() const;  // passwords are not copied by accident
};

}  // namespace wxsec::broker
