// What the other side of a TLS connection showed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/pki/certificate.h"
#include "lib/tls/policy.h"

namespace wxsec::tls {

struct Peer {
  std::optional<Version> version = {};
  std::string cipher = {};  // "TLS_AES_256_GCM_SHA384", as the RFCs spell it
  std::string group = {};   // key exchange: "x25519", "secp256r1"; empty if not negotiated
  std::string alpn = {};    // empty: none agreed; untrusted text
  bool session_reused = false;
  std::vector<pki::Certificate> chain = {};  // as sent, leaf first; empty: none shown
  // Whether it asked for a certificate of ours; nothing: the handshake ended before one could know.
  std::optional<bool> asked_for_certificate = {};
  std::vector<std::string> accepted_issuers = {};  // CA names in that request; untrusted text
};

}  // namespace wxsec::tls
