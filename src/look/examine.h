// What a certificate file or an endpoint shows, gathered once for `check` and `inspect`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "lib/pki/chain_verifier.h"
#include "lib/pki/crl.h"
#include "lib/pki/verify.h"

namespace wxsec::certs {

// Whom a chain is measured by.
struct Trust {
  std::vector<pki::Certificate> roots;
  std::vector<pki::Crl> crls;
  std::vector<pki::Certificate> issuers =
      {};  // not trusted by themselves: for leaves that lie alone
  // Named by the user: then a stranger's certificate is broken, not unknown.
  bool asked_for = false;

  // Known to the ledger and not to the lists: who was revoked stays revoked when an older list
  // comes back. By the issuer's key id.
  std::map<std::string, std::vector<pki::Revoked>> forgotten = {};
  // Why the ledger could not say that: then the lists alone count, and an old one is believed.
  std::optional<core::Error> ledger_trouble = {};

  bool has_forgotten(const pki::Certificate& leaf) const;
  // A revocation list of the one who issued it.
  bool has_list_for(const pki::Certificate& leaf) const;
};

// The `ca` file and the lists in it if given, else DIR/ca.pem with DIR/crl.pem where they are
// there.
core::Result<Trust> load_trust(const core::Path& ca, const core::Path& dir);

// Whom this machine trusts, as OpenSSL finds it: $SSL_CERT_FILE, else Debian's bundle. Nobody where
// there is none.
Trust system_trust();

// A chain that leads to nobody who is trusted.
bool is_stranger(pki::Reason reason);

// The purpose that its extended key usage names; any for authorities and for both.
pki::Purpose purpose_of(const pki::Certificate& leaf);

// Judges a chain (leaf first): against `trust`, for its own purpose. Where the chain leads to
// nobody in `trust` and nobody was asked for, pki::verify_alone() counts.
pki::Verdict judge(const std::vector<pki::Certificate>& chain, const Trust& trust,
                   const std::optional<std::string>& host, core::Instant now);

// The same for many chains: authorities are verified once, then each leaf for itself. One thread at
// a time.
class Judge {
 public:
  struct Judgement {
    pki::Verdict verdict;
    bool dates_only = false;     // valid, as far as can be told without anybody to trust
    bool without_lists = false;  // valid, but nobody knows whether it was revoked
  };

  Judge(Trust trust, core::Instant now);
  Judgement judge(const std::vector<pki::Certificate>& chain);
  const Trust& trust() const { return trust_; }

 private:
  Trust trust_;
  core::Instant now_;
  pki::ChainVerifier with_lists_;
  pki::ChainVerifier without_lists_;
};

enum class KeyState { absent, unreadable, malformed, matches, mismatch, exposed };

// The private key beside a certificate file: privkey.pem for cert.pem and fullchain.pem, else the
// same name with .key, or a key in the file itself. `unreadable`: no right to read it, or
// encrypted; `malformed`: it is no key; `exposed`: others than owner and group may read it.
KeyState key_beside(const core::Path& certificate_file, const pki::Certificate& leaf);
// The same where the file's text is at hand already.
KeyState key_beside(const core::Path& certificate_file, std::string_view text,
                    const pki::Certificate& leaf);

}  // namespace wxsec::certs
