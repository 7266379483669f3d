#include "lib/proto/http_message.h"

#include <doctest/doctest.h>

#include "lib/core/hex.h"

using namespace wxsec;
using namespace wxsec::proto;

namespace {

core::ByteView bytes(std::string_view text) { return core::as_bytes(text); }

}  // namespace

TEST_CASE("proto/http: a request head, its fields in any case") {
  HttpHead head;
  constexpr std::string_view kText =
      "GET /api/v1/stations?limit=2 HTTP/1.1\r\nHost: h\r\nX-Empty:\r\nauthorization:  Basic "
      "YTpi \r\n\r\nrest";
  REQUIRE(decode_http_head(bytes(kText), head) == FrameState::done);
  CHECK(head.request);
  CHECK(head.method == "GET");
  CHECK(head.target == "/api/v1/stations?limit=2");
  CHECK(head.field("HOST") == "h");
  CHECK(head.field("Authorization") == "Basic YTpi");
  CHECK(head.size == kText.size() - 4);
  for (std::size_t size = 0; size < head.size; ++size) {
    HttpHead cut;
    CHECK(decode_http_head(bytes(kText.substr(0, size)), cut) == FrameState::need_more);
  }
}

TEST_CASE("proto/http: a response head with bare line feeds") {
  HttpHead head;
  REQUIRE(decode_http_head(bytes("HTTP/1.0 404 Not Found\nA: b\n\n"), head) == FrameState::done);
  CHECK_FALSE(head.request);
  CHECK(head.status == 404);
  CHECK(head.reason == "Not Found");
  CHECK(head.minor_version == 0);
}

TEST_CASE("proto/http: start lines that are none") {
  HttpHead head;
  for (const char* line : {"GET /\r\n\r\n", "GET  HTTP/1.1\r\n\r\n", "HTTP/1.1 20 x\r\n\r\n",
                           "HTTP/2.0 200 x\r\n\r\n", "G(T / HTTP/1.1\r\n\r\n"}) {
    CAPTURE(line);
    CHECK(decode_http_head(bytes(line), head) == FrameState::bad);
  }
}

TEST_CASE("proto/http: too long a head is bad, not waited for") {
  HttpHead head;
  const std::string endless = "GET / HTTP/1.1\r\nA: " + std::string(kMaxHttpHead, 'x');
  CHECK(decode_http_head(bytes(endless), head) == FrameState::bad);
}

TEST_CASE("proto/http: how the end of a body is found") {
  const auto framing = [](std::string_view text, std::string_view method) {
    HttpHead head;
    REQUIRE(decode_http_head(core::as_bytes(text), head) == FrameState::done);
    return http_body_framing(head, method);
  };
  CHECK(framing("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", "").length == 5);
  CHECK(framing("GET / HTTP/1.1\r\n\r\n", "").kind == HttpBodyKind::none);
  CHECK(framing("HTTP/1.1 200 OK\r\n\r\n", "GET").kind == HttpBodyKind::until_close);
  CHECK(framing("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD").kind == HttpBodyKind::none);
  CHECK(framing("HTTP/1.1 204 x\r\nContent-Length: 9\r\n\r\n", "GET").kind == HttpBodyKind::none);
  CHECK(framing("HTTP/1.1 200 x\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 9\r\n\r\n",
                "GET")
            .kind == HttpBodyKind::chunked);
  CHECK(framing("HTTP/1.1 200 OK\r\n\r\n", "CONNECT").kind == HttpBodyKind::none);
}

TEST_CASE("proto/http: chunks, in one piece and byte by byte") {
  constexpr std::string_view kText = "4;x=y\r\nWiki\r\n6\r\npedia \r\n0\r\nT: v\r\n\r\nnext";
  for (const std::size_t step : {kText.size(), std::size_t{1}, std::size_t{3}}) {
    HttpChunkReader reader;
    core::Bytes out;
    std::size_t at = 0;
    FrameState state = FrameState::need_more;
    while (state == FrameState::need_more && at < kText.size()) {
      std::size_t eaten = 0;
      state = reader.feed(bytes(kText.substr(at, step)), eaten, out, 1000);
      at += eaten;
    }
    CHECK(state == FrameState::done);
    CHECK(core::as_text(out) == "Wikipedia ");
    CHECK(kText.substr(at) == "next");
  }
}

