// What a port says to plaintext, told apart as finely as evidence needs it. "It did not work" is
// four different things:
//
//   refused    RST to our SYN: nobody listens. Good evidence that plaintext is not served there.
//   hung up    a TLS server that found no ClientHello: mosquitto does this.
//   alert      a TLS server that says so first: 15 03 0x 00 02 level description (RFC 8446 6).
//   no answer  a firewall, a wrong address, a slow machine. Evidence of nothing.
#include "src/attack/first_contact.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "lib/net/dial.h"
#include "lib/wire/reader.h"

namespace wxsec::attack {
namespace {

using core::Code;
using core::Deadline;

constexpr std::size_t kMaxAnswer = 4096;
constexpr std::uint8_t kTlsAlert = 0x15;
constexpr std::uint8_t kTlsHandshake = 0x16;

Contact no_connection(const core::Error& error) {
  if (error.code == Code::refused) return {Contact::Kind::closed, {}, "connection refused"};
  return {Contact::Kind::unreachable, {}, error.what};
}

Contact hung_up(std::string_view how) {
  return {Contact::Kind::hung_up, {}, fmt::format("connected, then {} without a word", how)};
}

// A reset while we still write says the same as one while we read.
bool say(int fd, core::ByteView question) {
  const ssize_t sent = ::send(fd, question.data(), question.size(), MSG_NOSIGNAL);
  return sent == static_cast<ssize_t>(question.size());
}

}  // namespace

bool refuses_plaintext(const Contact& contact) {
  return contact.kind == Contact::Kind::closed || contact.kind == Contact::Kind::hung_up ||
         contact.kind == Contact::Kind::tls_alert;
}

Contact classify_answer(core::Bytes answer) {
  wire::Reader in(answer);
  const std::uint8_t type = in.u8();
  const std::uint8_t major = in.u8();
  const bool record = (type == kTlsAlert || type == kTlsHandshake) && major == 3;
  if (!record) return {Contact::Kind::answered, std::move(answer), "answered in plaintext"};
  in.skip(3);
  in.u8();  // level
  const unsigned description = in.u8();
  std::string words = in.ok() && type == kTlsAlert
                          ? fmt::format("answered with a TLS alert ({})", description)
                          : std::string("answered in TLS");
  return {Contact::Kind::tls_alert, std::move(answer), std::move(words)};
}

Contact first_contact(const net::Endpoint& endpoint, core::ByteView question,
                      std::chrono::milliseconds timeout) {
  const Deadline deadline = Deadline::in(timeout);
  const auto socket = net::dial(endpoint, deadline);
  if (!socket) return no_connection(socket.error());
  if (!say(socket->get(), question)) return hung_up("reset");
  if (!net::wait_ready(socket->get(), net::Direction::read, deadline)) {
    return {Contact::Kind::silent,
            {},
            fmt::format("connected, but no answer within {} ms", timeout.count())};
  }
  core::Bytes answer(kMaxAnswer);
  const ssize_t count = ::recv(socket->get(), answer.data(), answer.size(), 0);
  if (count < 0) return hung_up(errno == ECONNRESET ? "reset" : "broken off");
  if (count == 0) return hung_up("closed");
  answer.resize(static_cast<std::size_t>(count));
  return classify_answer(std::move(answer));
}

}  // namespace wxsec::attack
