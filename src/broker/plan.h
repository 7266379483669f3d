// From what a person asks for to complete settings.
#pragma once

#include <string>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/net/endpoint.h"
#include "src/broker/settings.h"

namespace wxsec::broker {

struct PlanOptions {
  core::Path dir = "certs";  // from `wxsec certs init`
  core::Path out;            // where the configuration goes; empty: default_out()
  std::string listen;        // HOST:PORT; empty: 127.0.0.1 and 8883, or 1883 in the lesson
  std::string user = "mosquitto";
  Security security = Security::mutual_tls;
  unsigned stations = 3;  // accounts in the lesson
};

// "broker", and "broker-lesson" for the lesson: the broker without TLS must never write over the
// files of the one with TLS.
core::Path default_out(Security security);

// The accounts file of the lesson: OUT/accounts.
core::Path accounts_file(const core::Path& out);

// Over TLS the files must exist already. In the lesson, accounts for ingest, operator and the
// stations are read from the accounts file; the missing ones get random passwords. Writes nothing.
// Fails: usage (address), not_found (no certificates or no revocation list), malformed, permission.
core::Result<Settings> plan(const PlanOptions& options);

}  // namespace wxsec::broker
