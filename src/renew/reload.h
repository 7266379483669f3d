// How services hear of a new certificate, and how one asks them what they serve.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "lib/core/result.h"
#include "src/certs/service.h"

namespace wxsec::certs {

// From "broker=pid:4711", "broker=pidfile:/run/mosquitto.pid", "broker=command:/usr/bin/foo",
// "broker=unit:mosquitto" (systemctl reload): SIGHUP, or a program that must end with 0. The
// command is split at spaces and run without a shell. Fails with usage.
core::Result<Service> parse_reload(std::string_view text);

// HOW of NAME=HOW so that it can be kept and read in another directory: a path in it, also that of
// a command with a slash in it, is absolute afterwards. One without a slash is left to PATH, and
// the arguments are left alone. Fails with usage where a command's path would have a space.
core::Result<std::string> from_anywhere(std::string_view how);

// From "broker=mqtts://host:8883": a service that is asked by a handshake which serial it serves,
// and told nothing. Fails with usage.
core::Result<Service> parse_served_at(std::string_view text, std::chrono::milliseconds timeout);

}  // namespace wxsec::certs
