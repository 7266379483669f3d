// Why a certificate that is due cannot be renewed here: what the files say, before anybody is asked
// for a passphrase and before anything is touched. So a dry run knows it as well.
#include <fmt/core.h>

#include "lib/core/shell_word.h"
#include "lib/core/time.h"
#include "src/certs/generations.h"
#include "src/certs/successor.h"
#include "src/renew/renew_run.h"

namespace wxsec::certs {
namespace {

std::string dir_of(const RenewRun& run) { return core::shell_word(run.options.dir.string()); }

// A certificate that answered a request: only who made the request can make the next one.
core::Failure holder_keeps_key(const RenewJob& job, const RenewRun& run) {
  return core::fail(
      core::Code::unsupported,
      "its private key is not here: whoever made the signing request keeps it",
      fmt::format("have a new request made there: wxsec certs sign --dir {} --csr FILE --name {} "
                  "--replace",
                  dir_of(run), job.name));
}

core::Result<void> check_key_here(const RenewJob& job, const RenewRun& run) {
  if (core::path_exists(files_in(job.old_generation).key)) return {};
  if (holder_has_key(job.folder, job.old_generation)) return holder_keeps_key(job, run);
  return core::fail(
      core::Code::not_found,
      fmt::format("its private key is gone: {}", files_in(job.folder / "current").key.string()),
      fmt::format("bring it back from a backup, or make a new pair: wxsec certs "
                  "issue --dir {} --profile {} --replace {}",
                  dir_of(run), profile_name_of(run.layout, job.name), job.name));
}

// Whether it opens is seen when it signs.
core::Result<void> check_authority_key(const RenewRun& run) {
  if (core::path_exists(run.layout.issuing().key)) return {};
  WXSEC_TRY(load_authority_key(run.layout.issuing().key, {}));
  return {};
}

// By force a certificate may be replaced by one that lasts no longer, but none by one that has
// ended. A certificate ends with its authority at the latest. One that does so already would be
// followed by its like at every run, until the night when both end.
core::Result<void> check_gain(const RenewJob& job, const RenewRun& run) {
  const auto issuing = WXSEC_TRY(pki::load_certificates(run.layout.issuing().cert));
  const core::Instant end = issuing.front().not_after;
  if (run.now >= end)
    return core::fail(
        core::Code::crypto, fmt::format("the issuing authority expired at {}", core::rfc3339(end)),
        fmt::format("make a new one take over: wxsec certs rotate-ca --dir {}", dir_of(run)));
  if (run.options.force || job.old.not_after < end) return {};
  return core::fail(
      core::Code::unsupported,
      fmt::format("{} cannot be made to last longer: its authority ends at {}, too", job.name,
                  core::rfc3339(end)),
      fmt::format("make a new authority take over: wxsec certs rotate-ca --dir {}", dir_of(run)));
}

}  // namespace

bool holder_has_key(const core::Path& folder, const core::Path& generation) {
  if (core::path_exists(request_in(generation))) return true;
  for (const std::string_view fixed : kFixedIdentities)
    if (folder.filename() == fixed) return false;
  for (const std::string& one : generations_in(folder))
    if (core::path_exists(files_in(folder / one).key)) return false;
  // An older wxsec kept no request.
  return true;
}

core::Result<void> check_renewable(const RenewJob& job, const RenewRun& run) {
  if (!is_ours(job.old, run.layout))
    return core::fail(core::Code::unsupported, "it was not issued by this directory's authority",
                      where_renewed(job, run));
  WXSEC_TRY(check_key_here(job, run));
  WXSEC_TRY(check_authority_key(run));
  return check_gain(job, run);
}

}  // namespace wxsec::certs
