#include "lib/http/request_framer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace wxsec::http;
using Step = RequestFramer::Step;

const Limits kLimits;

struct Outcome {
  std::vector<Request> requests;
  int status = 0;  // of the refusal
  bool continued = false;
  bool keep_alive = true;
};

// Feeds `bytes` in pieces of `size`.
Outcome feed(std::string_view bytes, std::size_t size, const Limits& limits = kLimits) {
  RequestFramer framer(limits);
  Outcome outcome;
  while (!bytes.empty() && outcome.status == 0) {
    framer.push(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
    for (;;) {
      const Step step = framer.next();
      if (step == Step::need_more) break;
      if (step == Step::send_continue) outcome.continued = true;
      if (step == Step::refused) {
        outcome.status = framer.refusal().status;
        CHECK_FALSE(framer.refusal().detail.empty());
        break;
      }
      if (step == Step::done) {
        outcome.requests.push_back(framer.take());
        outcome.keep_alive = framer.keep_alive();
      }
    }
  }
  return outcome;
}

int refusal_of(std::string_view bytes) {
  const Outcome whole = feed(bytes, bytes.size());
  const Outcome dripped = feed(bytes, 1);
  CHECK(whole.status == dripped.status);
  CHECK(whole.requests.size() == dripped.requests.size());
  CHECK(whole.requests.empty());  // a refused request is never also answered
  return whole.status;
}

std::string get(std::string_view fields) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}
std::string post(std::string_view fields, std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

}  // namespace

TEST_CASE("http/request_framer: a request is the same however it arrives") {
  const std::string bytes =
      "POST /api/v1/a%20b?x=1+2&y=%26 HTTP/1.1\r\nHost: wx.test:8443\r\nContent-Length: 5\r\n"
      "X-Note:  two words \r\n\r\nhello";
  for (const std::size_t size : {bytes.size(), std::size_t{1}, std::size_t{7}}) {
    const Outcome outcome = feed(bytes, size);
    CHECK(outcome.status == 0);
    REQUIRE(outcome.requests.size() == 1);
    const Request& request = outcome.requests[0];
    CHECK(request.method == Method::post);
    CHECK(request.path == "/api/v1/a b");
    CHECK(request.target == "/api/v1/a%20b?x=1+2&y=%26");
    CHECK(request.query_value("x") == "1 2");
    CHECK(request.query_value("y") == "&");
    CHECK_FALSE(request.query_value("z"));
    CHECK(request.header("x-note") == "two words");
    CHECK(request.body == "hello");
    CHECK(outcome.keep_alive);
  }
}

TEST_CASE("http/request_framer: pipelined requests come out one by one, in order") {
  const Outcome outcome =
      feed(get("X: 1\r\n") + post("Content-Length: 2\r\n", "ab") + get("X: 3\r\n"), 5);
  CHECK(outcome.status == 0);
  REQUIRE(outcome.requests.size() == 3);
  CHECK(outcome.requests[0].header("X") == "1");
  CHECK(outcome.requests[1].body == "ab");
  CHECK(outcome.requests[2].header("X") == "3");
}

TEST_CASE("http/request_framer: chunks are joined, extensions and trailers dropped") {
  const std::string bytes =
      post("Transfer-Encoding: chunked\r\n",
           "4;note=\"x\"\r\nWiki\r\n6\r\npedia \r\nB\r\nin \r\nchunks\r\n0\r\nT: 1\r\n\r\n");
  for (const std::size_t size : {bytes.size(), std::size_t{1}, std::size_t{3}}) {
    const Outcome outcome = feed(bytes + get(""), size);
    CHECK(outcome.status == 0);
    REQUIRE(outcome.requests.size() == 2);
    CHECK(outcome.requests[0].body == "Wikipedia in \r\nchunks");
    CHECK_FALSE(outcome.requests[0].header("T"));
  }
}

TEST_CASE("http/request_framer: who waits for 100 Continue gets it, who does not does not") {
  CHECK(feed(post("Expect: 100-continue\r\nContent-Length: 1\r\n", ""), 4096).continued);
  const Outcome at_once = feed(post("Expect: 100-continue\r\nContent-Length: 1\r\n", "x"), 4096);
  CHECK_FALSE(at_once.continued);
  CHECK(at_once.requests.size() == 1);
  CHECK(refusal_of(post("Expect: a miracle\r\nContent-Length: 1\r\n", "")) == 417);
}

