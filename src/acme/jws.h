// Signed requests: every ACME request but the first two is a JSON Web Signature (RFC 7515) over
// what is asked, with the URL and a nonce inside, so that it can neither be sent elsewhere nor
// twice. RFC 8555 6.2.
#pragma once

#include <string>
#include <string_view>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"
#include "lib/pki/key.h"

namespace wxsec::acme {

// The public half as a JSON Web Key, in the one spelling that is hashed (RFC 7638 3). Fails with
// usage unless it is a P-256 key.
core::Result<std::string> jwk_of(const pki::Key& key);

// SHA-256 of it, base64url: what binds a challenge's token to the account. RFC 8555 8.1.
core::Result<std::string> thumbprint_of(const pki::Key& key);

struct Signing {
  const pki::Key& key;      // the account's
  std::string account_url;  // the "kid"; empty before the account exists: the key itself is shown
};

// The request body (flattened JSON serialisation). An empty payload is a POST-as-GET (6.3).
core::Result<std::string> sign_request(const Signing& signing, std::string_view url,
                                       std::string_view nonce, std::string_view payload);

// Credentials that an authority gave out of band, to tie the new account to a customer's.
struct ExternalAccount {
  std::string key_id;
  core::Secret hmac_key;  // the bytes themselves
};

// Fails: not_found, permission, io, malformed (the file holds no base64url).
core::Result<ExternalAccount> load_external_account(std::string_view key_id,
                                                    const core::Path& key_file);

// The account's key, signed with the authority's HMAC key. RFC 8555 7.3.4. JSON text.
core::Result<std::string> bind_external(const ExternalAccount& external,
                                        const pki::Key& account_key,
                                        std::string_view new_account_url);

}  // namespace wxsec::acme
