// certbot keeps .../live/NAME/{cert,chain,fullchain,privkey}.pem as links into .../archive, closed
// to all but root. Opening that up would show every key to everybody in the group; so the pair is
// copied, as a new generation, and whoever uses it reads only its own copy.
#include "src/acme/hook.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/pki/key.h"
#include "src/acme/issuance.h"
#include "src/acme/json.h"
#include "src/certs/layout.h"
#include "src/certs/successor.h"
#include "src/renew/reload.h"

namespace wxsec::acme {
namespace {

using core::Code;
using nlohmann::ordered_json;
using pki::Certificate;

constexpr const char* kStatusFile = "hook.json";
constexpr std::size_t kMaxStatus = 64 * 1024;
constexpr std::chrono::seconds kLockWait{30};

core::Result<std::vector<certs::Service>> services_of(const std::string& name,
                                                      const HookOptions& options) {
  std::vector<certs::Service> services;
  for (const std::string& how : options.reloads)
    services.push_back(WXSEC_TRY(certs::parse_reload(name + "=" + how)));
  for (const std::string& where : options.verifies)
    services.push_back(
        WXSEC_TRY(certs::parse_served_at(name + "=" + where, options.verify_within)));
  return services;
}

core::Result<void> save_status(const core::Path& dir, const HookStatus& status) {
  const ordered_json json{{"ok", status.ok},
                          {"serial", status.serial},
                          {"lineage", status.lineage.string()},
                          {"at", core::rfc3339(status.at)},
                          {"what", status.what}};
  WXSEC_TRY(core::make_directories(dir / status.name, 0755));
  return core::write_file_atomic(
      dir / status.name / kStatusFile,
      json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n", {0644, {}});
}

struct Renewed {
  std::vector<Certificate> chain;
  pki::Key key;
};

core::Result<Renewed> read_lineage(const core::Path& lineage, core::Instant now) {
  const certs::IdentityFiles files = certs::files_in(lineage);
  auto chain = WXSEC_TRY(pki::load_certificates(files.fullchain));
  pki::Key key = WXSEC_TRY(pki::Key::load(files.key, {}));
  if (!key.matches(chain.front()))
    return core::fail(Code::crypto,
                      fmt::format("key and certificate in {} do not belong together; nothing was "
                                  "changed",
                                  lineage.string()),
                      "certbot certonly --force-renewal --cert-name NAME makes a new pair");
  WXSEC_TRY(check_chain(chain, key, {}, now));
  return Renewed{std::move(chain), std::move(key)};
}

std::string current_serial(const core::Path& folder) {
  const auto generation = certs::resolve_current(folder);
  if (!generation) return {};
  const auto chain = pki::load_certificates(certs::files_in(*generation).cert);
  return chain ? chain->front().serial : std::string();
}

core::Result<certs::Access> access_for(const HookOptions& options, const core::Path& folder) {
  certs::Access access =
      WXSEC_TRY(certs::is_in_use(folder)) ? certs::access_of(folder) : certs::Access{};
  if (options.group.empty()) return access;
  access.key_mode = 0640;
  access.group = WXSEC_TRY(certs::find_group(options.group));
  return access;
}

// The pair is here already, with the same access: whoever uses it is told and asked once more.
core::Result<void> prove_again(const std::string& name, const std::string& serial,
                               const HookOptions& options, const std::stop_token& stop) {
  const auto services = WXSEC_TRY(services_of(name, options));
  const auto told = [&](certs::DeployStep step) {
    return [&options, step](std::string_view detail) {
      if (options.on_step) options.on_step(step, detail);
    };
  };
  WXSEC_TRY(certs::reload_services(services, name, told(certs::DeployStep::reloaded)));
  return certs::verify_services(services, name, serial, options.verify_within, stop,
                                told(certs::DeployStep::verified));
}

bool same_access(const certs::Access& a, const certs::Access& b) {
  return a.key_mode == b.key_mode && a.group == b.group && a.owner == b.owner;
}

core::Result<void> put_to_use(const Renewed& renewed, const std::string& name,
                              const HookOptions& options, const std::stop_token& stop) {
  certs::DeployOptions deploy;
  deploy.identity = name;
  deploy.folder = options.dir / name;
  deploy.services = WXSEC_TRY(services_of(name, options));
  deploy.verify_within = options.verify_within;
  deploy.on_step = options.on_step;
  WXSEC_TRY(core::make_directories(options.dir, 0755));
  const auto lock =
      WXSEC_TRY(core::FileLock::acquire(certs::Layout(options.dir).lock(), kLockWait));
  deploy.access = WXSEC_TRY(access_for(options, deploy.folder));
  const std::string& serial = renewed.chain.front().serial;
  if (current_serial(deploy.folder) == serial &&
      same_access(certs::access_of(deploy.folder), deploy.access))
    return prove_again(name, serial, options, stop);
  const certs::Pair pair{renewed.chain, renewed.key.to_pem()};
  const certs::Deployed done = certs::deploy(pair, deploy, stop);
  if (!done.error) return {};
  core::Error why = *done.error;
  if (done.rolled_back) why.what += "; the old pair is back";
  return core::fail(std::move(why));
}

core::Result<std::string> deploy_lineage(const std::string& name, const HookOptions& options,
                                         const core::Clock& clock, const std::stop_token& stop) {
  const Renewed renewed = WXSEC_TRY(read_lineage(options.lineage, clock.now()));
  auto done = put_to_use(renewed, name, options, stop);
  if (!done) return core::fail(core::with_context(done.error(), name));
  return renewed.chain.front().serial;
}

// Also where it failed: what certbot has, as far as it can be read.
std::string lineage_serial(const core::Path& lineage) {
  const auto chain = pki::load_certificates(certs::files_in(lineage).fullchain);
  return chain ? chain->front().serial : std::string();
}

std::optional<HookStatus> load_status(const core::Path& dir, const std::string& name) {
  const auto text = core::read_file(dir / name / kStatusFile, kMaxStatus);
  const auto json = text ? parse_json(*text) : std::nullopt;
  if (!json) return std::nullopt;
  HookStatus status;
  status.name = name;
  status.ok = true_at(*json, "ok");
  status.serial = text_at(*json, "serial");
  status.lineage = text_at(*json, "lineage");
  status.at = time_at(*json, "at").value_or(core::Instant{});
  status.what = text_at(*json, "what");
  return status;
}

// A renewal whose hook never ran leaves an old "ok" behind.
void compare_with_lineage(HookStatus& status, const core::Path& dir) {
  const std::string deployed = current_serial(dir / status.name);
  const std::string renewed = lineage_serial(status.lineage);
  if (!status.ok || renewed.empty() || renewed == deployed) return;
  status.ok = false;
  status.what = fmt::format("certbot has {} and {} is in use: the hook was not run", renewed,
                            deployed.empty() ? "nothing" : deployed);
}

}  // namespace

core::Result<HookStatus> run_hook(const HookOptions& options, const core::Clock& clock,
                                  const std::stop_token& stop) {
  HookOptions usual = options;
  if (!usual.lineage.has_filename()) usual.lineage = usual.lineage.parent_path();
  if (usual.lineage.empty())
    return core::fail(
        Code::usage, "no lineage was given",
        "certbot sets RENEWED_LINEAGE; by hand: --lineage /etc/letsencrypt/live/NAME");
  HookStatus status;
  status.name = usual.lineage.filename().string();
  WXSEC_TRY(certs::check_leaf_name(status.name));
  WXSEC_TRY(certs::check_not_ours(certs::Layout(usual.dir), status.name));
  std::error_code ignored;
  status.lineage = std::filesystem::absolute(usual.lineage, ignored);
  status.at = clock.now();
  const auto done = deploy_lineage(status.name, usual, clock, stop);
  status.ok = done.has_value();
  status.serial = done ? *done : lineage_serial(usual.lineage);
  if (!done) status.what = done.error().what;
  const auto saved = save_status(usual.dir, status);
  if (!done) return core::fail(done.error());
  if (!saved) return core::fail(saved.error());
  return status;
}

core::Result<std::vector<HookStatus>> hook_status(const core::Path& dir) {
  std::vector<HookStatus> found;
  for (const std::string& name : WXSEC_TRY(core::list_directory(dir))) {
    auto status = load_status(dir, name);
    if (!status) continue;
    compare_with_lineage(*status, dir);
    found.push_back(std::move(*status));
  }
  return found;
}

}  // namespace wxsec::acme
