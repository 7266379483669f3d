// TLS greetings sent to peers that do not speak it, and peers that vanish: scripted ones, because
// no real server misbehaves on demand.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <functional>
#include <stop_token>
#include <thread>

#include "lib/net/dial.h"
#include "lib/net/listen.h"
#include "lib/tls/probe.h"
#include "lib/tls/stream.h"
#include "tests/support/tiny_ca.h"

namespace {

using namespace wxsec;
using namespace std::chrono_literals;
using core::Deadline;

net::Endpoint loopback(std::uint16_t port) {
  return {.scheme = net::Scheme::none, .host = "127.0.0.1", .port = port, .path = {}};
}

// Serves connections one after the other with `answer`, until destroyed.
class Scripted {
 public:
  using Answer = std::function<void(core::Fd socket)>;
  explicit Scripted(Answer answer)
      : listener_(*net::listen(loopback(0), 8)),
        thread_([this, answer = std::move(answer)](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            if (!net::wait_ready(listener_.fd.get(), net::Direction::read, Deadline::in(20ms)))
              continue;
            core::Fd socket(::accept(listener_.fd.get(), nullptr, nullptr));
            if (socket) answer(std::move(socket));
          }
        }) {}
  std::uint16_t port() const { return listener_.endpoint.port; }

 private:
  net::Listener listener_;
  std::jthread thread_;
};

void wait_for_bytes(const core::Fd& socket) {
  static_cast<void>(net::wait_ready(socket.get(), net::Direction::read, Deadline::in(5s)));
}
std::size_t read_some(const core::Fd& socket) {
  std::array<char, 4096> buffer{};
  wait_for_bytes(socket);
  return static_cast<std::size_t>(
      std::max<ssize_t>(0, ::recv(socket.get(), buffer.data(), buffer.size(), 0)));
}
void say(const core::Fd& socket, std::string_view text) {
  REQUIRE(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(text.size()));
}

tls::ProbeOptions at(const Scripted& peer) {
  tls::ProbeOptions options;
  options.target = {
      .scheme = net::Scheme::none, .host = "127.0.0.1", .port = peer.port(), .path = {}};
  return options;
}

tls::ClientContext any_context() {
  tls::ClientOptions options;
  options.ca_pem = test::TinyCa("a CA").pem();
  return *tls::ClientContext::create(options);
}

}  // namespace

TEST_CASE("tls/probe: a plaintext service that speaks is quoted") {
  const Scripted peer([](core::Fd socket) {
    read_some(socket);
    say(socket, "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n");
  });
  const auto result = tls::probe(at(peer), any_context());
  CHECK(tls::cause_name(result.failure.cause) == "plaintext");
  CHECK(core::as_text(result.failure.plaintext).starts_with("HTTP/"));
  CHECK(result.failure.detail.starts_with("it says \"HTTP/"));
  CHECK_FALSE(result.peer.version);
}

TEST_CASE("tls/probe: bytes that are no text are shown as numbers, never as they are") {
  const Scripted peer([](core::Fd socket) {
    read_some(socket);
    say(socket, std::string_view("\x1b[2J\x00\x07", 6));
  });
  const auto result = tls::probe(at(peer), any_context());
  CHECK(tls::cause_name(result.failure.cause) == "plaintext");
  CHECK(result.failure.detail.find("1b 5b 32 4a") != std::string::npos);
  CHECK(result.failure.detail.find('\x1b') == std::string::npos);
}

TEST_CASE("tls/probe: a service that hangs up on TLS is asked in plaintext") {
  // As mosquitto does: a TLS greeting is no CONNECT, so it closes; a CONNECT gets a CONNACK.
  const Scripted peer([](core::Fd socket) {
    std::array<char, 1> first{};
    wait_for_bytes(socket);
    REQUIRE(::recv(socket.get(), first.data(), 1, 0) == 1);
    if (first[0] == 0x10) say(socket, std::string_view("\x20\x02\x00\x05", 4));
  });
  auto options = at(peer);
  const auto unasked = tls::probe(options, any_context());
  CHECK(tls::cause_name(unasked.failure.cause) == "hung_up");
  CHECK(unasked.plain_answer.empty());
  options.plain_ping = {0x10, 0x0c, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 0};
  const auto asked = tls::probe(options, any_context());
  CHECK(tls::cause_name(asked.failure.cause) == "hung_up");
  CHECK(asked.plain_answer == core::Bytes{0x20, 2, 0, 5});
}

TEST_CASE("tls/probe: a peer that breaks off in the middle of its greeting") {
  const Scripted peer([](core::Fd socket) {
    read_some(socket);
    say(socket, std::string_view("\x16\x03\x03\x00\x7a\x02\x00", 7));
  });
  const auto result = tls::probe(at(peer), any_context());
  CHECK(tls::cause_name(result.failure.cause) == "lost");
}

