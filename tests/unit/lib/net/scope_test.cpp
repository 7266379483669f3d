#include "lib/net/scope.h"

#include <doctest/doctest.h>

#include <string>

#include "lib/core/time.h"

using namespace wxsec;
using core::Code;

namespace {

constexpr std::string_view kGood =
    "targets = [\"Broker.wx.example\", \"192.0.2.7\", \"2001:db8::7\"]\n"
    "expires = 2026-12-31T23:59:59+01:00\n"
    "authorised_by = \"Jo Smith\"\n";

core::Instant at(std::string_view text) { return *core::parse_rfc3339(text); }

net::Authority authority(std::string typed) {
  return {*net::parse_scope(kGood), {std::move(typed)}};
}

Code refusal(std::string_view host, const net::Authority& given, std::string_view now) {
  const auto result = net::authorise(host, given, at(now));
  return result ? Code::internal : result.error().code;
}

constexpr std::string_view kBefore = "2026-12-31T22:59:58Z";
constexpr std::string_view kAfter = "2026-12-31T22:59:59Z";

}  // namespace

TEST_CASE("net/scope: loopback is free without any file") {
  for (const char* host : {"127.0.0.1", "127.255.0.3", "::1", "localhost", "LocalHost"}) {
    CAPTURE(host);
    CHECK(net::authorise(host, {}, at(kBefore)).has_value());
  }
}

TEST_CASE("net/scope: what only looks like loopback is not") {
  for (const char* host :
       {"127.1", "localhost.example", "0.0.0.0", "::", "2130706433", "127.0.0.1.nip.example",
        "0x7f.0.0.1", "localhost.", "", " localhost", "::ffff:10.0.0.1", "128.0.0.1"}) {
    CAPTURE(host);
    CHECK(refusal(host, {}, kBefore) == Code::not_authorised);
  }
}

TEST_CASE("net/scope: a host that the file names, typed again, before the end") {
  CHECK(net::authorise("broker.wx.example", authority("broker.wx.example"), at(kBefore)));
  CHECK(net::authorise("BROKER.wx.example", authority("Broker.WX.example"), at(kBefore)));
  CHECK(net::authorise("192.0.2.7", authority("192.0.2.7"), at(kBefore)));
  CHECK(net::authorise("2001:db8::7", authority("2001:db8::7"), at(kBefore)));
}

TEST_CASE("net/scope: each missing part alone refuses") {
  CHECK(refusal("broker.wx.example", authority("broker.wx.example"), kAfter) ==
        Code::not_authorised);
  CHECK(refusal("broker.wx.example", authority(""), kBefore) == Code::not_authorised);
  CHECK(refusal("broker.wx.example", authority("192.0.2.7"), kBefore) == Code::not_authorised);
  CHECK(refusal("api.wx.example", authority("api.wx.example"), kBefore) == Code::not_authorised);
  CHECK(refusal("x.broker.wx.example", authority("x.broker.wx.example"), kBefore) ==
        Code::not_authorised);
  CHECK(refusal("broker.wx.example", {{}, {"broker.wx.example"}}, kBefore) == Code::not_authorised);
}

TEST_CASE("net/scope: the refusal says which part is missing") {
  const auto expired =
      net::authorise("192.0.2.7", authority("192.0.2.7"), at("2027-01-01T00:00:00Z"));
  REQUIRE_FALSE(expired);
  CHECK(expired.error().what.find("expired at 2026-12-31T22:59:59Z") != std::string::npos);
  CHECK(expired.error().hint.find("Jo Smith") != std::string::npos);
}

TEST_CASE("net/scope: wildcards, ranges, URLs and ports are no targets") {
  for (const char* target : {"*", "*.wx.example", "192.0.2.0/24", "https://wx.example",
                             "wx.example:8883", "", "a b", "wx.example/", "[::1]"}) {
    CAPTURE(target);
    const auto scope =
        net::parse_scope("targets = [\"" + std::string(target) +
                         "\"]\nexpires = 2026-12-31T00:00:00Z\nauthorised_by = \"x\"");
    REQUIRE_FALSE(scope);
    CHECK(scope.error().code == Code::malformed);
  }
}

TEST_CASE("net/scope: a file with a part missing or unknown is malformed") {
  for (const char* text :
       {"", "targets = []\nexpires = 2026-12-31T00:00:00Z\nauthorised_by = \"x\"",
        "targets = [\"a\"]\nauthorised_by = \"x\"",
        "targets = [\"a\"]\nexpires = 2026-12-31T00:00:00\nauthorised_by = \"x\"",
        "targets = [\"a\"]\nexpires = \"2026-12-31T00:00:00Z\"\nauthorised_by = \"x\"",
        "targets = [\"a\"]\nexpires = 2026-12-31T00:00:00Z",
        "targets = [\"a\"]\nexpires = 2026-12-31T00:00:00Z\nauthorised_by = \"\"",
        "targets = \"a\"\nexpires = 2026-12-31T00:00:00Z\nauthorised_by = \"x\"",
        "targets = [1]\nexpires = 2026-12-31T00:00:00Z\nauthorised_by = \"x\"",
        "targets = [\"a\"]\nexpires = 2026-12-31T00:00:00Z\nauthorised_by = \"x\"\nallow = 1",
        "targets = [\"a\"", "\x01\x02"}) {
    CAPTURE(text);
    const auto scope = net::parse_scope(text);
    REQUIRE_FALSE(scope);
    CHECK(scope.error().code == Code::malformed);
  }
}
