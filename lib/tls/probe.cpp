// The steps of a probe, each of which may be the last:
//
//   dial       closed port, no route, no answer
//   handshake  plaintext, silence, version, certificate: see session.cpp
//   ping       under TLS 1.3 a server looks at our certificate only after our side of the handshake
//              is done. Its refusal is an alert that comes when we would expect its first answer,
//              so we ask something that every peer answers, and read until the answer or the alert.
//   plain ping where there was no TLS: who lives there?
#include "lib/tls/probe.h"

#include <sys/socket.h>

#include <array>

#include "lib/net/dial.h"
#include "lib/tls/stream.h"

namespace wxsec::tls {
namespace {

using core::Code;
using core::Deadline;

constexpr std::size_t kMaxAnswer = 4096;

Cause cause_of_dial(Code code) {
  switch (code) {
    case Code::resolve: return Cause::unknown_host;
    case Code::refused: return Cause::refused;
    case Code::timeout: return Cause::connect_timeout;
    default: return Cause::unreachable;
  }
}

bool may_be_plaintext(Cause cause) {
  return cause == Cause::plaintext || cause == Cause::hung_up || cause == Cause::silent;
}

// The first answer over a bare connection; empty if none comes.
core::Bytes ask_in_plaintext(const ProbeOptions& options) {
  const Deadline deadline = Deadline::in(options.timeout);
  const auto socket = net::dial(options.target, deadline);
  if (!socket) return {};
  const auto& ping = options.plain_ping;
  if (::send(socket->get(), ping.data(), ping.size(), MSG_NOSIGNAL) < 0) return {};
  if (!net::wait_ready(socket->get(), net::Direction::read, deadline)) return {};
  core::Bytes answer(kMaxAnswer);
  const ssize_t n = ::recv(socket->get(), answer.data(), answer.size(), 0);
  answer.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return answer;
}

void await_answer(Stream& stream, const ProbeOptions& options, Deadline deadline,
                  ProbeResult& result) {
  std::array<std::uint8_t, kMaxAnswer> buffer{};
  const auto n = stream.write(options.ping, deadline) ? stream.read(buffer, deadline)
                                                      : core::Result<std::size_t>(0);
  if (!n || stream.failure()) {
    result.failure = stream.failure();
  } else if (*n == 0) {
    result.failure.cause = Cause::lost;
    result.failure.detail = "the peer closed the connection instead of answering";
  } else {
    result.answer.assign(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*n));
  }
}

// Reads until there is an answer, an objection, or proof that there will be none.
void await_verdict(Stream& stream, const ProbeOptions& options, Deadline deadline,
                   ProbeResult& result) {
  if (!options.ping.empty()) return await_answer(stream, options, deadline, result);
  if (stream.await_acceptance(Deadline::in(options.alert_wait))) return;
  const bool quiet = stream.failure().cause == Cause::timeout;  // no objection in time
  if (!quiet) result.failure = stream.failure();
}

void note_objections(const Handshake& handshake, ProbeResult& result) {
  result.failure.problems = handshake.failure.problems;
  if (result.failure || result.failure.problems.empty()) return;
  result.failure.cause = result.failure.problems.front().cause;
  result.failure.detail = result.failure.problems.front().sentence;
}

}  // namespace

ProbeResult probe(const ProbeOptions& options, const ClientContext& context) {
  ProbeResult result;
  const auto start = std::chrono::steady_clock::now();
  const Deadline deadline = Deadline::in(options.timeout);
  auto socket = net::dial(options.target, deadline);
  if (!socket) {
    result.failure.cause = cause_of_dial(socket.error().code);
    return result;
  }
  result.connected = true;
  result.address = net::peer_address(socket->get());
  const std::string& host = options.host_name.empty() ? options.target.host : options.host_name;
  Handshake handshake = Handshake::connect(std::move(*socket), context, host, deadline);
  result.took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - start);
  result.peer = std::move(handshake.peer);
  if (!handshake.stream) {
    result.failure = std::move(handshake.failure);
    if (may_be_plaintext(result.failure.cause) && !options.plain_ping.empty()) {
      result.plain_answer = ask_in_plaintext(options);
    }
    return result;
  }
  result.handshake = true;
  await_verdict(*handshake.stream, options, deadline, result);
  note_objections(handshake, result);
  static_cast<void>(handshake.stream->shutdown(deadline));
  return result;
}

}  // namespace wxsec::tls
