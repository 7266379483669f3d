// The parts of `wxsec certs acme`, one file each, and what they share.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cmd/context.h"
#include "src/acme/hook.h"
#include "src/acme/obtain.h"

namespace wxsec::cmd {

void add_acme_obtain(CLI::App& acme, Context& context);
void add_acme_renew(CLI::App& acme, Context& context);
void add_acme_certbot(CLI::App& acme, Context& context);
void add_acme_hook(CLI::App& acme, Context& context);

// --dir, --timeout, --verify-within, --force.
struct AcmeRunWords {
  std::string dir = "certs";
  std::string timeout = "5m";
  std::string verify_within = "5s";
  bool force = false;
};
void add_acme_run(CLI::App& app, AcmeRunWords& words);
core::Result<acme::RunOptions> acme_run(const AcmeRunWords& words, const Context& context);

// --dir, --group, --reload, --verify, --verify-within: what the deploy hook does.
struct HookWords {
  std::string dir = "/etc/mosquitto/certs";
  std::string group;
  std::vector<std::string> reloads;
  std::vector<std::string> verifies;
  std::string verify_within = "5s";
};
void add_hook_options(CLI::App& app, HookWords& words);
core::Result<acme::HookOptions> hook_options(const HookWords& words, const Context& context);
nlohmann::ordered_json hook_status_json(const acme::HookStatus& status);
std::string hook_status_text(const std::vector<acme::HookStatus>& statuses,
                             const term::Style& style);

}  // namespace wxsec::cmd
