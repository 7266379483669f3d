// What a live server shows: one handshake, without a certificate of ours, judged as a client would.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/net/endpoint.h"
#include "lib/pki/certificate.h"
#include "lib/pki/verify.h"

namespace wxsec::certs {

struct EndpointOptions {
  std::string url;  // mqtts://, https://, or HOST:PORT
  core::Path ca;    // whom to trust; empty: DIR/ca.pem if there, and the system's store
  core::Path dir;
  std::chrono::milliseconds timeout{};
};

struct EndpointView {
  net::Endpoint endpoint;
  std::string address;  // "127.0.0.1:8883"
  std::vector<pki::Certificate> chain;
  std::string protocol;  // "TLSv1.3"
  std::string cipher;
  std::string group;
  bool asks_for_certificate = false;
  pki::Reason reason = pki::Reason::valid;
  std::string sentence;  // "" when valid
  std::string hint;
  bool revocation_unknown = false;  // valid, but there was no list to look at
};

// Fails: usage (bad URL, plaintext scheme), resolve, refused, timeout, protocol (no TLS there):
// when no certificate was seen. One that was seen and is bad is no failure but a reason.
core::Result<EndpointView> look_at(const EndpointOptions& options, const core::Clock& clock);

// Serial of the certificate that is served there, whether trusted or not.
core::Result<std::string> served_serial(const std::string& url, std::chrono::milliseconds timeout);

// "mqtts://..." and the like, as opposed to a path.
bool is_url(std::string_view target);

}  // namespace wxsec::certs
