// The certificate that follows another, where this directory's authority may make it.
#include <fmt/core.h>

#include "lib/core/shell_word.h"
#include "lib/core/time.h"
#include "lib/pki/key.h"
#include "src/certs/generation.h"
#include "src/certs/place.h"
#include "src/certs/successor.h"
#include "src/renew/renew_run.h"

namespace wxsec::certs {
namespace {

using pki::Certificate;

core::Result<void> need_authority(RenewRun& run) {
  if (!run.authority)
    run.authority = WXSEC_TRY(load_authority(run.layout, run.options.ca_passphrase));
  return {};
}

// A certificate ends with its authority at the latest. One that does so already would be followed
// by its like at every run, until the night when both end.
core::Result<void> check_gain(const RenewJob& job, const RenewRun& run) {
  const Certificate& issuing = run.authority->issuing();
  if (run.options.force || job.old.not_after < issuing.not_after) return {};
  return core::fail(core::Code::unsupported,
                    fmt::format("{} cannot be made to last longer: its authority ends at {}, too",
                                job.name, core::rfc3339(issuing.not_after)),
                    fmt::format("make a new authority take over: wxsec certs rotate-ca --dir {}",
                                core::shell_word(run.options.dir.string())));
}

// A certificate that answered a request: only who made the request can make the next one.
core::Result<void> check_key_here(const RenewJob& job, const RenewRun& run) {
  if (core::path_exists(files_in(job.old_generation).key)) return {};
  return core::fail(
      core::Code::unsupported,
      "its private key is not here: whoever made the signing request keeps it",
      fmt::format("have a new request made there: wxsec certs sign --dir {} --csr FILE --name {} "
                  "--replace",
                  core::shell_word(run.options.dir.string()), job.name));
}

// A later certificate may have taken over the key of one that was revoked.
core::Result<pki::Key> kept_key(const RenewJob& job, const RenewRun& run) {
  if (WXSEC_TRY(run.revoked.has_key(run.layout, job.old.public_key_sha256)))
    return core::fail(core::Code::usage, "its key was revoked with an earlier certificate",
                      "renew it with a new key: leave out --keep-key");
  return pki::Key::load(files_in(job.old_generation).key, {});
}

}  // namespace

core::Result<Pair> new_pair(const RenewJob& job, RenewRun& run) {
  const auto issuer = issuer_of(job.old, run.layout);
  if (!issuer)
    return core::fail(core::Code::unsupported, "it was not issued by this directory's authority",
                      where_renewed(job, run));
  WXSEC_TRY(check_key_here(job, run));
  WXSEC_TRY(need_authority(run));
  WXSEC_TRY(check_gain(job, run));
  const auto life = run.options.lifetime ? *run.options.lifetime
                                         : lifetime_after(job.old, job.name, *issuer, run.layout);
  LeafRequest request = successor_of(job.old, life, run.now);
  std::optional<pki::Key> kept;
  if (!run.options.new_key) kept = WXSEC_TRY(kept_key(job, run));
  if (kept) request.key = &*kept;
  auto pair = make_leaf(request, *run.authority);
  if (!pair) return failure_in(pair.error(), run.layout.dir());
  return pair;
}

}  // namespace wxsec::certs
