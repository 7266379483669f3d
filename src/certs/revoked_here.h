// Who was revoked in this directory: the lists in DIR/crl.pem, and what the ledger remembers of
// lists that a roll-over took out of it. What lets nobody in must not come back by a renewal, a
// roll-over or a request signed once more.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "src/certs/layout.h"

namespace wxsec::certs {

class RevokedHere {
 public:
  // A directory without list or ledger revoked nobody. Fails as read_crl_file() and Ledger.
  static core::Result<RevokedHere> load(const Layout& layout);
  // Of what can be read. For renewals, which must not stop for a damaged list: the renewal of the
  // list tells of that one, recording the new certificates of a damaged ledger.
  static RevokedHere load_readable(const Layout& layout);

  bool has(const pki::Certificate& certificate) const;
  // Whether a revoked certificate was for this key (SHA-256 of the SubjectPublicKeyInfo): by the
  // ledger, and by the folders where it does not know all of them.
  core::Result<bool> has_key(const Layout& layout, std::string_view public_key) const;

 private:
  core::Result<void> add_lists(const Layout& layout);
  core::Result<void> add_ledger(const Layout& layout);

  std::set<std::pair<std::string, std::string>> entries_;  // issuer's key id, serial
};

}  // namespace wxsec::certs
