// One HTTP exchange over TLS (or over nothing), with everything the peer showed and, if it failed,
// the exact cause. For tools that ask a question and explain the answer; not for bulk traffic.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "lib/core/error.h"
#include "lib/http/message.h"
#include "lib/net/endpoint.h"
#include "lib/tls/context.h"
#include "lib/tls/failure.h"
#include "lib/tls/peer.h"

namespace wxsec::http {

struct ClientRequest {
  net::Endpoint url = {};  // https://host:port/path?query; http:// speaks plaintext
  Method method = Method::get;
  Fields headers = {};  // besides Host, Content-Length, Connection, User-Agent
  std::string body = {};
  std::string host_name = {};  // for SNI, the certificate and Host; empty: the URL's host
  std::chrono::milliseconds timeout = std::chrono::seconds(10);  // for the whole exchange
  std::size_t max_body_bytes = 16 * 1024 * 1024;
};

struct ClientResponse {
  int status = 0;
  std::string reason;
  Fields headers;    // untrusted text
  std::string body;  // chunks already joined
};

struct Exchange {
  std::optional<ClientResponse> response = {};  // there if, and only if, one came whole
  core::Error error = {};                       // if there is none: what to print, with a hint
  tls::Failure failure = {};  // the cause, as an enum; also problems that were overridden
  tls::Peer peer = {};        // empty over plain HTTP
  bool connected = false;     // TCP
  std::string address = {};   // "127.0.0.1:8443"
  std::chrono::microseconds took = {};
};

// Redirects are not followed; the response is returned as it came. Over https:// the certificate
// and the host name are verified as `context` says. `context` is not used over http://.
Exchange exchange(const ClientRequest& request, const tls::ClientContext& context);

// The same for http:// alone. An https:// URL fails with usage.
Exchange exchange_plain(const ClientRequest& request);

}  // namespace wxsec::http
