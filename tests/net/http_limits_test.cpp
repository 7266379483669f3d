// How the HTTPS server treats who asks for much, slowly, or never reads: everybody else is served
// meanwhile.
#include <netinet/in.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include "lib/tls/stream.h"
#include "tests/support/running_server.h"

using namespace wxsec;
using namespace wxsec::test;
using namespace std::chrono_literals;
using core::Deadline;

TEST_CASE("http/server: pipelined requests are answered in order, half-closed clients too") {
  const Running running(plain_options());
  const core::Fd socket = dial(running);
  std::string requests;
  for (int i = 0; i < 100; ++i) {
    const std::string body = std::to_string(i);
    requests += "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body;
  }
  send_raw(socket, requests);
  ::shutdown(socket.get(), SHUT_WR);
  const std::string out = read_all(socket);
  CHECK(count_of(out, "HTTP/1.1 200 OK") == 100);
  CHECK(out.find("\r\n\r\n41HTTP") < out.find("\r\n\r\n42HTTP"));
}

TEST_CASE("http/server: who pipelines and does not read is held back, then served") {
  auto options = plain_options();
  options.limits.max_unsent_bytes = 10'000;
  const Running running(std::move(options));
  const core::Fd socket = dial(running);
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "GET /big HTTP/1.1\r\nHost: a\r\n\r\n";
  requests += "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  send_raw(socket, requests);
  while (running.server.stats().requests == 0) std::this_thread::yield();
  CHECK(running.server.stats().requests < 10);  // and not all twenty in memory
  const std::string out = read_all(socket);
  CHECK(count_of(out, "HTTP/1.1 200 OK") == 21);
  CHECK(out.ends_with("hello"));
  CHECK(out.size() > 60'000'000);
}

TEST_CASE("http/server: dripping clients get 408 and stop nobody") {
  auto options = secure_options();
  options.limits.request = 1500ms;
  options.limits.handshake = 1500ms;
  options.threads = 1;
  const Running running(std::move(options));
  std::vector<core::Fd> silent, half_a_hello;
  for (int i = 0; i < 100; ++i) silent.push_back(dial(running));
  for (int i = 0; i < 100; ++i) {
    half_a_hello.push_back(dial(running));
    send_raw(half_a_hello.back(), std::string_view("\x16\x03\x01\x02\x00\x01", 6));
  }
  std::vector<tls::Stream> half_a_request;
  for (int i = 0; i < 50; ++i) {
    auto stream = tls::Stream::connect(dial(running), trusting(), "localhost", Deadline::in(5s));
    REQUIRE(stream);
    REQUIRE(stream->write(core::as_bytes("GET /hello HTT"), Deadline::in(5s)));
    half_a_request.push_back(std::move(*stream));
  }
  const auto start = std::chrono::steady_clock::now();
  REQUIRE(get(running, "/hello").response);  // at once, in their midst
  CHECK(std::chrono::steady_clock::now() - start < 1s);
  std::array<std::uint8_t, 4096> buffer{};
  const auto n = half_a_request.front().read(buffer, Deadline::in(10s));
  REQUIRE(n);
  CHECK(core::as_text({buffer.data(), *n}).starts_with("HTTP/1.1 408 "));
  CHECK(read_all(silent.front()).empty());  // closed without a word
  CHECK(read_all(half_a_hello.front()).empty());
}

