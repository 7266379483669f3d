#include "lib/pki/derivation.h"

#include <fmt/core.h>
#include <openssl/asn1t.h>

#include "lib/pki/openssl_ptr.h"

namespace wxsec::pki {
namespace {

using PbeParamPtr = Handle<PBEPARAM, PBEPARAM_free>;
using Pbe2ParamPtr = Handle<PBE2PARAM, PBE2PARAM_free>;
using Pbkdf2ParamPtr = Handle<PBKDF2PARAM, PBKDF2PARAM_free>;
using ScryptParamsPtr = Handle<SCRYPT_PARAMS, SCRYPT_PARAMS_free>;

template <class Pointer>
Pointer parameters_of(const X509_ALGOR* scheme, const ASN1_ITEM* item) {
  const ASN1_OBJECT* object = nullptr;
  int type = 0;
  const void* value = nullptr;
  X509_ALGOR_get0(&object, &type, &value, scheme);
  if (type != V_ASN1_SEQUENCE || value == nullptr) return nullptr;
  return Pointer(static_cast<typename Pointer::pointer>(
      ASN1_item_unpack(static_cast<const ASN1_STRING*>(value), item)));
}

int nid_of(const X509_ALGOR* scheme) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, scheme);
  return OBJ_obj2nid(object);
}

core::Failure not_understood() {
  drain_errors();
  return core::fail(core::Code::unsupported, "it is encrypted in a way that is not known here",
                    "convert it with the program that made it, to PKCS#8 with AES-256");
}

core::Failure too_costly() {
  return core::fail(core::Code::too_large,
                    fmt::format("trying one passphrase would take more than {} rounds of "
                                "computing",
                                kMaxDerivationRounds),
                    "such a file is made to keep its reader busy; ask who made it");
}

core::Result<void> check_scrypt(const X509_ALGOR* function) {
  const auto params = parameters_of<ScryptParamsPtr>(function, ASN1_ITEM_rptr(SCRYPT_PARAMS));
  if (!params) return not_understood();
  long cost = 1;
  for (const ASN1_INTEGER* factor :
       {params->costParameter, params->blockSize, params->parallelizationParameter}) {
    const long value = ASN1_INTEGER_get(factor);
    if (value <= 0 || value > kMaxScryptCost / cost) return too_costly();
    cost *= value;
  }
  return {};
}

core::Result<void> check_pbes2(const X509_ALGOR* scheme) {
  const auto params = parameters_of<Pbe2ParamPtr>(scheme, ASN1_ITEM_rptr(PBE2PARAM));
  if (!params) return not_understood();
  const int function = nid_of(params->keyfunc);
  if (function == NID_id_scrypt) return check_scrypt(params->keyfunc);
  if (function != NID_id_pbkdf2) return not_understood();
  const auto inner = parameters_of<Pbkdf2ParamPtr>(params->keyfunc, ASN1_ITEM_rptr(PBKDF2PARAM));
  return inner ? check_derivation_rounds(inner->iter) : not_understood();
}

}  // namespace

core::Result<void> check_derivation_rounds(const ASN1_INTEGER* rounds) {
  if (rounds == nullptr) return {};  // RFC 7292 4: one round where none is said
  const long count = ASN1_INTEGER_get(rounds);
  if (count <= 0 || count > kMaxDerivationRounds) return too_costly();
  return {};
}

core::Result<void> check_derivation_cost(const X509_ALGOR* scheme) {
  if (scheme == nullptr) return not_understood();
  if (nid_of(scheme) == NID_pbes2) return check_pbes2(scheme);
  const auto params = parameters_of<PbeParamPtr>(scheme, ASN1_ITEM_rptr(PBEPARAM));
  return params ? check_derivation_rounds(params->iter) : not_understood();
}

bool is_weak_scheme(const X509_ALGOR* scheme) {
  if (scheme == nullptr || nid_of(scheme) != NID_pbes2) return true;
  const auto params = parameters_of<Pbe2ParamPtr>(scheme, ASN1_ITEM_rptr(PBE2PARAM));
  drain_errors();
  if (!params) return true;
  switch (nid_of(params->encryption)) {
    case NID_aes_128_cbc:
    case NID_aes_192_cbc:
    case NID_aes_256_cbc: return false;
    default: return true;
  }
}

}  // namespace wxsec::pki
