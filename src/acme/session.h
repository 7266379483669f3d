// A conversation with one ACME server: its directory, nonces, signed requests, and the patience
// that the protocol asks for. RFC 8555 6.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/http/client.h"
#include "lib/pki/key.h"
#include "src/acme/messages.h"

namespace wxsec::acme {

// One HTTP exchange; the real one is http::exchange with a TLS context, tests bring their own.
using Exchange = std::function<core::Result<http::ClientResponse>(const http::ClientRequest&)>;

// Verifies the server by the certificates in `ca_file`, or by the system's store where it is empty.
// Fails: not_found, permission, malformed (no certificate in it).
core::Result<Exchange> exchange_over_tls(const core::Path& ca_file);

struct SessionOptions {
  std::string directory_url = {};  // https:// only
  Exchange exchange = {};
  // All requests together, waiting included.
  core::Deadline deadline = core::Deadline::in(std::chrono::minutes(5));
  std::stop_token stop = {};
  // Told what is waited for, and why a request is repeated; may be empty.
  std::function<void(std::string_view)> note = {};
};

struct Reply {
  http::ClientResponse response;
  std::optional<std::chrono::seconds> retry_after;
  std::string header(std::string_view name) const;  // "" if absent
};

// A bad nonce is answered with a new one, so repeating costs one round trip. At a server that
// refuses every second one, one request in four milliards fails all of these.
inline constexpr int kNonceTries = 32;

class Session {
 public:
  // Reads the directory. Fails: usage (no https:// URL), as the exchange, protocol, denied.
  static core::Result<Session> open(SessionOptions options, const core::Clock& clock);

  const Directory& directory() const { return directory_; }
  const SessionOptions& options() const { return options_; }
  const core::Clock& clock() const { return *clock_; }

  // Who signs from here on; `key` must outlive the session. An empty URL: the key shows itself.
  void sign_as(const pki::Key& key, std::string account_url);

  // A signed POST; an empty payload reads (POST-as-GET). `doing` names it in errors: "order for
  // broker.wx.test". Repeats on badNonce and on 503, within bounds. Any other refusal is code
  // denied, told from the problem document; `problem_type` (may be null) gets its type.
  core::Result<Reply> post(const std::string& url, std::string_view payload, std::string_view doing,
                           std::string* problem_type = nullptr);
  // An unsigned GET, as RFC 9773 and the directory use it.
  core::Result<Reply> get(const std::string& url, std::string_view doing);

  // Waits before asking again: `asked` if the server said so (at least 50 ms), else longer each
  // time. Fails: timeout past the deadline, interrupted.
  core::Result<void> wait(std::optional<std::chrono::seconds> asked, int attempt,
                          std::string_view doing);

  // Only https:// on the directory's own host and port is ever asked: a server cannot send signed
  // requests to somebody else. Fails with protocol.
  core::Result<net::Endpoint> check_url(std::string_view url) const;

 private:
  Session(SessionOptions options, const core::Clock& clock)
      : options_(std::move(options)), clock_(&clock) {}
  core::Result<Reply> send(const http::ClientRequest& request, std::string_view doing);
  core::Result<Reply> post_once(const std::string& url, std::string_view payload,
                                std::string_view doing);
  core::Result<std::string> take_nonce();
  void keep_nonce(const http::ClientResponse& response);
  void note(std::string_view text) const;

  SessionOptions options_;
  const core::Clock* clock_;
  net::Endpoint origin_;
  Directory directory_;
  std::string nonce_;
  const pki::Key* key_ = nullptr;
  std::string account_url_;
};

}  // namespace wxsec::acme
