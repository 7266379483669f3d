// DIR/crl.pem: a revocation list of every authority that is trusted.
//
// A list that got lost is not begun anew by the way: with an empty one everybody who was revoked
// would be let in again. That takes a word of its own, see crl_anew.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/passphrase.h"
#include "lib/core/result.h"
#include "lib/pki/crl.h"
#include "lib/pki/issue.h"
#include "src/certs/layout.h"

namespace wxsec::certs {

// How long a list is good. Mosquitto refuses everybody once its list is out of date, so this is as
// long as a server certificate lives; every renewal renews the list with it.
inline constexpr std::chrono::days kCrlLifetime{90};

core::Result<pki::Crl> fresh_crl(const pki::Issuer& issuer,
                                 const std::vector<pki::Revoked>& revoked, std::uint64_t number,
                                 core::Instant now);

core::Result<void> write_crl_file(const core::Path& path, const std::vector<pki::Crl>& lists);
core::Result<std::vector<pki::Crl>> read_crl_file(const core::Path& path);

// The lists of a directory. Fails: not_found, with lost_list_hint(), where there is no file, or no
// list of the issuing authority of today in it; malformed.
core::Result<std::vector<pki::Crl>> lists_of(const Layout& layout);

// What to do where that happened: one sentence with the command.
std::string lost_list_hint(const core::Path& dir);

// Whether `list` was signed by `authority`.
bool is_by(const pki::Crl& list, const pki::Certificate& authority);

// Whether a list of an issuing authority has used up two thirds of its time, and a new one could
// last longer. The root's lists are not looked at: its key may be far away.
struct DueLists {
  bool any = false;                           // that can be signed here
  std::vector<std::string> without_key = {};  // authorities with one that cannot: common names
};
core::Result<DueLists> due_lists(const Layout& layout, core::Instant now);

struct Revocation {
  std::string issuer_key_id = {};
  pki::Revoked entry = {};
};

// Signs the lists of the issuing authorities anew, of today's and during a roll-over of the other,
// with what they hold and those of `more` that are theirs: number plus one, in their place. The
// root's stay, and so do those whose key is not here while another one's is. Fails as lists_of(),
// and: not_found (no key is here), crypto (passphrase).
struct NextLists {
  std::vector<pki::Crl> lists = {};
  std::vector<std::string> without_key = {};  // authorities whose list stays: common names
};
core::Result<NextLists> next_lists(const Layout& layout, const core::Passphrase& passphrase,
                                   std::span<const Revocation> more, core::Instant now);
// The same, written, and noted as not told yet (crl_untold.h).
core::Result<void> renew_lists(const Layout& layout, const core::Passphrase& passphrase,
                               std::span<const Revocation> more, core::Instant now);

// Has the ledger know all that is on the lists. Fails as Ledger.
core::Result<void> note_lists(const Layout& layout);

}  // namespace wxsec::certs
