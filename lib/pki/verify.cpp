// Verification builds a path from the leaf to a root that we trust, and checks each certificate on
// it: signature, dates, "may it issue", purpose, name constraints, revocation. OpenSSL does it;
// what it leaves to us is to say what went wrong in words that help. It stops at the first fault,
// from the root downwards, so a chain with several faults shows one at a time.
#include "lib/pki/verify.h"

#include <algorithm>

#include "lib/pki/explain.h"
#include "lib/pki/openssl_ptr.h"

namespace wxsec::pki {
namespace {

using VerifyParamPtr = Handle<X509_VERIFY_PARAM, X509_VERIFY_PARAM_free>;

// 112 bits of security: RSA from 2048 bits, no SHA-1. What Debian's OpenSSL asks of TLS peers.
constexpr int kSecurityLevel = 2;

X509StackPtr stack_of(const std::vector<Certificate>& certificates, std::size_t from) {
  X509StackPtr stack(sk_X509_new_null());
  for (std::size_t i = from; i < certificates.size(); ++i) {
    auto parsed = to_x509(certificates[i]);
    if (parsed) sk_X509_push(stack.get(), parsed->release());
  }
  return stack;
}

void add_crls(X509_STORE* store, const std::vector<Crl>& crls) {
  for (const Crl& crl : crls) {
    const unsigned char* at = crl.der.data();
    const X509CrlPtr parsed(d2i_X509_CRL(nullptr, &at, static_cast<long>(crl.der.size())));
    if (parsed) X509_STORE_add_crl(store, parsed.get());
  }
}

X509StorePtr store_of(const VerifyOptions& options) {
  X509StorePtr store(X509_STORE_new());
  for (const Certificate& root : options.trust) {
    const auto parsed = to_x509(root);
    if (parsed) X509_STORE_add_cert(store.get(), parsed->get());
  }
  add_crls(store.get(), options.crls);
  return store;
}

void set_host(X509_VERIFY_PARAM* param, const std::string& host) {
  if (!address_bytes(host).empty()) {
    X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str());
  } else {
    X509_VERIFY_PARAM_set1_host(param, host.data(), host.size());
    // The common name is no host name any more: RFC 9525 section 2.
    X509_VERIFY_PARAM_set_hostflags(
        param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  }
}

void set_demands(X509_VERIFY_PARAM* param, const VerifyOptions& options) {
  unsigned long flags = X509_V_FLAG_X509_STRICT;
  if (!options.crls.empty()) flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
  X509_VERIFY_PARAM_set_flags(param, flags);
  X509_VERIFY_PARAM_set_auth_level(param, kSecurityLevel);
  X509_VERIFY_PARAM_set_time(
      param, std::chrono::floor<std::chrono::seconds>(options.at).time_since_epoch().count());
  if (options.purpose == Purpose::server)
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
  if (options.purpose == Purpose::client)
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT);
  if (options.host) set_host(param, *options.host);
}

// A list of the leaf's own issuer is needed, those of the authorities above it only if there.
int forgive_missing_upper_crl(int ok, X509_STORE_CTX* context) {
  if (ok == 0 && X509_STORE_CTX_get_error(context) == X509_V_ERR_UNABLE_TO_GET_CRL &&
      X509_STORE_CTX_get_error_depth(context) > 0) {
    X509_STORE_CTX_set_error(context, X509_V_OK);
    return 1;
  }
  return ok;
}

std::vector<Certificate> path_of(X509_STORE_CTX* context) {
  std::vector<Certificate> path;
  const STACK_OF(X509)* const found = X509_STORE_CTX_get0_chain(context);
  for (int i = 0; i < sk_X509_num(found); ++i) path.push_back(view_of(sk_X509_value(found, i)));
  return path;
}

}  // namespace

Verdict verify(const std::vector<Certificate>& chain, const VerifyOptions& options) {
  const std::string host = options.host.value_or("");
  if (chain.empty()) return explain({Reason::no_certificate, {}, 0, {}, host, options.at});
  const auto leaf = to_x509(chain.front());
  if (!leaf) return explain({Reason::malformed, leaf.error().what, 0, chain, host, options.at});
  const X509StorePtr store = store_of(options);
  std::vector<Certificate> helpers(chain.begin() + 1, chain.end());
  helpers.insert(helpers.end(), options.intermediates.begin(), options.intermediates.end());
  const X509StackPtr untrusted = stack_of(helpers, 0);
  const X509StoreCtxPtr context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store.get(), leaf->get(), untrusted.get()) != 1)
    return explain({Reason::other, drain_errors(), 0, chain, host, options.at});
  set_demands(X509_STORE_CTX_get0_param(context.get()), options);
  X509_STORE_CTX_set_verify_cb(context.get(), forgive_missing_upper_crl);
  X509_verify_cert(context.get());
  const int error = X509_STORE_CTX_get_error(context.get());
  const auto depth =
      static_cast<std::size_t>(std::max(0, X509_STORE_CTX_get_error_depth(context.get())));
  std::vector<Certificate> path = path_of(context.get());
  drain_errors();
  Verdict verdict =
      explain_verify_result(error, depth, path.empty() ? chain : path, host, options.at);
  verdict.path = std::move(path);
  return verdict;
}

}  // namespace wxsec::pki
