// Verification of many leaves of few authorities. The first leaf of an authority is verified in
// full by verify(); once that was good, a further leaf with the same certificates above it and the
// same purpose differs in itself alone, and only it is looked at: issuer, signature, dates, names,
// usage, strength, revocation. Where any of that is not plainly good the leaf, too, is verified in
// full: the short way says "valid" or nothing, so every other verdict is verify()'s.
#pragma once

#include <memory>
#include <vector>

#include "lib/pki/verify.h"

namespace wxsec::pki {

class ChainVerifier {
 public:
  // `options` without host; its purpose is not used. One thread at a time.
  explicit ChainVerifier(VerifyOptions options);
  ChainVerifier(ChainVerifier&&) noexcept;
  ChainVerifier& operator=(ChainVerifier&&) noexcept;
  ~ChainVerifier();

  // verify()'s verdict; the path is empty where the short way was taken.
  Verdict verify(const std::vector<Certificate>& chain, Purpose purpose);

  // How many went the short way: for tests and benches.
  std::size_t short_ways() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Whether `issuer`'s key made the signature of `certificate`, and nothing else.
bool is_signed_by(const Certificate& certificate, const Certificate& issuer);

}  // namespace wxsec::pki
