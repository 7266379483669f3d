// An Identity, parsed and checked. For lib/tls and lib/http only: it shows OpenSSL's types.
#pragma once

#include <openssl/ssl.h>

#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "lib/pki/key.h"
#include "lib/pki/openssl_ptr.h"
#include "lib/tls/context.h"

namespace wxsec::tls {

struct LoadedIdentity {
  pki::X509Ptr leaf;
  pki::X509StackPtr chain;  // the intermediates; empty where none were given
  pki::Key key;
  pki::Certificate certificate;  // the leaf, as our view
};

// Fails: malformed (no certificate or no key in the text), crypto (they do not belong together, or
// the key has a passphrase). Errors name the identity's sources.
core::Result<LoadedIdentity> load_identity(const Identity& identity);

// The error of an identity that OpenSSL refused, with the reason from its queue.
core::Error refused_identity(const Identity& identity);

}  // namespace wxsec::tls
