// An HTTP/1.1 server over TLS, or over nothing for the lesson on what that loses. One event loop
// per thread does TLS, deadlines and limits; cpp-httplib routes and formats.
//
//     http::Server server(std::move(options));
//     server.route(Method::get, "/api/v1/stations/{id}", [&](const Request& r) { ... });
//     server.run(stop, [](const net::Endpoint& at) { ... print "listening on" ... });
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "lib/core/result.h"
#include "lib/http/event_feed.h"
#include "lib/http/message.h"
#include "lib/net/endpoint.h"
#include "lib/tls/context.h"

namespace wxsec::http {

// What one client may cost. The defaults suit an API of small requests.
struct Limits {
  std::size_t max_head_bytes = 16 * 1024;    // request line and headers: 431 above
  std::size_t max_headers = 64;              // 431 above
  std::size_t max_target_bytes = 2048;       // 414 above
  std::size_t max_body_bytes = 1024 * 1024;  // 413 above, also for chunked bodies
  std::size_t max_connections = 4096;        // new ones wait in the system's queue beyond
  std::size_t max_unsent_bytes = 64 * 1024;  // no further request is read while above
  std::chrono::milliseconds handshake = std::chrono::seconds(10);    // whole TLS handshake
  std::chrono::milliseconds request = std::chrono::seconds(15);      // first byte to last: 408
  std::chrono::milliseconds idle = std::chrono::seconds(60);         // between requests
  std::chrono::milliseconds write_stall = std::chrono::seconds(20);  // reader takes nothing at all
  std::chrono::milliseconds event_heartbeat = std::chrono::seconds(15);  // comment on idle feeds
};

struct ServerOptions {
  net::Endpoint listen = {};  // port 0: any free one
  // Nothing: plain HTTP. Its Identity is the first certificate; reload() swaps it. ALPN is ours.
  std::optional<tls::ServerOptions> tls = {};
  Limits limits = {};
  unsigned threads = 2;  // event loops; handlers run in them and should return within milliseconds
};

// Everything that happened since the start.
struct ServerStats {
  std::uint64_t connections = 0, open = 0, handshakes = 0, failed_handshakes = 0;
  std::uint64_t requests = 0, refused_requests = 0;  // refused: malformed, too large, too slow
  std::uint64_t plaintext_on_tls_port = 0;
  std::uint64_t reloads = 0;
};

class Server {
 public:
  using Handler = std::function<Response(const Request&)>;

  explicit Server(ServerOptions options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // "/api/v1/stations/{id}/latest": literal segments, and {name} for any one non-empty segment.
  // GET also answers HEAD. Before run() only. Handlers are called from several threads at once; one
  // that throws answers 500 without a word of the exception. A path that exists under another
  // method gets 405 with Allow, an unknown one 404.
  void route(Method method, std::string_view pattern, Handler handler);
  // Makes the answers that the server gives by itself (400, 404, 405, 408, 413, 414, 431, 500,
  // 503), e.g. as problem+json. `detail` is one safe sentence; `path` is what was asked for, from
  // the network, or empty where the request was not understood that far. Default: text/plain.
  using Refusal =
      std::function<Response(int status, std::string_view detail, std::string_view path)>;
  void on_refusal(Refusal make);
  // Sees each answered request: for an access log and metrics. Called from the loops.
  using Observer = std::function<void(const Request&, int status, std::size_t body_bytes,
                                      std::chrono::microseconds took)>;
  void on_answer(Observer observer);

  // Binds, calls `listening` with the bound address, serves until `stop`, then finishes the answers
  // under way (one second at most) and closes. Fails: busy, permission, resolve, crypto, malformed.
  core::Result<void> run(std::stop_token stop,
                         const std::function<void(const net::Endpoint& bound)>& listening);

  // Serves this pair from the next handshake on; running connections are not disturbed. A pair that
  // does not match or does not parse is refused (crypto, malformed) and the old one stays.
  // Thread-safe; before, during and after run(). Fails with usage on a plain server.
  core::Result<void> reload(const tls::Identity& identity);
  // Everything anew: also whether clients must show a certificate, of which authorities, and who
  // was revoked. A client that is connected and would not be let in any more is cut off within half
  // a second, in the middle of an answer if need be; the others notice nothing.
  core::Result<void> reload(tls::ServerOptions options);
  // Serial number of the certificate being served, lower case hexadecimal; empty on a plain server.
  std::string served_serial() const;

  ServerStats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wxsec::http
