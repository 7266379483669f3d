// From names to a certificate: order, challenges, finalisation, download. RFC 8555 7.4.
#pragma once

#include <string>
#include <vector>

#include "lib/core/result.h"
#include "lib/core/secret.h"
#include "lib/pki/certificate.h"
#include "lib/pki/key.h"
#include "src/acme/responder.h"
#include "src/acme/session.h"

namespace wxsec::acme {

struct OrderRequest {
  std::vector<std::string> names = {};  // DNS names, lower case, no wildcards
  std::string profile = {};             // empty: the server's default
  std::string replaces = {};            // RFC 9773's name of the predecessor; empty: none
  std::string preferred_chain = {};     // issuer's common name at a chain's top; empty: the default
  std::string thumbprint = {};          // of the account's key
  ChallengeKind kind = ChallengeKind::http_01;
};

// Opens the order and has `responder` answer; the session must sign as the account. What comes back
// is for `key`, carries all names, is valid now and hangs together, leaf first, without the root.
// Fails: denied (the server's reason in full), protocol, timeout, unsupported (the server offers
// another challenge), and as Session::post and Responder::prepare. `problem_type` as in
// Session::post, of the order's opening alone.
core::Result<std::vector<pki::Certificate>> obtain_chain(Session& session,
                                                         const OrderRequest& request,
                                                         const pki::Key& key, Responder& responder,
                                                         std::string& problem_type);

// Judges what a server gave for these names: the checks named above. Fails with protocol.
core::Result<void> check_chain(const std::vector<pki::Certificate>& chain, const pki::Key& key,
                               const std::vector<std::string>& names, core::Instant now);

}  // namespace wxsec::acme