TEST_CASE("http/request_framer: smuggling, two lengths") {
  CHECK(refusal_of(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nG")) ==
        400);
  CHECK(refusal_of(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\nG")) ==
        400);
  CHECK(refusal_of(post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!")) == 400);
  CHECK(refusal_of(post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")) == 400);
  CHECK(refusal_of(post("Content-Length: 5, 5\r\n", "hello")) == 400);
  CHECK(refusal_of(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                        "0\r\n\r\n")) == 400);
}

TEST_CASE("http/request_framer: smuggling, lengths that are no numbers") {
  for (const char* length : {"+5", "-5", "0x5", "5 ", "5a", "", " ", "5;", "5\t5"}) {
    CAPTURE(length);
    const std::string field = "Content-Length: " + std::string(length) + "\r\n";
    const Outcome outcome = feed(post(field, "hello"), 4096);
    if (std::string_view(length) == "5 ") {
      CHECK(outcome.requests.size() == 1);  // trailing blanks belong to no value
    } else {
      CHECK(outcome.status == 400);
    }
  }
  CHECK(refusal_of(post("Content-Length: 99999999999999999999999\r\n", "")) == 413);
}

TEST_CASE("http/request_framer: smuggling, codings that another reader may see") {
  for (const char* coding : {"chunked, identity", "identity", "gzip, chunked", "xchunked",
                             "chunked\x0b", "\"chunked\"", "chunked;q=1"}) {
    CAPTURE(coding);
    const std::string field = "Transfer-Encoding: " + std::string(coding) + "\r\n";
    const int status = refusal_of(post(field, "0\r\n\r\n"));
    CHECK((status == 501 || status == 400));
  }
  CHECK(refusal_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400);
}

TEST_CASE("http/request_framer: smuggling, lines and fields with two readings") {
  CHECK(refusal_of("GET / HTTP/1.1\nHost: a\n\n\r\n\r\n") == 400);       // bare LF
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n") == 400);   // one bare LF
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a\rX: 1\r\n\r\n") == 400);   // bare CR
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n") == 400);       // CR CR LF
  CHECK(refusal_of(get("X: 1\r\n folded\r\n")) == 400);                  // obs-fold
  CHECK(refusal_of(post("Content-Length : 5\r\n", "hello")) == 400);     // space before the colon
  CHECK(refusal_of(post(" Content-Length: 5\r\n", "hello")) == 400);     // space before the name
  CHECK(refusal_of(post("Content\x01-Length: 5\r\n", "hello")) == 400);  // control in a name
  CHECK(refusal_of(get("no colon\r\n")) == 400);
  CHECK(refusal_of(get(": nameless\r\n")) == 400);
  CHECK(refusal_of(std::string("GET / HTTP/1.1\r\nHost: a\r\nX: 1\0\r\n\r\n", 34)) == 400);
  CHECK(refusal_of(get("X: \x7f\r\n")) == 400);
}

TEST_CASE("http/request_framer: smuggling, a body where none belongs") {
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello") == 400);
  CHECK(refusal_of("HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") ==
        400);
  CHECK(feed(get("Content-Length: 0\r\n"), 4096).requests.size() == 1);
}

TEST_CASE("http/request_framer: smuggling, chunks with two readings") {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  for (const char* body :
       {"5\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "5\r\nhello!\r\n0\r\n\r\n",
        "5\r\nhelloX\n0\r\n\r\n", " 5\r\nhello\r\n0\r\n\r\n", "-1\r\n", "\r\n",
        "5;a\rb\r\nhello\r\n0\r\n\r\n", "5;a\n0\r\n\r\n", "g\r\n", "0\r\nbad trailer\r\n\r\n",
        "0\r\n folded\r\n\r\n"}) {
    CAPTURE(body);
    CHECK(refusal_of(post(chunked, body)) == 400);
  }
  CHECK(refusal_of(post(chunked, "fffffffffffffffff\r\n")) == 413);
  CHECK(refusal_of(post(chunked, "7fffffffffffffff\r\n")) == 413);
}

TEST_CASE("http/request_framer: the request line") {
  CHECK(refusal_of("GET /\r\nHost: a\r\n\r\n") == 400);  // HTTP/0.9
  CHECK(refusal_of("GET  / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(refusal_of("GET / HTTP/1.1 \r\nHost: a\r\n\r\n") == 400);
  CHECK(refusal_of("GET / / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(refusal_of("get / HTTP/1.1\r\nHost: a\r\n\r\n") == 501);  // methods are case-sensitive
  CHECK(refusal_of("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n") == 501);
  CHECK(refusal_of("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n") == 501);
  CHECK(refusal_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == 505);
  CHECK(refusal_of("GET / HTTP/1.2\r\nHost: a\r\n\r\n") == 505);
  CHECK(refusal_of("GET nowhere HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(refusal_of("GET * HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(refusal_of("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(refusal_of("GET /%0d%0a HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(refusal_of("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(refusal_of("GET /%2 HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(refusal_of("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(refusal_of("GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(feed("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 1).requests.size() == 1);  // forgiven once
  CHECK(refusal_of("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
}

TEST_CASE("http/request_framer: the Host, and the absolute form that proxies send") {
  CHECK(refusal_of("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n") == 400);
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n") == 400);
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a b\r\n\r\n") == 400);
  const Outcome absolute = feed("GET http://A:80/x?y HTTP/1.1\r\nHost: a:80\r\n\r\n", 4096);
  REQUIRE(absolute.requests.size() == 1);
  CHECK(absolute.requests[0].path == "/x");
  CHECK(refusal_of("GET http://evil/x HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(refusal_of("GET http://ab/x HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
}

TEST_CASE("http/request_framer: who keeps the connection") {
  CHECK(feed(get(""), 4096).keep_alive);
  CHECK_FALSE(feed(get("Connection: close\r\n"), 4096).keep_alive);
  CHECK_FALSE(feed(get("Connection: x, Close\r\n"), 4096).keep_alive);
  CHECK_FALSE(feed("GET / HTTP/1.0\r\n\r\n", 4096).keep_alive);
  CHECK(feed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 4096).keep_alive);
}

TEST_CASE("http/request_framer: each limit, at it and one above") {
  Limits limits;
  limits.max_head_bytes = 200;
  limits.max_headers = 3;
  limits.max_target_bytes = 20;
  limits.max_body_bytes = 10;
  const auto with = [&](std::string_view bytes) {
    const Outcome whole = feed(bytes, bytes.size(), limits);
    CHECK(whole.status == feed(bytes, 1, limits).status);
    return whole.status;
  };
  const auto target = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  CHECK(with(target(20)) == 0);
  CHECK(with(target(21)) == 414);
  CHECK(with(target(100)) == 414);
  CHECK(with("GET /" + std::string(1000, 'x')) == 414);  // not even a whole line
  CHECK(with(get("A: 1\r\nB: 2\r\n")) == 0);
  CHECK(with(get("A: 1\r\nB: 2\r\nC: 3\r\n")) == 431);
  CHECK(with(get("A: " + std::string(200, 'x'))) == 431);  // not even a whole head
  CHECK(with(post("Content-Length: 10\r\n", "0123456789")) == 0);
  CHECK(with(post("Content-Length: 11\r\n", "")) == 413);
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  CHECK(with(post(chunked, "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n")) == 0);
  CHECK(with(post(chunked, "5\r\n01234\r\n6\r\n")) == 413);
  CHECK(with(post(chunked, "1;" + std::string(300, 'x'))) == 400);
  CHECK(with(post(chunked, "0\r\nA: " + std::string(300, 'x'))) == 400);
  CHECK(with(post(chunked, "0\r\nA: " + std::string(90, 'x') + "\r\nB: " + std::string(110, 'x') +
                               "\r\n")) == 431);
}

TEST_CASE("http/request_framer: a refusal is final") {
  RequestFramer framer(kLimits);
  framer.push("NONSENSE\r\n\r\n");
  CHECK(framer.next() == Step::refused);
  framer.push(get(""));
  CHECK(framer.next() == Step::refused);
}

TEST_CASE("http/request_framer: idle between requests, and without a buffer then") {
  RequestFramer framer(kLimits);
  CHECK(framer.idle());
  framer.push("GET ");
  CHECK(framer.next() == Step::need_more);
  CHECK_FALSE(framer.idle());
  framer.push("/ HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(framer.next() == Step::done);
  CHECK(framer.take().path == "/");
  CHECK(framer.idle());
  CHECK(framer.buffered() == 0);
}
