// What a certificate file or an endpoint shows, gathered once for `check` and `inspect`.
#pragma once

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
  bool asked_for =
      false;  // named by the user: then a stranger's certificate is broken, not unknown
};

// The `ca` file if given, else DIR/ca.pem with DIR/crl.pem where they are there.
core::Result<Trust> load_trust(const core::Path& ca, const core::Path& dir);

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
    bool dates_only = false;  // valid, as far as can be told without anybody to trust
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

enum class KeyState { absent, unreadable, matches, mismatch, exposed };

// The private key beside a certificate file: privkey.pem for cert.pem and fullchain.pem, else the
// same name with .key, or a key in the file itself. `exposed`: others than owner and group may read
// it.
KeyState key_beside(const core::Path& certificate_file, const pki::Certificate& leaf);
// The same where the file's text is at hand already.
KeyState key_beside(const core::Path& certificate_file, std::string_view text,
                    const pki::Certificate& leaf);

}  // namespace wxsec::certs
