// One sentence and one remedy for each way in which a certificate can fail. The sentence names the
// certificate, the field and its value; the remedy is what the owner of the certificate does. Text
// from certificates is escaped here, since everybody prints these.
#include "lib/pki/explain.h"

#include <fmt/core.h>
#include <openssl/x509_vfy.h>

#include <array>

#include "lib/core/escape.h"
#include "lib/core/time.h"

namespace wxsec::pki {
namespace {

struct ReasonRow {
  Reason reason;
  std::string_view text;
};
constexpr std::array<ReasonRow, 18> kReasons{{{Reason::valid, "valid"},
                                              {Reason::expired, "expired"},
                                              {Reason::not_yet_valid, "not-yet-valid"},
                                              {Reason::wrong_host_name, "wrong-host-name"},
                                              {Reason::unknown_issuer, "unknown-issuer"},
                                              {Reason::self_signed, "self-signed"},
                                              {Reason::bad_signature, "bad-signature"},
                                              {Reason::wrong_purpose, "wrong-purpose"},
                                              {Reason::name_not_permitted, "name-not-permitted"},
                                              {Reason::revoked, "revoked"},
                                              {Reason::revocation_unknown, "revocation-unknown"},
                                              {Reason::weak_key, "weak-key"},
                                              {Reason::weak_signature, "weak-signature"},
                                              {Reason::not_an_authority, "not-an-authority"},
                                              {Reason::path_too_long, "path-too-long"},
                                              {Reason::malformed, "malformed"},
                                              {Reason::no_certificate, "no-certificate"},
                                              {Reason::other, "other"}}};

Reason reason_of(long error) {
  switch (error) {
    case X509_V_OK: return Reason::valid;
    case X509_V_ERR_CERT_HAS_EXPIRED: return Reason::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID: return Reason::not_yet_valid;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
    case X509_V_ERR_EMAIL_MISMATCH: return Reason::wrong_host_name;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED: return Reason::unknown_issuer;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return Reason::self_signed;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE: return Reason::bad_signature;
    case X509_V_ERR_INVALID_PURPOSE:
    case X509_V_ERR_CERT_REJECTED: return Reason::wrong_purpose;
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
    case X509_V_ERR_SUBTREE_MINMAX:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX: return Reason::name_not_permitted;
    case X509_V_ERR_CERT_REVOKED: return Reason::revoked;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER: return Reason::revocation_unknown;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL: return Reason::weak_key;
    case X509_V_ERR_CA_MD_TOO_WEAK: return Reason::weak_signature;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
    case X509_V_ERR_INVALID_NON_CA: return Reason::not_an_authority;
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_CERT_CHAIN_TOO_LONG: return Reason::path_too_long;
    case X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA:
    case X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN:
    case X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA:
    case X509_V_ERR_ISSUER_NAME_EMPTY:
    case X509_V_ERR_SUBJECT_NAME_EMPTY:
    case X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER:
    case X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER:
    case X509_V_ERR_EMPTY_SUBJECT_ALT_NAME:
    case X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL:
    case X509_V_ERR_CA_BCONS_NOT_CRITICAL:
    case X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL:
    case X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL:
    case X509_V_ERR_CA_CERT_MISSING_KEY_USAGE:
    case X509_V_ERR_EXTENSIONS_REQUIRE_VERSION_3:
    case X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH:
    case X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY:
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION: return Reason::malformed;
    default: return Reason::other;
  }
}

// "the certificate of broker"; what it is signed for where it has no common name.
std::string who(const Fact& fact) {
  if (fact.depth >= fact.chain.size()) return "a certificate of the chain";
  const Certificate& certificate = fact.chain[fact.depth];
  std::string name = certificate.common_name;
  if (name.empty() && !certificate.names.empty()) name = certificate.names.front().value;
  if (name.empty()) name = certificate.subject.empty() ? "(no name)" : certificate.subject;
  return fmt::format("the certificate of {}", core::escape_terminal(name));
}

std::string issuer(const Fact& fact) {
  if (fact.depth >= fact.chain.size()) return "an unknown authority";
  const Certificate& certificate = fact.chain[fact.depth];
  return core::escape_terminal(
      certificate.issuer_common_name.empty() ? certificate.issuer : certificate.issuer_common_name);
}

std::string names_of(const Fact& fact) {
  constexpr std::size_t kShown = 8;
  std::string text;
  const auto& names = fact.chain.front().names;
  for (std::size_t i = 0; i < names.size() && i < kShown; ++i)
    text += (i == 0 ? "" : ", ") + core::escape_terminal(names[i].value);
  if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
  return text.empty() ? "no name at all" : text;
}

std::string age(core::Instant moment, core::Instant now) {
  return core::human_duration(now - moment);
}

std::string expired(const Fact& fact) {
  if (fact.depth >= fact.chain.size()) return "a certificate of the chain has expired";
  const core::Instant end = fact.chain[fact.depth].not_after;
  return fmt::format("{} expired {} ago, at {}", who(fact), age(end, fact.at), core::rfc3339(end));
}

std::string not_yet(const Fact& fact) {
  if (fact.depth >= fact.chain.size()) return "a certificate of the chain is not valid yet";
  const core::Instant start = fact.chain[fact.depth].not_before;
  return fmt::format("{} is not valid before {}, in {}", who(fact), core::rfc3339(start),
                     age(start, fact.at));
}

std::string wrong_host(const Fact& fact) {
  if (fact.chain.empty()) return fmt::format("the certificate is not for {}", fact.host);
  return fmt::format("the certificate is for {}, not for {}", names_of(fact),
                     core::escape_terminal(fact.host));
}

std::string purpose(const Fact& fact) {
  std::string allowed;
  if (fact.depth < fact.chain.size())
    for (const std::string& use : fact.chain[fact.depth].extended_key_usage)
      allowed += (allowed.empty() ? "" : ", ") + use;
  return fmt::format("{} is not for this purpose; it allows {}", who(fact),
                     allowed.empty() ? "nothing of the kind" : allowed);
}

std::string not_permitted(const Fact& fact) {
  return fmt::format("{} has a name that its authority may not sign for ({})", who(fact),
                     fact.chain.empty() ? "name constraints" : names_of(fact));
}

std::string weak_key(const Fact& fact) {
  const std::string key =
      fact.depth < fact.chain.size() ? key_text(fact.chain[fact.depth]) : std::string("its key");
  return fmt::format("{} has a key that is too weak: {}", who(fact), key);
}

std::string weak_signature(const Fact& fact) {
  const std::string algorithm = fact.depth < fact.chain.size()
                                    ? fact.chain[fact.depth].signature_algorithm
                                    : std::string("a weak hash");
  return fmt::format("{} is signed with {}, which can be forged", who(fact), algorithm);
}

std::string sentence_of(const Fact& fact) {
  switch (fact.reason) {
    case Reason::valid: return "the certificate is valid";
    case Reason::expired: return expired(fact);
    case Reason::not_yet_valid: return not_yet(fact);
    case Reason::wrong_host_name: return wrong_host(fact);
    case Reason::unknown_issuer:
      return fmt::format("{} was issued by {}, which is not trusted here", who(fact), issuer(fact));
    case Reason::self_signed:
      return fmt::format("{} is self-signed: nobody vouches for it", who(fact));
    case Reason::bad_signature:
      return fmt::format("the signature of {} on {} is wrong", issuer(fact), who(fact));
    case Reason::wrong_purpose: return purpose(fact);
    case Reason::name_not_permitted: return not_permitted(fact);
    case Reason::revoked: return fmt::format("{} was revoked by {}", who(fact), issuer(fact));
    case Reason::revocation_unknown:
      return fmt::format("whether {} was revoked cannot be told: {}", who(fact), fact.detail);
    case Reason::weak_key: return weak_key(fact);
    case Reason::weak_signature: return weak_signature(fact);
    case Reason::not_an_authority:
      return fmt::format("{} is used as an authority and is none", who(fact));
    case Reason::path_too_long: return "the chain is longer than its authorities allow";
    case Reason::no_certificate: return "no certificate was shown";
    case Reason::malformed: return fmt::format("{} breaks RFC 5280: {}", who(fact), fact.detail);
    case Reason::other: break;
  }
  return fmt::format("{} was refused: {}", who(fact), fact.detail);
}

std::string hint_of(Reason reason, bool of_authority) {
  if (reason == Reason::expired && of_authority)
    return "its owner must replace the authority; one's own: wxsec certs rotate-ca --dir DIR";
  switch (reason) {
    case Reason::valid: return {};
    case Reason::expired: return "renew it: wxsec certs renew --dir DIR";
    case Reason::not_yet_valid: return "check the clocks of both machines";
    case Reason::wrong_host_name:
      return "connect by one of its names, or issue it again with --name for this one";
    case Reason::unknown_issuer:
      return "give the right --ca, and let the server show its whole fullchain.pem";
    case Reason::self_signed: return "issue it from your own authority: wxsec certs issue";
    case Reason::bad_signature:
      return "the file is damaged or forged, or the authority was made anew: issue it again";
    case Reason::wrong_purpose:
      return "servers need serverAuth, clients clientAuth: issue it with the right --profile";
    case Reason::name_not_permitted:
      return "use a name below the authority's domains, or init a new directory with --domain";
    case Reason::revoked:
      return "give it a new key: wxsec certs issue --dir DIR --profile PROFILE --replace NAME";
    case Reason::revocation_unknown:
      return of_authority
                 ? "have the root sign its list again: wxsec certs crl --dir DIR --begin-anew"
                 : "renew the list: wxsec certs crl --dir DIR";
    case Reason::weak_key: return "issue it again with P-256 or at least RSA-2048";
    case Reason::weak_signature: return "issue it again with SHA-256";
    case Reason::not_an_authority: return "issue from an authority's certificate (CA:TRUE)";
    case Reason::path_too_long: return "leave out an intermediate authority";
    case Reason::malformed:
      return "issue it again; wxsec certs inspect FILE shows what can be read of it";
    case Reason::no_certificate: return "configure certfile and keyfile of the server";
    case Reason::other: break;
  }
  return "wxsec certs inspect shows every field";
}

}  // namespace

std::string_view reason_text(Reason reason) {
  for (const ReasonRow& row : kReasons)
    if (row.reason == reason) return row.text;
  return "other";
}

Verdict explain(const Fact& fact) {
  Verdict verdict;
  verdict.reason = fact.reason;
  verdict.sentence = sentence_of(fact);
  const bool known = fact.depth < fact.chain.size();
  verdict.hint = hint_of(fact.reason, known && fact.chain[fact.depth].is_ca);
  verdict.depth = fact.depth;
  return verdict;
}

Verdict verify_dates(const std::vector<Certificate>& chain, core::Instant at) {
  Fact fact{chain.empty() ? Reason::no_certificate : Reason::valid, {}, 0, chain, {}, at};
  for (std::size_t i = 0; i < chain.size() && fact.reason == Reason::valid; ++i) {
    fact.depth = i;
    if (at >= chain[i].not_after) fact.reason = Reason::expired;
    if (at < chain[i].not_before) fact.reason = Reason::not_yet_valid;
  }
  return explain(fact);
}

Verdict revoked_verdict(const std::vector<Certificate>& chain, core::Instant at) {
  return explain({Reason::revoked, {}, 0, chain, {}, at});
}

Verdict explain_verify_result(long x509_error, std::size_t depth,
                              const std::vector<Certificate>& chain, std::string_view host,
                              core::Instant at) {
  const Reason reason = reason_of(x509_error);
  // OpenSSL asks for a list before it looks at dates, but whoever has expired needs none: that is
  // what has to be mended first.
  if (reason == Reason::revocation_unknown && !chain.empty() && at > chain.front().not_after)
    return explain({Reason::expired, {}, 0, chain, std::string(host), at});
  return explain(
      {reason, X509_verify_cert_error_string(x509_error), depth, chain, std::string(host), at});
}

}  // namespace wxsec::pki
