// Debian keeps what the machine's owner trusts as files in /usr/local/share/ca-certificates, one
// certificate each, ending in .crt; update-ca-certificates makes the store of them: one bundle, and
// a link by subject hash for each. Programs read only what that made, so the file alone is half of
// it. Whose file it is, is told by what is in it, not by its name.
#include <fmt/core.h>
#include <unistd.h>

#include "lib/proc/child.h"
#include "lib/proc/which.h"
#include "src/trust/trust_store.h"

namespace wxsec::certs {
namespace {

using pki::Certificate;

constexpr const char* kLocal = "/usr/local/share/ca-certificates";
constexpr const char* kBundle = "/etc/ssl/certs/ca-certificates.crt";
constexpr std::chrono::seconds kUpdateTime{120};

// Files with this certificate and nothing else.
std::vector<core::Path> files_of(const Certificate& authority) {
  std::vector<core::Path> files;
  const auto names = core::list_directory(kLocal);
  if (!names) return files;
  for (const std::string& name : *names) {
    const core::Path path = core::Path(kLocal) / name;
    if (path.extension() != ".crt") continue;
    const auto inside = pki::load_certificates(path);
    if (inside && inside->size() == 1 && inside->front().der == authority.der)
      files.push_back(path);
  }
  return files;
}

core::Result<bool> in_bundle(const Certificate& authority) {
  const auto bundle = pki::load_certificates(kBundle);
  if (!bundle && bundle.error().code == core::Code::not_found) return false;
  if (!bundle) return core::fail(bundle.error());
  for (const Certificate& certificate : *bundle)
    if (certificate.der == authority.der) return true;
  return false;
}

core::Result<void> need_root(std::string_view action) {
  if (::geteuid() == 0) return {};
  return core::fail(core::Code::permission, "the system's trust store can be changed by root only",
                    fmt::format("sudo wxsec certs trust {} --system --dir DIR; for your browsers "
                                "alone: --browsers",
                                action));
}

core::Result<void> update(std::vector<std::string> arguments) {
  proc::Spec spec;
  spec.program = WXSEC_TRY(proc::which("update-ca-certificates", "ca-certificates"));
  spec.arguments = std::move(arguments);
  const proc::Output output = WXSEC_TRY(proc::run(spec, core::Deadline::in(kUpdateTime)));
  if (output.ending.ok()) return {};
  return core::fail(core::Code::child_failed,
                    fmt::format("update-ca-certificates failed ({}): {}",
                                proc::to_string(output.ending), output.out));
}

void remove_quietly(const core::Path& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

}  // namespace

core::Path SystemStore::place() { return kLocal; }

core::Result<TrustState> SystemStore::state(const Certificate& authority) const {
  const bool file = !files_of(authority).empty();
  const bool bundle = WXSEC_TRY(in_bundle(authority));
  if (file && bundle) return TrustState::installed;
  return file || bundle ? TrustState::partial : TrustState::absent;
}

core::Result<void> SystemStore::add(const Certificate& authority) const {
  WXSEC_TRY(need_root("install"));
  WXSEC_TRY(core::make_directories(kLocal, 0755));
  const bool there = !files_of(authority).empty();
  const core::Path file =
      core::Path(kLocal) / fmt::format("wxsec-{}.crt", authority.sha256.substr(0, 16));
  if (!there) WXSEC_TRY(core::write_file_atomic(file, pki::to_pem(authority), {}));
  auto updated = update({});
  if (!updated && !there) remove_quietly(file);
  return updated;
}

core::Result<void> SystemStore::remove(const Certificate& authority) const {
  WXSEC_TRY(need_root("uninstall"));
  for (const core::Path& file : files_of(authority)) remove_quietly(file);
  return update({"--fresh"});  // links to files that are gone go only with this
}

}  // namespace wxsec::certs
