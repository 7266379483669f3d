// `wxsec api get`: one question to an API, and everything there is to see about the answer: the
// response, the certificate chain, protocol and cipher, or the exact cause of a failure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/http/client.h"

namespace wxsec::api {

struct ViewOptions {
  std::string url;  // https://HOST[:PORT]/PATH, http://..., or a bare /PATH on `base`
  std::string base = "https://localhost:8443";
  core::Path ca;           // whom to trust; empty: the system's store
  core::Path certificate;  // own, with key, for servers that ask; or none of both
  core::Path key;
  core::Path crl;                       // empty: revocation is not looked at
  std::string host_name;                // the name to expect and to ask for; empty: the URL's
  bool accept_any_certificate = false;  // go on, and report all the same
  bool head = false;
  http::Fields headers;
  std::chrono::milliseconds timeout = std::chrono::seconds(10);
};

enum class ViewVerdict {
  fine,         // a trusted answer of 2xx or 3xx
  http_error,   // a trusted answer of 4xx or 5xx
  untrusted,    // an answer, but the certificate does not hold
  unencrypted,  // an answer over plain HTTP
  no_answer,
};
std::string_view verdict_name(ViewVerdict verdict);

struct View {
  std::string url;    // as asked
  std::string trust;  // "certs/ca.pem", or "the system's store"
  ViewVerdict verdict = ViewVerdict::no_answer;
  http::Exchange exchange;
};

// Fails only for what is ours: usage (no URL), not_found, permission, malformed or crypto (files).
// What the peer did, good or bad, is in the View.
core::Result<View> view(const ViewOptions& options);

}  // namespace wxsec::api