TEST_CASE("proto/http: chunks over the limit are counted, broken ones bad") {
  HttpChunkReader reader;
  core::Bytes out;
  std::size_t eaten = 0;
  CHECK(reader.feed(bytes("5\r\nhello\r\n0\r\n\r\n"), eaten, out, 2) == FrameState::done);
  CHECK(core::as_text(out) == "he");
  CHECK(reader.content_size() == 5);
  HttpChunkReader broken;
  CHECK(broken.feed(bytes("zz\r\n"), eaten, out, 100) == FrameState::bad);
}

TEST_CASE("proto/http: gzip and deflate are undone within a bound") {
  // made with: printf 'weather weather weather' | gzip -n | xxd -p
  const core::Bytes gzip =
      core::from_hex("1f8b08000000000000032b4f4d2cc9482d522847a501258927fa17000000").value();
  const auto out = inflate_body(gzip, "GZIP", 1000).body;
  REQUIRE(out);
  CHECK(core::as_text(*out) == "weather weather weather");
  CHECK(inflate_body(gzip, "gzip", 4).body->size() == 4);
  CHECK_FALSE(inflate_body(gzip, "br", 100).body);
  CHECK_FALSE(inflate_body(bytes("no gzip"), "gzip", 100).body);
}

TEST_CASE("proto/http: codings are undone from the last to the first") {
  // printf '{"a":1}' | gzip -n, and that through gzip -n again.
  const core::Bytes once =
      *core::from_hex("1f8b0800000000000003ab564a54b232ac0500afac1b5607000000");
  CHECK(core::as_text(*inflate_body(once, "gzip, chunked", 100).body) == R"({"a":1})");
  CHECK(core::as_text(*inflate_body(once, " identity ,gzip", 100).body) == R"({"a":1})");
  CHECK_FALSE(inflate_body(once, "chunked", 100).body);
  CHECK_FALSE(inflate_body(once, "br, gzip", 100).body);
  CHECK_FALSE(inflate_body(once, "gzip, gzip", 100).body);
  CHECK_FALSE(inflate_body(once, "gzip,gzip,gzip,gzip,gzip", 100).body);
}

TEST_CASE("proto/http: a folded field goes on in the next line") {
  const std::string head =
      "GET / HTTP/1.1\r\nAuthorization:\r\n  Basic eDp5\r\nX: a\r\n\tb\r\n \r\nHost: h\r\n\r\n";
  HttpHead out;
  REQUIRE(decode_http_head(bytes(head), out) == FrameState::done);
  REQUIRE(out.fields.size() == 3);
  CHECK(out.field("authorization") == "Basic eDp5");
  CHECK(out.field("x") == "a\r\n\tb");
  CHECK(out.field("host") == "h");
  CHECK(out.size == head.size());
  REQUIRE(decode_http_head(bytes("POST / HTTP/1.1\r\nTransfer-Encoding: gzip,\r\n chunked\r\n\r\n"),
                           out) == FrameState::done);
  CHECK(http_body_framing(out, "").kind == HttpBodyKind::chunked);
  CHECK(decode_http_head(bytes("HTTP/1.1\r 200 ok\r\n\r\n"), out) == FrameState::bad);
  // Nothing stands before the first line.
  REQUIRE(decode_http_head(bytes("GET / HTTP/1.1\r\n Host: h\r\n\r\n"), out) == FrameState::done);
  CHECK(out.field("host") == "h");
}

TEST_CASE("proto/http: is this HTTP?") {
  CHECK(looks_like_http(bytes("GET / HTTP/1.1\r\n")) == FrameState::done);
  CHECK(looks_like_http(bytes("HTTP/1.1 200 OK")) == FrameState::done);
  CHECK(looks_like_http(bytes("PROPFIND /x HT")) == FrameState::need_more);
  CHECK(looks_like_http(bytes("EHLO mail\r\n")) == FrameState::bad);
  CHECK(looks_like_http(bytes("\x16\x03\x01")) == FrameState::bad);
}

TEST_CASE("proto/http: base64 with and without padding") {
  CHECK(decode_base64("YTpi").value_or("") == "a:b");
  CHECK(decode_base64("YTpiYw==").value_or("") == "a:bc");
  CHECK(decode_base64("YTpiYw").value_or("") == "a:bc");
  CHECK_FALSE(decode_base64("Y*"));
}
