// Our HTTPS server against clients that others wrote (curl, openssl s_client) and against hostile
// ones that we wrote.
#include "lib/http/server.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <optional>
#include <thread>

#include "lib/http/client.h"
#include "lib/net/dial.h"
#include "lib/proc/child.h"
#include "lib/proc/which.h"
#include "lib/tls/stream.h"
#include "tests/support/tiny_ca.h"

namespace {

using namespace wxsec;
using namespace std::chrono_literals;
using core::Deadline;

const test::TinyCa& our_ca() {
  static const test::TinyCa ca("our CA");
  return ca;
}

http::ServerOptions secure_options() {
  http::ServerOptions options;
  options.listen = {.scheme = net::Scheme::https, .host = "127.0.0.1", .port = 0, .path = {}};
  options.tls.emplace();
  options.tls->identity = our_ca().issue({});
  return options;
}

http::ServerOptions plain_options() {
  http::ServerOptions options;
  options.listen = {.scheme = net::Scheme::http, .host = "127.0.0.1", .port = 0, .path = {}};
  return options;
}

// A server with a few routes, running in a thread until destroyed.
class Running {
 public:
  explicit Running(http::ServerOptions options) : server(std::move(options)) {
    using http::Method;
    server.route(Method::get, "/hello",
                 [](const http::Request&) { return http::text_response(200, "hello"); });
    server.route(Method::get, "/big", [](const http::Request&) {
      return http::text_response(200, std::string(3'000'000, 'x'));
    });
    server.route(Method::post, "/echo", [](const http::Request& request) {
      return http::text_response(200, request.body);
    });
    server.route(Method::get, "/who", [](const http::Request& request) {
      return http::text_response(200, request.sender.client_name + " " + request.sender.protocol +
                                          " " + (request.sender.secure ? "secure" : "bare"));
    });
    server.route(Method::get, "/live", [this](const http::Request& request) {
      http::Response response;
      response.events = feed;
      response.last_event_id = request.header("Last-Event-ID").value_or("");
      return response;
    });
    std::promise<net::Endpoint> bound;
    auto where = bound.get_future();
    thread_ = std::jthread([this, &bound](const std::stop_token& stop) {
      outcome = server.run(stop, [&](const net::Endpoint& at) { bound.set_value(at); });
    });
    REQUIRE(where.wait_for(10s) == std::future_status::ready);
    url = where.get();
    url.host = "localhost";
  }
  void stop() {
    thread_.request_stop();
    thread_.join();
  }
  std::string url_of(std::string_view path) const {
    return net::to_string(url) + std::string(path);
  }

  http::Server server;
  std::shared_ptr<http::EventFeed> feed = http::EventFeed::create(1000);
  net::Endpoint url;
  core::Result<void> outcome;

 private:
  std::jthread thread_;
};

tls::ClientContext trusting(std::optional<tls::Identity> identity = {}) {
  tls::ClientOptions options;
  options.ca_pem = our_ca().pem();
  options.identity = std::move(identity);
  auto context = tls::ClientContext::create(options);
  REQUIRE(context);
  return *context;
}

http::Exchange get(const Running& running, std::string path,
                   const tls::ClientContext& context = trusting()) {
  http::ClientRequest request;
  request.url = running.url;
  request.url.path = std::move(path);
  return http::exchange(request, context);
}

core::Fd dial(const Running& running) {
  auto socket = net::dial(running.url, Deadline::in(5s));
  REQUIRE(socket);
  return std::move(*socket);
}

void send_raw(const core::Fd& socket, std::string_view text) {
  REQUIRE(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(text.size()));
}

// Everything until the peer closes.
std::string read_all(const core::Fd& socket) {
  std::string out;
  std::array<char, 65536> buffer{};
  while (net::wait_ready(socket.get(), net::Direction::read, Deadline::in(10s))) {
    const ssize_t n = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (n <= 0) break;
    out.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return out;
}

std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string_view::npos; ++at) ++n;
  return n;
}

