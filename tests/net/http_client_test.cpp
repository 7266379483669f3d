// Our HTTPS client against our own server: what it says of the certificate that it met.
#include "lib/http/client.h"

#include "tests/support/running_server.h"

using namespace wxsec;
using namespace wxsec::test;
using namespace std::chrono_literals;
using core::Deadline;

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
