// A run writes a batch of pairs, records them in the ledger, and then puts them in use. So a kill
// leaves one of three pictures, and each has one right answer:
//
//     files, no row, no `current`     nobody has seen it: remove it and make another
//     files, row, no `current`        issued: put it in use, for a second one would be too many
//     files, row, `current`           done
//
// A folder with `current` and no row was made by somebody else (an import, an older wxsec): kept,
// and recorded now.
#include "src/issue/fleet_resume.h"

#include "lib/pki/key.h"
#include "src/certs/generations.h"

namespace wxsec::certs {
namespace {

std::optional<pki::Certificate> certificate_in(const core::Path& generation) {
  auto found = pki::load_certificates(files_in(generation).cert);
  if (!found) return std::nullopt;
  return std::move(found->front());
}

bool is_whole(const core::Path& generation, const pki::Certificate& certificate) {
  const auto key = pki::Key::load(files_in(generation).key, {});
  return key && key->matches(certificate) && core::path_exists(files_in(generation).fullchain);
}

core::Result<Found> look_at_current(const core::Path& generation, const Search& search,
                                    Ledger& ledger) {
  const auto chain = WXSEC_TRY(pki::load_certificates(files_in(generation).cert));
  const auto known = WXSEC_TRY(ledger.find(chain.front().serial));
  const std::vector<pki::AlternativeName>& names = chain.front().names;
  if (known) return Found{LeftBehind::in_use, {}, {}, names};
  return Found{LeftBehind::unlisted, generation,
               ledger_row(search.name, {}, generation, chain.front(), search.now), names};
}

}  // namespace

core::Result<Found> look_for_left_overs(const Search& search, Ledger& ledger) {
  if (!core::path_exists(search.folder)) return Found{};
  if (WXSEC_TRY(is_in_use(search.folder)))
    return look_at_current(WXSEC_TRY(resolve_current(search.folder)), search, ledger);
  Found found;
  for (const std::string& number : generations_in(search.folder)) {
    const core::Path generation = search.folder / number;
    const auto certificate = certificate_in(generation);
    const bool recorded = certificate && WXSEC_TRY(ledger.find(certificate->serial));
    const bool ours = recorded && certificate->authority_key_id == search.issuer_key_id;
    if (ours && is_whole(generation, *certificate)) {
      found = Found{LeftBehind::complete, generation};
    } else if (!recorded) {
      std::error_code ignored;
      std::filesystem::remove_all(generation, ignored);
    }
  }
  return found;
}

}  // namespace wxsec::certs
