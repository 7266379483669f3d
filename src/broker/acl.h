// Who may say and hear what: the access control list in Mosquitto's own format.
#pragma once

#include <string>

#include "lib/core/result.h"
#include "src/broker/settings.h"

namespace wxsec::broker {

// A station writes below wx/<its own name>/ and reads its own cmd and stored topics; the reader
// hears all stations and writes their `stored` topics; the operator hears everything and writes
// cmd. Nobody else gets anything. Fails with usage on a name that a line cannot carry.
core::Result<std::string> acl_text(const Settings& settings);

}  // namespace wxsec::broker
