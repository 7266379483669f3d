// Why a connection did not become a trusted TLS connection: one closed list of causes, each with a
// sentence for people. Filled by every handshake of this folder; nothing here is guessed from error
// texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/bytes.h"
#include "lib/core/error.h"

namespace wxsec::tls {

enum class Cause {
  none,  // nothing failed
  // Before TLS:
  unknown_host,     // the name has no address
  refused,          // closed port
  unreachable,      // no route, network down
  connect_timeout,  // nothing answers, a firewall drops
  silent,           // the port is open, but no byte came before the deadline
  hung_up,          // the peer closed or reset without a TLS word
  plaintext,        // the peer answers, but not in TLS
  // About the peer's certificate, found by us:
  wrong_ca,     // nobody we trust issued it, or the intermediate was not sent
  self_signed,  // a certificate that vouches for itself, not one of ours
  expired,
  not_yet_valid,
  wrong_host_name,
  revoked,
  no_revocation_list,   // a CRL was demanded and none of that issuer is at hand, or it is out of
                        // date
  wrong_purpose,        // not made for this side (extended key usage), or a CA that may not issue
  forbidden_name,       // outside its issuer's name constraints
  weak_certificate,     // key or signature below the security level
  bad_signature,        // forged or damaged
  invalid_certificate,  // anything else that verification objects to
  // About the protocol:
  version_refused,   // no protocol version in common
  no_common_cipher,  // no cipher suite, group or signature algorithm in common
  no_common_alpn,
  // About our certificate, told by the peer's alert:
  client_certificate_missing,
  client_ca_unknown,
  client_certificate_expired,
  client_certificate_revoked,
  client_certificate_purpose,
  client_certificate_refused,  // bad_certificate (mosquitto: not yet valid) or no reason given
  server_name_refused,         // unrecognized_name: no such host there
  // The rest:
  alert,         // another alert
  lost,          // the connection broke off after the handshake
  timeout,       // a deadline passed in the middle
  own_material,  // our own certificate, key or trust file is unusable
  protocol_error,
};

// The enumerator's own spelling, for JSON and tests.
std::string_view cause_name(Cause cause);
// One sentence without object: "the certificate has expired". Never empty.
std::string_view cause_sentence(Cause cause);
// One thing to do about it; empty for none.
std::string_view cause_hint(Cause cause);
// What callers that only know core::Error get to see.
core::Code cause_code(Cause cause);

// One objection of the verification, in the order in which they were found.
struct Problem {
  Cause cause = Cause::none;
  int depth = 0;         // 0 is the peer's own certificate, 1 its issuer, ...
  std::string subject;   // of the certificate in question; untrusted text
  std::string sentence;  // "the certificate of broker.wx.test expired 3 days ago (2026-11-19)"
  std::string hint;      // one thing to do about it
};

// An alert as it came over the wire. RFC 8446 6.2.
struct Alert {
  int code = 0;
  std::string name;  // "certificate_required"
};

struct Failure {
  Cause cause = Cause::none;
  std::string detail;             // names of what was seen; untrusted text, escape it
  std::vector<Problem> problems;  // every objection, also those that were overridden
  std::optional<Alert> alert;     // received from the peer
  core::Bytes plaintext;          // what a peer that does not speak TLS said, up to 64 bytes

  explicit operator bool() const { return cause != Cause::none; }
};

// As an Error: "<object>: <sentence> (<detail>)".
core::Error to_error(const Failure& failure, std::string_view object);

}  // namespace wxsec::tls
