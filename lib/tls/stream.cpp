// A socket, a Wire, a Session and an SSL, moving together. The socket is non-blocking underneath:
// OpenSSL says which direction it waits for, poll(2) waits until the deadline, and the call is made
// again.
#include "lib/tls/stream.h"

#include <fcntl.h>
#include <openssl/err.h>

#include "lib/net/dial.h"
#include "lib/tls/session.h"

namespace wxsec::tls {
namespace {

using core::Code;
using core::Deadline;
using core::fail;
using core::Result;

}  // namespace

struct Stream::State {
  std::shared_ptr<const void> context;  // outlives `ssl`: callbacks point into it
  core::Fd socket;
  Wire wire;
  Session session;
  Peer peer;
  Failure failure;
  SslPtr ssl;  // last: freed before what it points to

  // Repeats `call` until it gives a positive number, which is returned; 0 for the peer's
  // close_notify, -1 with `failure` set.
  template <class Call>
  int drive(Call call, Deadline deadline, Phase phase);

 private:
  int give_up(int ssl_error, Phase phase);
  Failure timed_out(Phase phase) const;
};

Failure Stream::State::timed_out(Phase phase) const {
  Failure out;
  out.cause = phase == Phase::handshake && wire.received == 0 ? Cause::silent : Cause::timeout;
  out.problems = session.problems;
  return out;
}

int Stream::State::give_up(int ssl_error, Phase phase) {
  failure = diagnose(session, wire, ssl_error, phase);
  return -1;
}

template <class Call>
int Stream::State::drive(Call call, Deadline deadline, Phase phase) {
  failure = {};
  for (;;) {
    ERR_clear_error();
    const int outcome = call(ssl.get());
    if (outcome > 0) return outcome;
    const int reason = SSL_get_error(ssl.get(), outcome);
    // A fatal alert that an earlier call has read looks like a proper end to the next one.
    if (reason == SSL_ERROR_ZERO_RETURN && !session.alert) return 0;
    if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) {
      return give_up(reason, phase);
    }
    const auto direction =
        reason == SSL_ERROR_WANT_READ ? net::Direction::read : net::Direction::write;
    if (!net::wait_ready(wire.fd, direction, deadline)) {
      failure = timed_out(phase);
      return -1;
    }
  }
}

namespace {

std::unique_ptr<Stream::State> start(core::Fd socket, ssl_ctx_st* context) {
  auto state = std::make_unique<Stream::State>();
  ::fcntl(socket.get(), F_SETFL, ::fcntl(socket.get(), F_GETFL) | O_NONBLOCK);
  state->wire.fd = socket.get();
  state->socket = std::move(socket);
  state->ssl.reset(SSL_new(context));
  if (!state->ssl) return nullptr;
  BIO* bio = new_socket_bio(state->wire);
  SSL_set_bio(state->ssl.get(), bio, bio);
  attach(state->ssl.get(), state->session);
  return state;
}

Failure own_fault(std::string detail) {
  Failure failure;
  failure.cause = Cause::own_material;
  failure.detail = std::move(detail);
  return failure;
}

// RFC 6066 3: no addresses in SNI. The certificate is compared by its alternative names alone.
bool expect_host(SSL* ssl, const std::string& host, HostName rule) {
  const bool address = net::is_address(host);
  // SSL_set_tlsext_host_name without its old-style cast.
  if (!address && SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                           const_cast<char*>(host.c_str())) != 1) {
    return false;
  }
  if (rule == HostName::accept_any_name) return true;
  X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(
      param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return (address ? X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str())
                  : X509_VERIFY_PARAM_set1_host(param, host.c_str(), host.size())) == 1;
}

}  // namespace

Stream::Stream(std::unique_ptr<State> state) : state_(std::move(state)) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

Handshake Handshake::run(std::unique_ptr<Stream::State> state, Deadline deadline) {
  Handshake result;
  const int outcome =
      state->drive([](SSL* ssl) { return SSL_do_handshake(ssl); }, deadline, Phase::handshake);
  if (outcome == 0) {  // close_notify in place of an answer
    state->failure.cause = Cause::hung_up;
    state->failure.detail = "with a close_notify";
  }
  result.peer = peer_of(state->ssl.get(), state->session, outcome > 0);
  state->peer = result.peer;
  if (outcome > 0) {
    result.failure.problems = state->session.problems;
    result.stream = Stream(std::move(state));
  } else {
    result.failure = state->failure;
  }
  return result;
}

