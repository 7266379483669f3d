// The causes in words. One table, so that a cause without a sentence cannot exist: the compiler
// counts the rows against the enumeration.
#include "lib/tls/failure.h"

#include <fmt/core.h>

#include <array>

namespace wxsec::tls {
namespace {

using core::Code;

struct Row {
  Cause cause;
  Code code;
  std::string_view name, sentence, hint;
};

constexpr std::array kRows{
    Row{Cause::none, Code::internal, "none", "nothing failed", ""},
    Row{Cause::unknown_host, Code::resolve, "unknown_host", "the host name has no address",
        "check its spelling, or add it to DNS or /etc/hosts"},
    Row{Cause::refused, Code::refused, "refused", "the port is closed: nobody listens there",
        "start the server, or check the port number"},
    Row{Cause::unreachable, Code::io, "unreachable", "there is no way to that address",
        "check the address and this machine's network"},
    Row{Cause::connect_timeout, Code::timeout, "connect_timeout", "nothing answers at that address",
        "check the address, and any firewall in between"},
    Row{Cause::silent, Code::timeout, "silent",
        "the port is open, but it did not answer a TLS greeting",
        "check that this port speaks TLS from the first byte"},
    Row{Cause::hung_up, Code::refused, "hung_up",
        "the peer hung up on a TLS greeting without a word",
        "it probably does not speak TLS on this port: try the TLS port (8883, 443)"},
    Row{Cause::plaintext, Code::protocol, "plaintext", "the port answers in plaintext, not in TLS",
        "use the TLS port (8883, 443), or configure TLS on this one"},
    Row{Cause::wrong_ca, Code::tls, "wrong_ca",
        "the certificate was not issued by a CA that is trusted here",
        "give the CA of this server with --ca, or have the server send its whole chain "
        "(fullchain.pem)"},
    Row{Cause::self_signed, Code::tls, "self_signed",
        "the certificate is self-signed and not among the trusted ones",
        "issue the server a certificate from your CA (wxsec certs init)"},
    Row{Cause::expired, Code::tls, "expired", "the certificate has expired",
        "renew it, and check that the server has loaded the new one"},
    Row{Cause::not_yet_valid, Code::tls, "not_yet_valid", "the certificate is not valid yet",
        "check the clocks of both machines, or wait"},
    Row{Cause::wrong_host_name, Code::tls, "wrong_host_name",
        "the certificate is for another host name",
        "connect by a name that is in the certificate, or issue one for this name"},
    Row{Cause::revoked, Code::tls, "revoked", "the certificate has been revoked",
        "issue a new one with a new key"},
    Row{Cause::no_revocation_list, Code::tls, "no_revocation_list",
        "no current revocation list of that issuer is at hand", "renew crl.pem"},
    Row{Cause::wrong_purpose, Code::tls, "wrong_purpose",
        "the certificate was not made for this purpose",
        "a server needs extended key usage serverAuth, a client clientAuth"},
    Row{Cause::forbidden_name, Code::tls, "forbidden_name",
        "the name lies outside what its CA may sign for", "issue it from a CA for that domain"},
    Row{Cause::weak_certificate, Code::tls, "weak_certificate",
        "a key or signature in the chain is too weak", "use P-256 or RSA-2048 and SHA-256"},
    Row{Cause::bad_signature, Code::tls, "bad_signature",
        "a signature in the chain is wrong: forged or damaged",
        "get a fresh copy of the CA and of the certificate, and compare fingerprints"},
    Row{Cause::invalid_certificate, Code::tls, "invalid_certificate",
        "the certificate does not hold", "look at it with wxsec certs inspect"},
    Row{Cause::version_refused, Code::tls, "version_refused",
        "the two sides have no TLS version in common", "allow TLS 1.2 or 1.3 on the peer"},
    Row{Cause::no_common_cipher, Code::tls, "no_common_cipher",
        "the two sides have no cipher suite or key exchange in common",
        "allow ECDHE with AES-GCM or ChaCha20 on the peer"},
    Row{Cause::no_common_alpn, Code::tls, "no_common_alpn",
        "the two sides have no application protocol (ALPN) in common", ""},
    Row{Cause::client_certificate_missing, Code::denied, "client_certificate_missing",
        "the server demands a client certificate and none was shown",
        "give one with --cert and --key"},
    Row{Cause::client_ca_unknown, Code::denied, "client_ca_unknown",
        "the server does not trust the CA of our certificate",
        "use a certificate of the server's CA, and send it with its chain (fullchain.pem)"},
    Row{Cause::client_certificate_expired, Code::denied, "client_certificate_expired",
        "the server says that our certificate has expired", "renew it"},
    Row{Cause::client_certificate_revoked, Code::denied, "client_certificate_revoked",
        "the server says that our certificate has been revoked", "issue a new one"},
    Row{Cause::client_certificate_purpose, Code::denied, "client_certificate_purpose",
        "the server says that our certificate is not one for clients",
        "issue one with extended key usage clientAuth"},
    Row{Cause::client_certificate_refused, Code::denied, "client_certificate_refused",
        "the server refuses our certificate without saying why",
        "check its dates (not yet valid?), its issuer and the server's log"},
    Row{Cause::server_name_refused, Code::denied, "server_name_refused",
        "the server has no certificate for that host name", "check the name"},
    Row{Cause::alert, Code::tls, "alert", "the peer ended the connection with an alert", ""},
    Row{Cause::lost, Code::io, "lost", "the connection broke off", "see the server's log"},
    Row{Cause::timeout, Code::timeout, "timeout", "the peer stopped answering", ""},
    Row{Cause::own_material, Code::crypto, "own_material",
        "our own certificate or key cannot be used", ""},
    Row{Cause::protocol_error, Code::protocol, "protocol_error",
        "the peer broke the rules of the TLS protocol", ""},
};

constexpr std::size_t index_of(Cause cause) { return static_cast<std::size_t>(cause); }

constexpr bool rows_follow_the_enumeration() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (index_of(kRows[i].cause) != i || kRows[i].sentence.empty()) return false;
  }
  return kRows.size() == index_of(Cause::protocol_error) + 1;
}
static_assert(rows_follow_the_enumeration());

const Row& row(Cause cause) { return kRows[index_of(cause)]; }

// The hint of the objection that became the cause knows more than the table.
std::string hint_of(const Failure& failure) {
  for (const Problem& problem : failure.problems) {
    if (problem.cause == failure.cause && !problem.hint.empty()) return problem.hint;
  }
  return std::string(cause_hint(failure.cause));
}

}  // namespace

std::string_view cause_name(Cause cause) { return row(cause).name; }
std::string_view cause_sentence(Cause cause) { return row(cause).sentence; }
std::string_view cause_hint(Cause cause) { return row(cause).hint; }
core::Code cause_code(Cause cause) { return row(cause).code; }

core::Error to_error(const Failure& failure, std::string_view object) {
  std::string what = fmt::format("{}: {}", object, cause_sentence(failure.cause));
  if (!failure.detail.empty()) what += fmt::format(" ({})", failure.detail);
  return {cause_code(failure.cause), std::move(what), hint_of(failure)};
}

}  // namespace wxsec::tls
