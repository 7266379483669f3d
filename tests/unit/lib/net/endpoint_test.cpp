#include "lib/net/endpoint.h"

#include <doctest/doctest.h>

using namespace wxsec::net;

TEST_CASE("net/endpoint: URLs and host:port in every common form") {
  struct Case {
    const char* text;
    Endpoint expected;
  };
  const Case cases[] = {
      {"mqtts://Broker.wx.test", {Scheme::mqtts, "broker.wx.test", 8883, ""}},
      {"mqtt://localhost:1884", {Scheme::mqtt, "localhost", 1884, ""}},
      {"https://[::1]:8443/api/v1?x=1#top", {Scheme::https, "::1", 8443, "/api/v1?x=1"}},
      {"http://127.0.0.1", {Scheme::http, "127.0.0.1", 80, ""}},
      {"localhost:1", {Scheme::none, "localhost", 1, ""}},
      {"::1", {Scheme::none, "::1", 99, ""}},
      {"[::1]", {Scheme::none, "::1", 99, ""}},
      {"host", {Scheme::none, "host", 99, ""}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto parsed = parse_endpoint(c.text, 99);
    REQUIRE(parsed.has_value());
    CHECK(*parsed == c.expected);
    CHECK(parse_endpoint(to_string(*parsed), 1).value() == c.expected);
  }
}

TEST_CASE("net/endpoint: what is no endpoint is refused as usage") {
  for (const char* text :
       {"", "ftp://x", "host:", "host:65536", "host:-1", "host:1x", "[::1", "[::1]x", "a b",
        "mqtts://user:secret@host", "https://", "ho\x1bst", "h\xc3\xa9te", "a:b:c"}) {
    CAPTURE(text);
    const auto parsed = parse_endpoint(text, 1);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == wxsec::core::Code::usage);
  }
}

TEST_CASE("net/endpoint: loopback is known without DNS") {
  for (const char* host : {"127.0.0.1", "127.255.255.254", "::1", "localhost", "LOCALHOST"})
    CHECK(is_loopback(host));
  for (const char* host : {"128.0.0.1", "10.0.0.1", "localhost.example.org", "::2", "0.0.0.0",
                           "127.0.0.1.nip.io", "127.1"}) {
    CAPTURE(host);
    CHECK_FALSE(is_loopback(host));
  }
}
