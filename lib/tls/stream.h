// A TLS connection over a socket, in plain blocking calls that each end by a deadline. For one-off
// clients (probes, attempts, the HTTP client) and tests; the HTTP server has its own event loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "lib/core/bytes.h"
#include "lib/core/clock.h"
#include "lib/core/fd.h"
#include "lib/core/result.h"
#include "lib/tls/context.h"
#include "lib/tls/failure.h"
#include "lib/tls/peer.h"

namespace wxsec::tls {

class Stream {
 public:
  // The client's side on a connected socket, which becomes non-blocking. `host` is the name or the
  // address that was dialled: it goes into SNI (names only) and is checked against the certificate.
  // Fails with to_error(failure) of the handshake; handshake() below tells more.
  static core::Result<Stream> connect(core::Fd socket, const ClientContext& context,
                                      const std::string& host, core::Deadline deadline);
  // The server's side.
  static core::Result<Stream> accept(core::Fd socket, const ServerContext& context,
                                     core::Deadline deadline);

  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();  // closes the socket without a farewell

  // Bytes read, at least one; 0 once the peer has said close_notify. Fails: timeout; io where the
  // connection ends without one (truncation) or breaks; denied or tls for an alert, see failure().
  core::Result<std::size_t> read(std::span<std::uint8_t> into, core::Deadline deadline);
  // All of it. Fails as read().
  core::Result<void> write(core::ByteView bytes, core::Deadline deadline);
  // Says close_notify; does not wait for the peer's.
  core::Result<void> shutdown(core::Deadline deadline);

  const Peer& peer() const;
  // Of the last read or write: under TLS 1.3 a server's objection to our certificate arrives only
  // here, after the handshake (RFC 8446 4.4.2.4).
  const Failure& failure() const;
  // Waits until it is certain that the server let us in: no time at all under TLS 1.2, or where it
  // asked for no certificate; else until data or a session ticket comes (none is consumed). Fails:
  // denied for its alert, see failure(); timeout where it stays quiet, which proves nothing; io.
  core::Result<void> await_acceptance(core::Deadline deadline);
  int fd() const;

  struct State;

 private:
  friend struct Handshake;
  explicit Stream(std::unique_ptr<State> state);
  core::Error write_error(core::Deadline deadline);
  std::unique_ptr<State> state_;
};

// A handshake with everything that was learned, whether or not it succeeded.
struct Handshake {
  std::optional<Stream> stream = {};  // if it succeeded
  Failure failure = {};  // with Trust::accept_any_certificate, problems may be there all the same
  Peer peer = {};        // as far as it got

  static Handshake connect(core::Fd socket, const ClientContext& context, const std::string& host,
                           core::Deadline deadline);
  static Handshake accept(core::Fd socket, const ServerContext& context, core::Deadline deadline);

 private:
  static Handshake run(std::unique_ptr<Stream::State> state, core::Deadline deadline);
};

}  // namespace wxsec::tls
