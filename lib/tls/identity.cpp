// From two PEM texts to a pair that is known to match. The check is made here, before anything is
// installed anywhere: a server that took a certificate with the wrong key would fail every
// handshake (mosquitto does, after a careless SIGHUP).
#include "lib/tls/identity.h"

#include <fmt/core.h>

#include "lib/core/shell_word.h"

namespace wxsec::tls {
namespace {

using core::Code;
using core::fail;
using core::Result;

constexpr std::size_t kMaxPemFile = 1024 * 1024;

Result<pki::X509StackPtr> stack_of(const std::vector<pki::Certificate>& chain) {
  pki::X509StackPtr stack(sk_X509_new_null());
  for (std::size_t i = 1; i < chain.size(); ++i) {
    pki::X509Ptr certificate = WXSEC_TRY(pki::to_x509(chain[i]));
    if (sk_X509_push(stack.get(), certificate.get()) == 0) std::abort();
    static_cast<void>(certificate.release());  // the stack's now
  }
  return stack;
}

core::Failure named(core::Error error, const Identity& identity) {
  return identity.source.empty() ? fail(std::move(error))
                                 : fail(core::with_context(std::move(error), identity.source));
}

core::Failure of_key(core::Error error, const Identity& identity) {
  if (identity.key_source.empty()) return named(std::move(error), identity);
  error.hint = core::fill_in(error.hint, "FILE", identity.key_source);
  return fail(core::with_context(std::move(error), identity.key_source));
}

}  // namespace

Result<Identity> read_identity(const core::Path& chain_file, const core::Path& key_file) {
  std::string chain = WXSEC_TRY(core::read_file(chain_file, kMaxPemFile));
  core::Secret key(WXSEC_TRY(core::read_file(key_file, kMaxPemFile)));
  return Identity{std::move(chain), std::move(key), chain_file.string(), key_file.string()};
}

Result<LoadedIdentity> load_identity(const Identity& identity) {
  auto chain = pki::parse_certificates(identity.chain_pem);
  if (!chain) return named(std::move(chain).error(), identity);
  auto key = pki::Key::parse(identity.key_pem.reveal(), core::Secret());
  if (!key) return of_key(std::move(key).error(), identity);
  if (!key->matches(chain->front())) {
    return named({Code::crypto, "the private key does not belong to the certificate",
                  "take cert and key of the same generation, from the same directory"},
                 identity);
  }
  pki::X509Ptr leaf = WXSEC_TRY(pki::to_x509(chain->front()));
  pki::X509StackPtr rest = WXSEC_TRY(stack_of(*chain));
  return LoadedIdentity{std::move(leaf), std::move(rest), std::move(*key),
                        std::move(chain->front())};
}

core::Error refused_identity(const Identity& identity) {
  return pki::openssl_error(Code::crypto,
                            fmt::format("cannot use the certificate {}", identity.source));
}

}  // namespace wxsec::tls
