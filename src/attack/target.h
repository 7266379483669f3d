// From what a person types to a target: URLs, and the certificate directory for everything else.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "src/attack/attempt.h"

namespace wxsec::attack {

// Empty: the directory's default. With neither URL given, both are tried where `certs init`,
// `broker run` and `api serve` put them: mqtts://localhost:8883 and https://localhost:8443.
struct TargetOptions {
  core::Path dir = "certs";
  std::string broker;
  std::string api;
  core::Path ca;       // instead of DIR/ca.pem
  Identity operator_;  // instead of DIR/operator
  Identity revoked;
  std::string interface = "lo";
  std::chrono::milliseconds listen_for{1500};
};

// Files that are not there are left empty: the attempts that need them will say so. Fails with
// usage on an URL of another kind. Nothing is resolved or connected.
core::Result<Target> target_from(const TargetOptions& options);

// The hosts that would be sent something and are not this machine; each once.
std::vector<std::string> foreign_hosts(const Target& target);

}  // namespace wxsec::attack
