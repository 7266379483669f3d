// A reload is a request, not a result: Mosquitto reads its files in its own main loop, a systemd
// unit may take a second, a wrong path in a configuration takes effect never. So a service is asked
// by a handshake, again and again until it shows what it should or the time is up.
#include "src/certs/service.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/clock.h"
#include "lib/core/escape.h"
#include "lib/core/stop.h"

namespace wxsec::certs {
namespace {

constexpr std::chrono::milliseconds kAskAgain{50};

bool concerns(const Service& service, std::string_view identity) {
  return identity.empty() || service.identity == identity;
}

core::Result<void> wait_served(const Service& service, const std::string& serial,
                               std::chrono::milliseconds within, const std::stop_token& stop) {
  const auto deadline = core::Deadline::in(within);
  for (;;) {
    const auto served = service.served_serial();
    if (served && *served == serial) return {};
    if (!deadline.passed() && core::sleep_unless_stopped(stop, kAskAgain)) continue;
    if (stop.stop_requested())
      return core::fail(
          core::Code::interrupted,
          fmt::format("{}: interrupted before it was seen what it serves", service.description));
    if (!served) return core::fail(core::with_context(served.error(), service.description));
    return core::fail(
        core::Code::tls,
        fmt::format("{} still serves {} instead of {}", service.description, *served, serial),
        "check which files its configuration names, and whether its user may read them");
  }
}

}  // namespace

void add_failure(std::optional<core::Error>& all, core::Error more) {
  if (all) {
    all->what += "; " + more.what;
  } else {
    all = std::move(more);
  }
}

bool has_reload(std::span<const Service> services) {
  return std::any_of(services.begin(), services.end(),
                     [](const Service& service) { return static_cast<bool>(service.reload); });
}

core::Result<void> reload_services(std::span<const Service> services, std::string_view identity,
                                   const ServiceNote& note) {
  std::optional<core::Error> failed;
  for (const Service& service : services) {
    if (!service.reload || !concerns(service, identity)) continue;
    if (auto told = service.reload(); !told) {
      add_failure(failed, core::with_context(told.error(), service.description));
    } else if (note) {
      note(service.description);
    }
  }
  if (failed) return core::fail(*std::move(failed));
  return {};
}

core::Result<void> check_service_names(const std::vector<Service>& services, const Layout& layout) {
  const auto identities = WXSEC_TRY(layout.identities());
  constexpr std::size_t kShown = 8;
  for (const Service& service : services) {
    if (service.identity.empty() ||  // of nobody in particular
        std::find(identities.begin(), identities.end(), service.identity) != identities.end())
      continue;
    std::string known;
    for (std::size_t i = 0; i < std::min(identities.size(), kShown); ++i)
      known += (i == 0 ? "" : ", ") + identities[i];
    if (identities.size() > kShown) known += ", ...";
    return core::fail(core::Code::usage,
                      fmt::format("--reload or --verify names '{}', and there is no such identity",
                                  core::escape_terminal(service.identity)),
                      "before the = stands the identity that the service shows: " + known);
  }
  return {};
}

core::Result<void> verify_services(const std::vector<Service>& services, std::string_view identity,
                                   const std::string& serial, std::chrono::milliseconds within,
                                   const std::stop_token& stop, const ServiceNote& note) {
  for (const Service& service : services) {
    if (!service.served_serial || !concerns(service, identity)) continue;
    WXSEC_TRY(wait_served(service, serial, within, stop));
    if (note) note(service.description);
  }
  return {};
}

}  // namespace wxsec::certs
