// DIR/crl-untold: crl.pem was replaced, and who reads it may not know. There from before the list
// is replaced until all services were told, so that neither a failed reload nor a killed run is
// forgotten: whoever goes on with the old list refuses everybody when that one runs out.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>

#include "lib/core/result.h"
#include "src/certs/layout.h"
#include "src/certs/service.h"

namespace wxsec::certs {

bool is_list_untold(const Layout& layout);
// Of a list that nobody heard of yet; who failed to hear of an earlier one stays noted. On the disk
// when it returns. Fails as core::write_file_atomic().
core::Result<void> note_list_untold(const Layout& layout);

// What became of telling services of a list.
struct Telling {
  std::string list = {};              // the file's text before the first was told
  std::set<std::string> asked = {};   // identities
  std::set<std::string> failed = {};  // identities, of these
  std::set<std::string> told = {};    // descriptions
  std::optional<core::Error> error = {};
};

// Tells those of `services` that were not told of this list yet; whoever was is left in peace, and
// whoever failed is told by the next run that names him. The first part needs no lock; the second
// one notes it, under the directory's lock, and returns whether anybody was told. Fails as
// reload_services().
Telling tell_readers(const Layout& layout, std::span<const Service> services,
                     const ServiceNote& note);
core::Result<bool> note_told(const Layout& layout, const Telling& telling);
// Both, for those who hold the directory's lock all the time.
core::Result<bool> tell_of_list(const Layout& layout, std::span<const Service> services,
                                const ServiceNote& note);

}  // namespace wxsec::certs
