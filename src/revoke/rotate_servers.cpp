#include "src/revoke/rotate_servers.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/core/shell_word.h"
#include "src/certs/revoked_here.h"

namespace wxsec::certs {
namespace {

using core::Result;

bool is_server(const Layout& layout, const std::string& name) {
  const auto leaf = pki::load_certificates(layout.current(name).cert);
  if (!leaf) return false;
  const auto& uses = leaf->front().extended_key_usage;
  return std::find(uses.begin(), uses.end(), "serverAuth") != uses.end();
}

// Not who was removed or revoked since, nor who keeps his key elsewhere: nobody here can tell him.
bool may_run_here(const Layout& layout, const std::string& name) {
  const IdentityFiles files = layout.current(name);
  const auto leaf = pki::load_certificates(files.cert);
  return leaf && core::path_exists(files.key) &&
         !RevokedHere::load_readable(layout).has(leaf->front());
}

bool is_named(const std::vector<Service>& services, const std::string& name) {
  return std::any_of(services.begin(), services.end(), [&](const Service& service) {
    return service.identity == name && (service.reload || service.served_serial);
  });
}

Result<void> tell_server(const RotateRun& run, const std::string& name) {
  const auto& services = run.options.services;
  const auto note = [&](std::string_view what) { run.tell(fmt::format("{}: {}", name, what)); };
  WXSEC_TRY(reload_services(services, name, [&](std::string_view description) {
    note(fmt::format("reloaded {}", description));
  }));
  const auto leaf = WXSEC_TRY(pki::load_certificates(run.layout.current(name).cert));
  return verify_services(
      services, name, leaf.front().serial, run.options.verify_within, run.stop,
      [&](std::string_view description) { note(fmt::format("verified {}", description)); });
}

}  // namespace

Result<void> expect_servers(RotateRun& run, const std::vector<std::string>& names) {
  std::vector<std::string>& untold = run.state->untold;
  for (const std::string& name : names)
    if (is_server(run.layout, name)) untold.push_back(name);
  untold = each_once(std::move(untold));
  return save_rotation(run.layout, *run.state);
}

Result<void> note_told_servers(RotateRun& run, const RenewReport& report) {
  for (const RenewItem& item : report.items)
    if (item.state == RenewState::renewed && !item.untold) std::erase(run.state->untold, item.name);
  return save_rotation(run.layout, *run.state);
}

Result<void> tell_servers(RotateRun& run) {
  const std::vector<std::string> untold = run.state->untold;
  for (const std::string& name : untold) {
    if (!is_named(run.options.services, name)) continue;
    WXSEC_TRY(tell_server(run, name));
    std::erase(run.state->untold, name);
  }
  if (untold.size() == run.state->untold.size()) return {};
  return save_rotation(run.layout, *run.state);
}

Result<void> need_servers_told(const RotateRun& run) {
  std::vector<std::string> untold = run.state->untold;
  std::erase_if(untold, [&](const std::string& name) { return !may_run_here(run.layout, name); });
  if (untold.empty() || run.options.untold || run.state->phase == RotationPhase::dropping)
    return {};
  std::string told;
  for (const std::string& name : untold)
    told += fmt::format(" --reload {0}=pid:N --verify {0}=URL", core::shell_word(name));
  return core::fail(
      core::Code::usage,
      fmt::format("nobody was told of the new certificate of {}: what runs with the one of the old "
                  "authority would be refused by its clients from the next step on",
                  fmt::join(untold, ", ")),
      fmt::format("tell them: wxsec certs rotate-ca --dir {} --step reissue{}; or --untold where "
                  "nothing runs with these certificates",
                  core::shell_word(run.options.dir.string()), told));
}

}  // namespace wxsec::certs
