// Owners for OpenSSL's objects, and the way out of its error queue. For lib/pki, lib/tls and
// lib/http only: no public header of theirs shows what is in here.
//
// OpenSSL's names tell who owns what: get0/set0 borrow or give away (then .release() on that very
// line), get1/set1 and most *_new count a reference that must be wrapped at once.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "lib/pki/key.h"

namespace wxsec::pki {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

// Handle<SSL_CTX, SSL_CTX_free>: a unique_ptr of the size of a pointer.
template <class T, auto Free>
using Handle = std::unique_ptr<T, Freer<Free>>;

using BioPtr = Handle<BIO, BIO_free_all>;
using BignumPtr = Handle<BIGNUM, BN_free>;
using MdCtxPtr = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using PkeyPtr = Handle<EVP_PKEY, EVP_PKEY_free>;
using PkeyCtxPtr = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using X509Ptr = Handle<X509, X509_free>;
using X509CrlPtr = Handle<X509_CRL, X509_CRL_free>;
using X509ReqPtr = Handle<X509_REQ, X509_REQ_free>;
using X509StorePtr = Handle<X509_STORE, X509_STORE_free>;
using X509StoreCtxPtr = Handle<X509_STORE_CTX, X509_STORE_CTX_free>;

inline void free_x509_stack(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }
using X509StackPtr = Handle<STACK_OF(X509), free_x509_stack>;

inline constexpr const char* kCopyAgain =
    "the file may be cut off, edited by hand, or of another kind: copy it again";

// Empties the error queue into one sentence ("unsupported; bad decrypt"), oldest first; "" if none.
std::string drain_errors();
// `what (OpenSSL: <queue>)`, as an Error of `code`: its words are for those who know it, and never
// alone. Where the bytes are malformed the hint says how to get better ones.
core::Error openssl_error(core::Code code, std::string what);

// Our view of an X509, which stays the caller's. Never fails: fields that do not parse stay empty.
Certificate view_of(X509* certificate);
// A new X509 with the bytes of `certificate`. Fails with malformed.
core::Result<X509Ptr> to_x509(const Certificate& certificate);

// "O=wxsec, CN=broker", as in Certificate::subject.
std::string name_text(const X509_NAME* name);

// What kind of key this is, and its usual name ("P-256", "RSA").
KeyKind kind_of(const EVP_PKEY* key);
std::string algorithm_text(const EVP_PKEY* key);
// SubjectPublicKeyInfo, DER (RFC 5280 4.1.2.7); empty if the key has no public half.
core::Bytes public_key_of(EVP_PKEY* key, KeyKind kind);

// The key inside; borrowed, valid as long as `key` is. EVP_PKEY_up_ref to keep it.
inline EVP_PKEY* native(const Key& key) { return key.native(); }

}  // namespace wxsec::pki
