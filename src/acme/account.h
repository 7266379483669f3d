// The account with an ACME server: a P-256 key of our own and the URL that the server gave it.
// RFC 8555 7.3.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/pki/key.h"
#include "src/acme/jws.h"
#include "src/acme/session.h"

namespace wxsec::acme {

struct AccountOptions {
  core::Path folder = {};                  // account_folder()
  std::vector<std::string> contacts = {};  // e-mail addresses, without mailto:
  bool agree_to_terms = false;
  const ExternalAccount* external = nullptr;
};

struct Account {
  pki::Key key;
  std::string url;
  bool created = false;  // by this call, at the server or anew after the key was lost
};

// DIR/acme/SERVER: account.json, and account-key.pem with mode 0600. Each server's account lies by
// itself, or a run against staging would lose the one for production.
core::Path account_folder(const core::Path& dir, std::string_view directory_url);

// The stored account, or a new one: the key is on the disk before the server hears of it, so that a
// crash loses none. Fails: usage (bad address; terms not agreed to; the server wants an external
// account), denied, permission, io, and as Session::post.
core::Result<Account> open_account(Session& session, const AccountOptions& options);

// Registers the stored key again where the server does not know it any more (RFC 8555 6.7:
// accountDoesNotExist).
core::Result<Account> register_again(Session& session, const AccountOptions& options);

}  // namespace wxsec::acme