Handshake Handshake::connect(core::Fd socket, const ClientContext& context, const std::string& host,
                             Deadline deadline) {
  Handshake result;
  auto state = start(std::move(socket), context.native());
  if (host.empty() || state == nullptr ||
      !expect_host(state->ssl.get(), host, context.host_name())) {
    ERR_clear_error();
    result.failure = own_fault("no usable host name to verify");
    return result;
  }
  state->context = context.shared();
  state->session.side = Side::client;
  state->session.host = host;
  state->session.has_identity = context.has_identity();
  SSL_set_connect_state(state->ssl.get());
  return run(std::move(state), deadline);
}

Handshake Handshake::accept(core::Fd socket, const ServerContext& context, Deadline deadline) {
  Handshake result;
  auto state = start(std::move(socket), context.native());
  if (state == nullptr) {
    ERR_clear_error();
    result.failure = own_fault("cannot start TLS");
    return result;
  }
  state->context = context.shared();
  state->session.side = Side::server;
  state->session.has_identity = true;
  SSL_set_accept_state(state->ssl.get());
  return run(std::move(state), deadline);
}

Result<Stream> Stream::connect(core::Fd socket, const ClientContext& context,
                               const std::string& host, Deadline deadline) {
  const std::string where = net::peer_address(socket.get());
  Handshake handshake = Handshake::connect(std::move(socket), context, host, deadline);
  if (handshake.stream) return std::move(*handshake.stream);
  return fail(to_error(handshake.failure, where));
}

Result<Stream> Stream::accept(core::Fd socket, const ServerContext& context, Deadline deadline) {
  const std::string where = net::peer_address(socket.get());
  Handshake handshake = Handshake::accept(std::move(socket), context, deadline);
  if (handshake.stream) return std::move(*handshake.stream);
  return fail(to_error(handshake.failure, where));
}

Result<std::size_t> Stream::read(std::span<std::uint8_t> into, Deadline deadline) {
  const auto size = static_cast<int>(std::min<std::size_t>(into.size(), 1 << 30));
  const int outcome = state_->drive([&](SSL* ssl) { return SSL_read(ssl, into.data(), size); },
                                    deadline, Phase::established);
  if (outcome >= 0) return static_cast<std::size_t>(outcome);
  return fail(to_error(state_->failure, net::peer_address(fd())));
}

Result<void> Stream::write(core::ByteView bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const auto size = static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 30));
    const int outcome = state_->drive([&](SSL* ssl) { return SSL_write(ssl, bytes.data(), size); },
                                      deadline, Phase::established);
    if (outcome <= 0) return fail(write_error(deadline));
    bytes = bytes.subspan(static_cast<std::size_t>(outcome));
  }
  return {};
}

// A peer that refuses us sends its alert and closes; we may notice the closing first, while the
// alert still waits to be read.
core::Error Stream::write_error(Deadline deadline) {
  const Failure at_write = state_->failure;
  std::uint8_t unused = 0;
  if (at_write.cause == Cause::lost) {
    state_->drive([&](SSL* ssl) { return SSL_read(ssl, &unused, 1); }, deadline,
                  Phase::established);
    if (!state_->failure.alert) state_->failure = at_write;
  }
  return to_error(state_->failure, net::peer_address(fd()));
}

Result<void> Stream::shutdown(Deadline deadline) {
  // 0 means that ours was sent and the peer's has not come, which is all that is asked for.
  const int outcome = state_->drive(
      [](SSL* ssl) {
        const int n = SSL_shutdown(ssl);
        return n == 0 ? 1 : n;
      },
      deadline, Phase::established);
  if (outcome >= 0) return {};
  return fail(to_error(state_->failure, net::peer_address(fd())));
}

const Peer& Stream::peer() const { return state_->peer; }
const Failure& Stream::failure() const { return state_->failure; }
Result<void> Stream::await_acceptance(Deadline deadline) {
  if (state_->peer.version != Version::tls1_3 || !state_->session.asked_for_certificate) return {};
  std::uint8_t unused = 0;
  const int outcome = state_->drive(
      [&](SSL* ssl) {
        const int n = state_->session.got_ticket ? 1 : SSL_peek(ssl, &unused, 1);
        return state_->session.got_ticket ? 1 : n;  // the ticket may have come within the call
      },
      deadline, Phase::established);
  if (outcome > 0) return {};
  if (outcome == 0) {
    state_->failure.cause = Cause::lost;
    state_->failure.detail = "the peer closed the connection";
  }
  return fail(to_error(state_->failure, net::peer_address(fd())));
}

int Stream::fd() const { return state_->wire.fd; }

}  // namespace wxsec::tls