std::string run(const char* program, std::vector<std::string> arguments, std::string input = {}) {
  const auto path = proc::which(program, program);
  REQUIRE(path);
  proc::Spec spec{.program = *path, .arguments = std::move(arguments)};
  spec.input = std::move(input);
  const auto output = proc::run(spec, Deadline::in(30s));
  REQUIRE(output);
  std::string out = output->out;
  if (out.ends_with('\n')) out.pop_back();  // run() gives whole lines
  return out;
}

struct CaFile {
  CaFile()
      : directory(*core::TempDirectory::create("http-test")), path(directory.path() / "ca.pem") {
    REQUIRE(core::write_file_atomic(path, our_ca().pem(), {}));
  }
  core::TempDirectory directory;
  core::Path path;
};

}  // namespace

TEST_CASE("http/server: curl gets an answer over TLS, verified") {
  const Running running(secure_options());
  const CaFile ca;
  const std::string out =
      run("curl", {"-sSi", "--cacert", ca.path.string(), running.url_of("/hello")});
  CHECK(out.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(out.ends_with("\r\n\r\nhello"));
  CHECK(out.find("Strict-Transport-Security: max-age=63072000") != std::string::npos);
}

TEST_CASE("http/server: curl posts bodies with a length, in chunks, and after 100 Continue") {
  const Running running(secure_options());
  const CaFile ca;
  const core::Path file = ca.directory.path() / "body";
  const std::string body(900'000, 'b');
  REQUIRE(core::write_file_atomic(file, body, {}));
  for (const char* coding : {"X-None: 1", "Transfer-Encoding: chunked"}) {
    CAPTURE(coding);
    const core::Path copy = ca.directory.path() / "copy";
    run("curl",
        {"-sS", "--cacert", ca.path.string(), "-H", coding, "-H", "Expect: 100-continue",
         "--data-binary", "@" + file.string(), "-o", copy.string(), running.url_of("/echo")});
    CHECK((core::read_file(copy, 1'000'000).value() == body));
  }
}

TEST_CASE("http/server: one connection serves many requests") {
  const Running running(secure_options());
  const CaFile ca;
  std::vector<std::string> arguments = {"-sS", "--cacert", ca.path.string(), "-w",
                                        "%{num_connects}\n"};
  for (int i = 0; i < 20; ++i) arguments.push_back(running.url_of("/hello"));
  const std::string out = run("curl", arguments);
  CHECK(count_of(out, "hello1") == 1);
  CHECK(count_of(out, "hello0") == 19);
  CHECK(running.server.stats().connections == 1);
  CHECK(running.server.stats().requests == 20);
}

TEST_CASE("http/server: old protocols are refused, new ones not") {
  const Running running(secure_options());
  const auto handshake = [&](const char* version) {
    return run("openssl", {"s_client", "-connect", net::host_port(running.url), version, "-cipher",
                           "DEFAULT:@SECLEVEL=0"});
  };
  CHECK(handshake("-tls1").find("Cipher is (NONE)") != std::string::npos);
  CHECK(handshake("-tls1_1").find("Cipher is (NONE)") != std::string::npos);
  CHECK(handshake("-tls1_2").find("Cipher is ECDHE-ECDSA-") != std::string::npos);
  CHECK(handshake("-tls1_3").find("Cipher is TLS_") != std::string::npos);
}

TEST_CASE("http/server: ALPN is http/1.1, and a client that wants only h2 is refused") {
  const Running running(secure_options());
  const auto alpn = [&](const char* name) {
    return run("openssl", {"s_client", "-connect", net::host_port(running.url), "-alpn", name});
  };
  CHECK(alpn("h2,http/1.1").find("ALPN protocol: http/1.1") != std::string::npos);
  CHECK(alpn("h2").find("no application protocol") != std::string::npos);
}

TEST_CASE("http/server: plain HTTP on the HTTPS port gets a clear answer and no data") {
  const Running running(secure_options());
  const std::string out = run("curl", {"-sSi", "http://" + net::host_port(running.url) + "/hello"});
  CHECK(out.starts_with("HTTP/1.1 400 Bad Request\r\n"));
  CHECK(out.find("this port speaks HTTPS") != std::string::npos);
  CHECK(out.find("hello") == std::string::npos);
  CHECK(running.server.stats().plaintext_on_tls_port == 1);
  CHECK(running.server.stats().requests == 0);
}

TEST_CASE("http/server: a plain server speaks plain HTTP") {
  const Running running(plain_options());
  CHECK(run("curl", {"-sS", running.url_of("/who")}) == "  bare");
  CHECK(run("curl", {"-sSi", running.url_of("/hello")}).find("Strict-Transport") ==
        std::string::npos);
}

TEST_CASE("http/server: mutual TLS names the client, and refuses who has no certificate") {
  auto options = secure_options();
  options.tls->client_auth = tls::ClientAuth::require;
  options.tls->client_ca_pem = our_ca().pem();
  const Running running(std::move(options));
  const auto good = get(running, "/who", trusting(our_ca().client("operator")));
  REQUIRE(good.response);
  CHECK(good.response->body == "operator TLSv1.3 secure");
  const auto none = get(running, "/who");
  CHECK_FALSE(none.response);
  CAPTURE(none.error.what);
  CHECK(tls::cause_name(none.failure.cause) == "client_certificate_missing");
  const auto wrong = get(running, "/who", trusting(test::TinyCa("other CA").client("operator")));
  CHECK_FALSE(wrong.response);
  CHECK(tls::cause_name(wrong.failure.cause) == "client_ca_unknown");
  CHECK(running.server.stats().requests == 1);
}

TEST_CASE("http/server: who was revoked is cut off by a reload, who was not notices nothing") {
  const tls::Identity good = our_ca().client("good");
  const tls::Identity bad = our_ca().client("bad");
  auto options = secure_options();
  options.tls->client_auth = tls::ClientAuth::require;
  options.tls->client_ca_pem = our_ca().pem();
  options.tls->client_crl_pem = our_ca().crl({});
  tls::ServerOptions again = options.tls->clone();
  Running running(std::move(options));
  std::array<std::uint8_t, 4096> buffer{};
  const auto follow = [&](const tls::Identity& identity) {
    auto stream = tls::Stream::connect(dial(running), trusting(identity.clone()), "localhost",
                                       Deadline::in(5s));
    REQUIRE(stream);
    REQUIRE(
        stream->write(core::as_bytes("GET /live HTTP/1.1\r\nHost: a\r\n\r\n"), Deadline::in(5s)));
    REQUIRE(stream->read(buffer, Deadline::in(5s)));
    return std::move(*stream);
  };
  tls::Stream good_reader = follow(good);
  tls::Stream bad_reader = follow(bad);
  REQUIRE(running.feed->readers() == 2);
  std::vector<tls::Identity> revoked;
  revoked.push_back(bad.clone());
  again.client_crl_pem = our_ca().crl(revoked);
  REQUIRE(running.server.reload(again.clone()));
  const auto end = bad_reader.read(buffer, Deadline::in(5s));  // the connection that was open
  CHECK((!end || *end == 0));
  CHECK(running.feed->readers() == 1);
  const auto refused = get(running, "/hello", trusting(bad.clone()));  // and a new one
  CHECK_FALSE(refused.response);
  CHECK(tls::cause_name(refused.failure.cause) == "client_certificate_revoked");
  running.feed->publish("reading", "42");
  const auto more = good_reader.read(buffer, Deadline::in(5s));
  REQUIRE(more);
  CHECK(core::as_text({buffer.data(), *more}).find("42") != std::string_view::npos);
  CHECK(get(running, "/hello", trusting(good.clone())).response);
}

TEST_CASE("http/server: a roll-over of the clients' authority, both, then the new one alone") {
  const test::TinyCa next("next CA");
  auto options = secure_options();
  options.tls->client_auth = tls::ClientAuth::require;
  options.tls->client_ca_pem = our_ca().pem();
  tls::ServerOptions trust = options.tls->clone();
  Running running(std::move(options));
  const tls::Identity old_client = our_ca().client("old");
  const tls::Identity new_client = next.client("new");
  const auto let_in = [&](const tls::Identity& identity) {
    return get(running, "/hello", trusting(identity.clone())).response.has_value();
  };
  CHECK(let_in(old_client));
  CHECK_FALSE(let_in(new_client));
  trust.client_ca_pem = our_ca().pem() + next.pem();
  REQUIRE(running.server.reload(trust.clone()));
  CHECK(let_in(old_client));
  CHECK(let_in(new_client));
  trust.client_ca_pem = next.pem();
  REQUIRE(running.server.reload(trust.clone()));
  CHECK_FALSE(let_in(old_client));
  CHECK(let_in(new_client));
  trust.client_ca_pem = "garbage";
  CHECK_FALSE(running.server.reload(trust.clone()));
  CHECK(let_in(new_client));
}

TEST_CASE("http/server: smuggled requests are never answered") {
  const Running running(plain_options());
  const char* const vectors[] = {
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n"
      "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 33\r\n\r\nGET /hello HTTP/1.1\r\nHost: "
      "a\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n"
      "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
  };
  for (const char* bytes : vectors) {
    CAPTURE(bytes);
    const core::Fd socket = dial(running);
    send_raw(socket, bytes);
    const std::string out = read_all(socket);
    CHECK(out.starts_with("HTTP/1.1 400 "));
    CHECK(count_of(out, "HTTP/1.1 ") == 1);
  }
  CHECK(running.server.stats().requests == 0);
}

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

TEST_CASE("http/server: a hundred swaps of the certificate lose no handshake") {
  Running running(secure_options());
  const tls::Identity first = our_ca().issue({});
  const tls::Identity second = our_ca().issue({});
  const tls::Identity rsa = our_ca().issue({.key = pki::KeyType::rsa2048});
  std::atomic<bool> done = false;
  std::atomic<int> succeeded = 0;
  std::atomic<int> failed = 0;
  std::vector<std::jthread> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back([&] {
      const tls::ClientContext context = trusting();
      while (!done) ++(get(running, "/hello", context).response ? succeeded : failed);
    });
  }
  for (int i = 0; i < 100; ++i) {
    REQUIRE(running.server.reload(i % 3 == 0 ? rsa : i % 3 == 1 ? first : second));
    const int seen = succeeded;
    while (succeeded < seen + 2 && failed == 0) std::this_thread::yield();
  }
  done = true;
  clients.clear();
  CHECK(failed == 0);
  CHECK(succeeded >= 200);
  CHECK(running.server.stats().reloads == 100);
}

TEST_CASE("http/server: what is served is what was loaded last") {
  Running running(secure_options());
  for (const pki::KeyType key :
       {pki::KeyType::rsa2048, pki::KeyType::p256, pki::KeyType::ed25519}) {
    const tls::Identity identity = our_ca().issue({.key = key});
    REQUIRE(running.server.reload(identity));
    const auto exchange = get(running, "/hello");
    REQUIRE(exchange.response);
    CHECK(exchange.peer.chain.at(0).serial == running.server.served_serial());
    CHECK(exchange.peer.chain.at(0).serial ==
          pki::parse_certificates(identity.chain_pem)->at(0).serial);
  }
}

TEST_CASE("http/server: a pair that does not match is refused and the old one stays") {
  Running running(secure_options());
  const std::string before = running.server.served_serial();
  tls::Identity mixed = our_ca().issue({});
  mixed.key_pem = our_ca().issue({}).key_pem.clone();
  const auto outcome = running.server.reload(mixed);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == core::Code::crypto);
  CHECK_FALSE(running.server.reload({"garbage", core::Secret("garbage"), "x"}));
  CHECK_FALSE(running.server.reload(our_ca().issue({.key = pki::KeyType::rsa1024})));  // too weak
  CHECK(running.server.served_serial() == before);
  CHECK(get(running, "/hello").peer.chain.at(0).serial == before);
  CHECK(running.server.stats().reloads == 0);
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

TEST_CASE("http/server: stops at once, idle clients or not, and can be started on the same port") {
  Running running(secure_options());
  auto stream = tls::Stream::connect(dial(running), trusting(), "localhost", Deadline::in(5s));
  REQUIRE(stream);
  const auto start = std::chrono::steady_clock::now();
  running.stop();
  CHECK(std::chrono::steady_clock::now() - start < 2s);
  CHECK(running.outcome);
  std::array<std::uint8_t, 10> buffer{};
  const auto n = stream->read(buffer, Deadline::in(5s));
  REQUIRE(n);
  CHECK(*n == 0);  // with a proper goodbye
  auto options = secure_options();
  options.listen.port = running.url.port;
  const Running again(std::move(options));
  CHECK(get(again, "/hello").response);
}

TEST_CASE("http/server: a port in use is an error, never shared") {
  const Running running(plain_options());
  auto options = plain_options();
  options.listen.port = running.url.port;
  http::Server second(std::move(options));
  const auto outcome = second.run({}, {});
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == core::Code::busy);
}