TEST_CASE("http/server: too large, too long, too many") {
  auto options = plain_options();
  options.limits.max_body_bytes = 1000;
  const Running running(std::move(options));
  const auto status_of = [&](const std::string& bytes) {
    const core::Fd socket = dial(running);
    send_raw(socket, bytes);
    return read_all(socket).substr(0, 12);
  };
  CHECK(status_of("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n" +
                  std::string(1001, 'x')) == "HTTP/1.1 413");
  CHECK(status_of("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                  std::string(1001, 'x')) == "HTTP/1.1 413");
  CHECK(status_of("GET /" + std::string(5000, 'x')) == "HTTP/1.1 414");
  CHECK(status_of("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x')) == "HTTP/1.1 431");
}

TEST_CASE("http/server: events reach every reader, in order, and cost no thread") {
  Running running(secure_options());
  std::vector<tls::Stream> readers;
  std::array<std::uint8_t, 4096> buffer{};
  for (int i = 0; i < 50; ++i) {
    auto stream = tls::Stream::connect(dial(running), trusting(), "localhost", Deadline::in(5s));
    REQUIRE(stream);
    REQUIRE(
        stream->write(core::as_bytes("GET /live HTTP/1.1\r\nHost: a\r\n\r\n"), Deadline::in(5s)));
    const auto n = stream->read(buffer, Deadline::in(5s));
    REQUIRE(n);
    CHECK(core::as_text({buffer.data(), *n}).starts_with("HTTP/1.1 200 OK"));
    readers.push_back(std::move(*stream));
  }
  CHECK(running.feed->readers() == 50);
  for (int i = 0; i < 20; ++i) running.feed->publish("reading", std::to_string(i));
  running.feed->close();
  for (tls::Stream& reader : readers) {
    std::string out;
    for (;;) {
      const auto n = reader.read(buffer, Deadline::in(5s));
      REQUIRE(n);
      if (*n == 0) break;
      out += core::as_text({buffer.data(), *n});
    }
    CHECK(count_of(out, "event: reading\n") == 20);
    CHECK(out.find("data: 18\n\n") < out.find("data: 19\n\n"));
  }
}

TEST_CASE("http/server: a reader that does not read is cut off, not remembered") {
  Running running(plain_options());
  const core::Fd socket = dial(running);
  send_raw(socket, "GET /live HTTP/1.1\r\nHost: a\r\n\r\n");
  while (running.feed->readers() == 0) std::this_thread::yield();
  const std::string large(10'000, 'x');
  for (int i = 0; i < 3000; ++i) running.feed->publish("", large);  // the feed holds a thousand
  const auto end = Deadline::in(15s);  // less than a stalled writer is given
  while (running.feed->readers() == 1 && !end.passed()) std::this_thread::yield();
  CHECK(running.feed->readers() == 0);
}

TEST_CASE("http/server: out of descriptors, it waits and goes on") {
  Running running(plain_options());
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const core::Fd early = dial(running);  // connected, and will be served in between
  send_raw(early, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  std::array<char, 4096> buffer{};
  REQUIRE(net::wait_ready(early.get(), net::Direction::read, Deadline::in(5s)));
  REQUIRE(::recv(early.get(), buffer.data(), buffer.size(), 0) > 0);
  const core::Fd next = [&] {  // the lowest free number: nothing above may be opened
    core::Fd socket = dial(running);
    return socket;
  }();
  while (running.server.stats().connections < 2) std::this_thread::yield();
  core::Fd waiting(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  rlimit low = before;
  low.rlim_cur = static_cast<rlim_t>(waiting.get()) + 1;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(running.url.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(waiting.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  send_raw(waiting, "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  send_raw(early, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");  // old connections are served
  REQUIRE(net::wait_ready(early.get(), net::Direction::read, Deadline::in(5s)));
  CHECK(running.server.stats().connections == 2);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(read_all(waiting).ends_with("hello"));
}

TEST_CASE("http/server: a full house lets the next one in when somebody leaves") {
  auto options = plain_options();
  options.limits.max_connections = 2;
  const Running running(std::move(options));
  std::optional<core::Fd> first = dial(running);
  const core::Fd second = dial(running);
  const core::Fd third = dial(running);  // in the system's queue
  send_raw(third, "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  while (running.server.stats().connections < 2) std::this_thread::yield();
  CHECK_FALSE(net::wait_ready(third.get(), net::Direction::read, Deadline::in(300ms)));
  first.reset();
  CHECK(read_all(third).ends_with("hello"));
}
