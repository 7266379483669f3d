// The certificate that follows another, where this directory's authority may make it.
#include <fmt/core.h>

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
  WXSEC_TRY(need_authority(run));
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
