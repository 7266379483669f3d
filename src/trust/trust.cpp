#include "src/trust/trust.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>

#include "src/certs/generations.h"
#include "src/certs/layout.h"
#include "src/certs/place.h"
#include "src/trust/trust_store.h"

namespace wxsec::certs {
namespace {

using pki::Certificate;

constexpr std::array<std::string_view, 3> kStates{"absent", "partial", "installed"};

enum class Action { install, uninstall, look };

struct Ours {
  std::vector<Certificate> today;    // DIR/ca.pem: two during a roll-over
  std::vector<Certificate> retired;  // earlier generations of the root
};

bool holds(const std::vector<Certificate>& list, const Certificate& certificate) {
  return std::any_of(list.begin(), list.end(),
                     [&](const Certificate& other) { return other.der == certificate.der; });
}

core::Result<Ours> our_authorities(const core::Path& dir) {
  const Layout layout(dir);
  Ours ours;
  ours.today = WXSEC_TRY(pki::load_certificates(layout.ca()));
  const core::Path folder = layout.identity("root");
  for (const std::string& generation : generations_in(folder)) {
    const auto old = pki::load_certificates(files_in(folder / generation).cert);
    if (old && !holds(ours.today, old->front()) && !holds(ours.retired, old->front()))
      ours.retired.push_back(old->front());
  }
  return ours;
}

core::Result<void> check_options(const TrustOptions& options) {
  if (!options.system && !options.browsers)
    return core::fail(core::Code::usage, "no trust store is chosen", "--system or --browsers");
  if (!options.browsers) return {};
  struct stat info {};
  if (options.home.empty() || ::stat(options.home.c_str(), &info) != 0)
    return core::fail(core::Code::not_found, "there is no home directory to find browsers in",
                      "set HOME, or take --system alone");
  if (info.st_uid == ::geteuid()) return {};
  // As root in somebody's home, the databases would become root's, and unreadable for their owner.
  return core::fail(core::Code::permission,
                    fmt::format("{} belongs to somebody else", options.home.string()),
                    "run it as that user, or take --system alone");
}

// What the two kinds of store have in common.
struct Store {
  std::string name;
  core::Path place;
  std::function<core::Result<TrustState>(const Certificate&)> state;
  std::function<core::Result<void>(const Certificate&)> add;
  std::function<core::Result<void>(const Certificate&)> remove;
};

template <class T>
Store wrapped(std::string name, core::Path place, T store) {
  return {std::move(name), std::move(place),
          [store](const Certificate& authority) { return store.state(authority); },
          [store](const Certificate& authority) { return store.add(authority); },
          [store](const Certificate& authority) { return store.remove(authority); }};
}

std::vector<Store> chosen_stores(const TrustOptions& options) {
  std::vector<Store> stores;
  if (options.system) stores.push_back(wrapped("system", SystemStore::place(), SystemStore()));
  if (!options.browsers) return stores;
  for (const NssStore& store : nss_stores(options.home))
    stores.push_back(wrapped(store.browser(), store.place(), store));
  return stores;
}

core::Result<void> act(const Store& store, const Certificate& authority, Action action,
                       TrustItem& item) {
  item.state = WXSEC_TRY(store.state(authority));
  const bool install = action == Action::install && !item.retired;
  const bool done =
      install ? item.state == TrustState::installed : item.state == TrustState::absent;
  if (done || (!install && action != Action::uninstall)) return {};
  WXSEC_TRY(install ? store.add(authority) : store.remove(authority));
  item.state = WXSEC_TRY(store.state(authority));
  item.changed = true;
  const TrustState wanted = install ? TrustState::installed : TrustState::absent;
  if (item.state == wanted) return {};
  return core::fail(core::Code::child_failed,
                    fmt::format("{} says that it is done, but the certificate is {} in {}",
                                store.name, trust_state_text(item.state), store.place.string()));
}

TrustItem item_for(const Store& store, const Certificate& authority, bool retired, Action action) {
  TrustItem item;
  item.store = store.name;
  item.place = store.place;
  item.authority = authority.common_name;
  item.sha256 = authority.sha256;
  item.retired = retired;
  if (auto done = act(store, authority, action, item); !done) item.error = done.error();
  return item;
}

core::Result<TrustReport> run(const TrustOptions& options, Action action) {
  WXSEC_TRY(check_options(options));
  Ours ours = WXSEC_TRY(our_authorities(options.dir));
  TrustReport report;
  for (const Store& store : chosen_stores(options)) {
    for (const Certificate& authority : ours.today)
      report.items.push_back(item_for(store, authority, false, action));
    for (const Certificate& authority : ours.retired) {
      TrustItem item = item_for(store, authority, true, action);
      if (item.state != TrustState::absent || item.changed) report.items.push_back(std::move(item));
    }
  }
  for (TrustItem& item : report.items)
    if (item.error) item.error->hint = placed(item.error->hint, Place{options.dir, {}});
  report.authorities = std::move(ours.today);
  return report;
}

}  // namespace

std::string_view trust_state_text(TrustState state) {
  return kStates[static_cast<std::size_t>(state)];
}

bool TrustReport::ok() const {
  return std::none_of(items.begin(), items.end(),
                      [](const TrustItem& item) { return item.error.has_value(); });
}

core::Result<TrustReport> trust_install(const TrustOptions& options) {
  return run(options, Action::install);
}
core::Result<TrustReport> trust_uninstall(const TrustOptions& options) {
  return run(options, Action::uninstall);
}
core::Result<TrustReport> trust_status(const TrustOptions& options) {
  return run(options, Action::look);
}

}  // namespace wxsec::certs