TEST_CASE("tls/probe: nonsense inside a TLS record is a breach of protocol") {
  const Scripted peer([](core::Fd socket) {
    read_some(socket);
    say(socket, std::string_view("\x16\x03\x03\x00\x04\xff\x00\x00\x00", 9));
    wait_for_bytes(socket);
  });
  const auto result = tls::probe(at(peer), any_context());
  CHECK(tls::cause_name(result.failure.cause) == "protocol_error");
}

TEST_CASE("tls/stream: both our sides talk, and end properly") {
  const test::TinyCa ca("our CA");
  tls::ServerOptions server;
  server.identity = ca.issue({});
  server.client_auth = tls::ClientAuth::require;
  server.client_ca_pem = ca.pem();
  const auto server_context = tls::ServerContext::create(server);
  REQUIRE(server_context);
  std::string seen_name;
  const Scripted peer([&](core::Fd socket) {
    auto stream = tls::Stream::accept(std::move(socket), *server_context, Deadline::in(5s));
    REQUIRE(stream);
    seen_name = stream->peer().chain.at(0).common_name;
    std::array<std::uint8_t, 1000> buffer{};
    std::size_t total = 0;
    for (;;) {
      const auto n = stream->read(buffer, Deadline::in(5s));
      REQUIRE(n);
      if (*n == 0) break;
      total += *n;
    }
    REQUIRE(stream->write(core::as_bytes(std::to_string(total)), Deadline::in(5s)));
    REQUIRE(stream->shutdown(Deadline::in(5s)));
  });
  std::vector<std::string> keys;
  tls::ClientOptions options;
  options.ca_pem = ca.pem();
  options.identity = ca.client("station-0001");
  options.keylog = [&](std::string_view line) { keys.emplace_back(line); };
  const auto context = tls::ClientContext::create(options);
  REQUIRE(context);
  auto socket = net::dial(loopback(peer.port()), Deadline::in(5s));
  REQUIRE(socket);
  auto stream = tls::Stream::connect(std::move(*socket), *context, "localhost", Deadline::in(5s));
  REQUIRE(stream);
  const core::Bytes megabyte(1'000'000, 'x');
  REQUIRE(stream->write(megabyte, Deadline::in(10s)));
  REQUIRE(stream->shutdown(Deadline::in(5s)));
  std::array<std::uint8_t, 100> buffer{};
  auto n = stream->read(buffer, Deadline::in(5s));
  REQUIRE(n);
  CHECK(core::as_text({buffer.data(), *n}) == "1000000");
  n = stream->read(buffer, Deadline::in(5s));
  REQUIRE(n);
  CHECK(*n == 0);
  CHECK(seen_name == "station-0001");
  CHECK(keys.size() >= 4);  // TLS 1.3: two handshake and two traffic secrets at least
  for (const std::string& line : keys) CHECK(line.find("_SECRET") != std::string::npos);
}

TEST_CASE("tls/stream: a connection that is cut off is an error, not an end") {
  const test::TinyCa ca("our CA");
  tls::ServerOptions server;
  server.identity = ca.issue({});
  const auto server_context = tls::ServerContext::create(server);
  REQUIRE(server_context);
  const Scripted peer([&](core::Fd socket) {
    auto stream = tls::Stream::accept(std::move(socket), *server_context, Deadline::in(5s));
    REQUIRE(stream);
    REQUIRE(stream->write(core::as_bytes("half of"), Deadline::in(5s)));
  });  // closed without close_notify
  tls::ClientOptions options;
  options.ca_pem = ca.pem();
  const auto context = tls::ClientContext::create(options);
  auto socket = net::dial(loopback(peer.port()), Deadline::in(5s));
  REQUIRE(socket);
  auto stream = tls::Stream::connect(std::move(*socket), *context, "localhost", Deadline::in(5s));
  REQUIRE(stream);
  std::array<std::uint8_t, 100> buffer{};
  REQUIRE(stream->read(buffer, Deadline::in(5s)));
  const auto n = stream->read(buffer, Deadline::in(5s));
  REQUIRE_FALSE(n);
  CHECK(n.error().code == core::Code::io);
  CHECK(tls::cause_name(stream->failure().cause) == "lost");
}

TEST_CASE("tls/context: a key that does not match is refused before any connection") {
  const test::TinyCa ca("our CA");
  tls::ServerOptions server;
  server.identity = ca.issue({});
  server.identity.key_pem = ca.issue({}).key_pem.clone();
  const auto context = tls::ServerContext::create(server);
  REQUIRE_FALSE(context);
  CHECK(context.error().code == core::Code::crypto);
}

TEST_CASE("tls/context: client certificates without a CA for them are a mistake of usage") {
  const test::TinyCa ca("our CA");
  tls::ServerOptions server;
  server.identity = ca.issue({});
  server.client_auth = tls::ClientAuth::require;
  const auto context = tls::ServerContext::create(server);
  REQUIRE_FALSE(context);
  CHECK(context.error().code == core::Code::usage);
}

TEST_CASE("tls/context: a trust file without a certificate is refused") {
  tls::ClientOptions options;
  options.ca_pem = "nothing here\n";
  CHECK_FALSE(tls::ClientContext::create(options));
}
