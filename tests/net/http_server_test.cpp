// Our HTTPS server against clients that others wrote (curl, openssl s_client) and against hostile
// ones that we wrote.
#include "lib/http/server.h"

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
  // The reader is counted out a moment after its connection was cut.
  for (int i = 0; i < 500 && running.feed->readers() != 1; ++i) std::this_thread::sleep_for(10ms);
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
