// The order of a deployment, and why it is this one:
//
//     issue    the new pair is written beside the old one; nobody sees it
//     check    read back from the disk: key and certificate belong together, the chain verifies
//     swap     one rename of the `current` link
//     reload   every service that uses it is told
//     verify   a handshake reads the serial that is really served
//
// A broker that was reloaded may go on serving the old certificate (a wrong path in its file, a key
// that its user cannot read), or with Mosquitto 2.0 refuse everybody. Nobody notices until the old
// one expires, at night. Hence the last step; and if it fails, the link goes back, the services are
// told again, and the command fails loudly while the old certificate is still good.
#include "src/renew/deploy.h"

#include <array>

#include "lib/pki/key.h"
#include "src/certs/layout.h"
#include "src/certs/read_watch.h"

namespace wxsec::certs {
namespace {

// Long enough for a busy service; whoever reads nothing at all is not waited for any longer.
constexpr std::chrono::seconds kReadWithin{2};
constexpr std::array<std::string_view, 6> kSteps{"issued",   "checked",  "swapped",
                                                 "reloaded", "verified", "rolled-back"};

void tell(const DeployOptions& options, DeployStep step, std::string_view detail) {
  if (options.on_step) options.on_step(step, detail);
}

core::Result<pki::Certificate> read_back(const core::Path& generation, const ChainCheck& check) {
  const IdentityFiles files = files_in(generation);
  const auto chain = WXSEC_TRY(pki::load_certificates(files.fullchain));
  const pki::Key key = WXSEC_TRY(pki::Key::load(files.key, {}));
  if (!key.matches(chain.front()))
    return core::fail(core::Code::crypto, "the new key and certificate do not belong together");
  if (check) WXSEC_TRY(check(chain));
  return chain.front();
}

void remove_generation(const core::Path& generation) {
  std::error_code ignored;
  std::filesystem::remove_all(generation, ignored);
}

// The service is told and, where it reads when it gets round to it, waited for: the link must not
// move again under its hands.
core::Result<void> reload_one(const Service& service, const core::Path& generation,
                              const DeployOptions& options, const std::stop_token& stop) {
  ReadWatch watch(generation, files_in(generation).key.filename());
  WXSEC_TRY(reload_services({&service, 1}, options.identity, {}));
  tell(options, DeployStep::reloaded, service.description);
  if (service.reads_later) watch.wait(kReadWithin, stop);
  return {};
}

// All of them, whatever the others answer: whoever is passed over keeps a pair that is on its way
// out, the old one or, when going back, the one that is discarded.
core::Result<void> reload(const core::Path& generation, const DeployOptions& options,
                          const std::stop_token& stop) {
  std::optional<core::Error> failed;
  for (const Service& service : options.services) {
    if (service.identity != options.identity || !service.reload) continue;
    const auto told = reload_one(service, generation, options, stop);
    if (!told) add_failure(failed, told.error());
  }
  if (failed) return core::fail(*std::move(failed));
  return {};
}

core::Result<void> reload_and_verify(const Deployed& done, const DeployOptions& options,
                                     const std::stop_token& stop) {
  const std::string& serial = done.certificate->serial;
  WXSEC_TRY(reload(done.generation, options, stop));
  return verify_services(
      options.services, options.identity, serial, options.verify_within, stop,
      [&](std::string_view description) { tell(options, DeployStep::verified, description); });
}

// From here on readers see it.
core::Result<void> put_in_use(Installer& installer, const Deployed& done,
                              const DeployOptions& options) {
  WXSEC_TRY(installer.sync());
  if (options.before_use) WXSEC_TRY(options.before_use(done.generation, *done.certificate));
  return installer.link();
}

// A first generation has nothing behind it to go back to; then it stays, and the error tells.
Deployed undone(Deployed done, const core::Result<core::Path>& old, core::Error why,
                const DeployOptions& options) {
  done.rolled_back = old.has_value();
  done.error = old ? put_back(*old, done.generation, std::move(why), options) : std::move(why);
  return done;
}

Deployed not_begun(core::Error why) {
  Deployed failed;
  failed.error = std::move(why);
  return failed;
}

}  // namespace

std::string_view deploy_step_text(DeployStep step) {
  return kSteps[static_cast<std::size_t>(step)];
}

core::Result<Deployed> stage_checked(const Pair& pair, const DeployOptions& options,
                                     Installer& installer) {
  Deployed done;
  done.generation = WXSEC_TRY(installer.stage(options.folder, pair, options.access));
  tell(options, DeployStep::issued, pair.chain.front().serial);
  auto checked = read_back(done.generation, options.check);
  if (!checked) {
    installer.forget(done.generation);
    remove_generation(done.generation);
    return core::fail(core::with_context(checked.error(), options.identity));
  }
  tell(options, DeployStep::checked, done.generation.string());
  done.certificate = std::move(*checked);
  return done;
}

core::Error put_back(const core::Path& old, const core::Path& failed, core::Error why,
                     const DeployOptions& options) {
  const auto swapped = core::swap_symlink(old.filename(), options.folder / "current");
  if (!swapped) {
    why.what += "; and going back failed: " + swapped.error().what;
    return why;
  }
  const auto told = reload(old, options, {});  // also where somebody wants us to stop
  if (!told) why.what += "; and the reload after going back failed: " + told.error().what;
  tell(options, DeployStep::rolled_back, old.string());
  // No room for the mark: better none of it than one that passes for a backup.
  if (!mark_rolled_back(failed, RolledBack::by_failure)) remove_generation(failed);
  prune_generations(options.folder, kKeptGenerations);
  return why;
}

Deployed deploy(const Pair& pair, const DeployOptions& options, const std::stop_token& stop) {
  const auto old = resolve_current(options.folder);
  if (!old && old.error().code == core::Code::unsupported) return not_begun(old.error());
  Installer installer;
  auto staged = stage_checked(pair, options, installer);
  if (!staged) return not_begun(staged.error());
  Deployed done = std::move(*staged);
  if (auto swapped = put_in_use(installer, done, options); !swapped)
    return undone(std::move(done), old, swapped.error(), options);
  tell(options, DeployStep::swapped, done.certificate->serial);
  if (auto proven = reload_and_verify(done, options, stop); !proven)
    return undone(std::move(done), old, proven.error(), options);
  prune_generations(options.folder, kKeptGenerations);
  return done;
}

}  // namespace wxsec::certs