TEST_CASE("http/client: every answer comes with the certificate that it came under") {
  const Running running(secure_options());
  const auto exchange = get(running, "/hello");
  REQUIRE(exchange.response);
  CHECK(exchange.response->status == 200);
  CHECK(exchange.response->body == "hello");
  CHECK(http::find_field(exchange.response->headers, "content-type") ==
        "text/plain; charset=utf-8");
  CHECK(exchange.peer.version == tls::Version::tls1_3);
  CHECK(exchange.peer.chain.at(0).common_name == "localhost");
  CHECK_FALSE(exchange.failure);
  CHECK(exchange.address == "127.0.0.1:" + std::to_string(running.url.port));
}

TEST_CASE("http/client: a server of another CA is refused, unless any certificate will do") {
  auto options = secure_options();
  options.tls->identity = test::TinyCa("other CA").issue({});
  const Running running(std::move(options));
  const auto refused = get(running, "/hello");
  CHECK_FALSE(refused.response);
  CHECK(refused.error.code == core::Code::tls);
  CHECK(tls::cause_name(refused.failure.cause) == "wrong_ca");
  CHECK(refused.peer.chain.size() == 1);
  CHECK(running.server.stats().requests == 0);
  tls::ClientOptions any;
  any.ca_pem = our_ca().pem();
  any.trust = tls::Trust::accept_any_certificate;
  const auto taken = get(running, "/hello", *tls::ClientContext::create(any));
  REQUIRE(taken.response);
  REQUIRE(taken.failure.problems.size() == 1);
  CHECK(tls::cause_name(taken.failure.problems[0].cause) == "wrong_ca");
}

TEST_CASE("http/client: https on a plain port, http on a TLS port") {
  const Running plain(plain_options());
  http::ClientRequest request;
  request.url = plain.url;
  request.url.scheme = net::Scheme::https;
  const auto wrong = http::exchange(request, trusting());
  CHECK_FALSE(wrong.response);
  CHECK(tls::cause_name(wrong.failure.cause) == "plaintext");
  const Running secure(secure_options());
  request.url = secure.url;
  request.url.scheme = net::Scheme::http;
  const auto told = http::exchange_plain(request);
  REQUIRE(told.response);
  CHECK(told.response->status == 400);
}

TEST_CASE("http/client: bodies are bounded") {
  const Running running(plain_options());
  http::ClientRequest request;
  request.url = running.url;
  request.url.path = "/big";
  request.max_body_bytes = 2'999'999;
  const auto refused = http::exchange_plain(request);
  CHECK_FALSE(refused.response);
  CHECK(refused.error.code == core::Code::too_large);
  request.max_body_bytes = 3'000'000;
  const auto taken = http::exchange_plain(request);
  REQUIRE(taken.response);
  CHECK(taken.response->body.size() == 3'000'000);
}
