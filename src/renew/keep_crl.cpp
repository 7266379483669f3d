// A list that ran out makes Mosquitto refuse everybody, so whoever reads it is told of the new one
// even when no certificate was due, and told again until all have heard.
#include "src/renew/keep_crl.h"

#include <fmt/format.h>

#include "lib/core/escape.h"
#include "src/certs/authority.h"
#include "src/certs/crl_file.h"
#include "src/certs/crl_untold.h"

namespace wxsec::certs {
namespace {

core::Result<void> refresh_due(RenewRun& run) {
  const auto next = WXSEC_TRY(next_lists(run.layout, run.options.ca_passphrase, {}, run.now));
  WXSEC_TRY(note_list_untold(run.layout));
  WXSEC_TRY(write_crl_file(run.layout.crl(), next.lists));
  run.report.crl_refreshed = true;
  return note_lists(run.layout);
}

core::Error without_key(const RenewRun& run, const std::vector<std::string>& authorities) {
  return {core::Code::not_found,
          fmt::format("the revocation list of {} is due, and the key that signs it is not here",
                      core::escape_terminal(fmt::format("{}", fmt::join(authorities, ", ")))),
          lost_key_hint(run.layout)};
}

// Of the list of this run, or of an earlier one that was killed or not heard by everybody.
core::Result<void> tell_of_crl(RenewRun& run) {
  if (!is_list_untold(run.layout)) return {};
  const auto told = tell_of_list(run.layout, run.options.services, {});
  if (!told) {
    core::Error error = told.error();
    error.what = fmt::format("{} is new, and not everybody who reads it was told: {}",
                             run.layout.crl().string(), error.what);
    return core::fail(std::move(error));
  }
  // Those told now may not be those who had failed.
  run.report.crl_told_again = *told && !run.report.crl_refreshed && !is_list_untold(run.layout);
  return {};
}

}  // namespace

std::optional<core::Error> keep_crl(RenewRun& run) {
  std::optional<core::Error> failed;
  const auto due = due_lists(run.layout, run.now);
  if (!due) add_failure(failed, due.error());
  if (due && due->any)
    if (const auto done = refresh_due(run); !done) add_failure(failed, done.error());
  if (const auto told = tell_of_crl(run); !told) add_failure(failed, told.error());
  if (!due || due->without_key.empty()) return failed;
  run.report.crl_key_away = !failed;
  add_failure(failed, without_key(run, due->without_key));
  return failed;
}

}  // namespace wxsec::certs
