// Everything about one file or endpoint, for people who want to understand it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "lib/pki/crl.h"
#include "lib/pki/verify.h"
#include "src/certs/endpoint.h"
#include "src/certs/examine.h"

namespace wxsec::certs {

struct InspectOptions {
  std::string target = {};  // file, or mqtts:// or https:// URL
  core::Path ca = {};       // whom to judge by; empty: DIR/ca.pem if there
  core::Path dir = "certs";
  std::chrono::milliseconds timeout = std::chrono::seconds{5};
};

enum class Content { certificates, endpoint, revocation_lists, private_key };

struct Inspection {
  std::string target = {};
  Content content = Content::certificates;
  core::Instant at = {};  // when it was judged
  std::vector<pki::Certificate> chain = {};
  pki::Verdict verdict = {};
  bool trust_known = false;  // the chain was judged up to a root, not by its dates alone
  KeyState key = KeyState::absent;
  std::optional<EndpointView> endpoint = {};
  std::vector<pki::Crl> crls = {};
  std::string key_description = {};  // for a private key: "P-256, PKCS#8, mode 0600"
};

// Fails: as reading the file or shaking hands does; malformed, when it is none of the kinds above.
core::Result<Inspection> inspect(const InspectOptions& options, const core::Clock& clock);

}  // namespace wxsec::certs
