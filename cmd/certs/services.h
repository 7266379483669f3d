// --reload and --verify: the services that use the certificates, declared once.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "lib/core/result.h"
#include "src/certs/service.h"

namespace wxsec::cmd {

struct ServiceWords {
  std::vector<std::string> reloads;
  std::vector<std::string> verifies;
  std::string verify_within = "5s";
};

// --reload alone.
void add_reloads(CLI::App& app, ServiceWords& words);
// --reload, --verify and --verify-within.
void add_services(CLI::App& app, ServiceWords& words, const char* verify_help,
                  const char* verify_within);

struct Services {
  std::vector<certs::Service> list;
  std::chrono::milliseconds verify_within{};
};
core::Result<Services> services_of(const ServiceWords& words);

}  // namespace wxsec::cmd
