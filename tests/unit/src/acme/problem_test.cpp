#include "src/acme/problem.h"

#include <doctest/doctest.h>

using namespace wxsec;
using namespace wxsec::acme;

namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// RFC 8555 6.7.1.
constexpr const char* kCompound = R"({
  "type": "urn:ietf:params:acme:error:malformed",
  "detail": "Some of the identifiers requested were rejected",
  "subproblems": [
    {"type": "urn:ietf:params:acme:error:malformed",
     "detail": "Invalid underscore in DNS name \"_example.org\"",
     "identifier": {"type": "dns", "value": "_example.org"}},
    {"type": "urn:ietf:params:acme:error:rejectedIdentifier",
     "detail": "This CA will not issue for \"example.net\"",
     "identifier": {"type": "dns", "value": "example.net"}}]})";

}  // namespace

TEST_CASE("acme/problem: RFC 8555's example with its subproblems") {
  const Problem problem = parse_problem(kCompound, 403);
  CHECK(problem.type == "malformed");
  CHECK(problem.status == 403);
  REQUIRE(problem.subproblems.size() == 2);
  CHECK(problem.subproblems[1].type == "rejectedIdentifier");
  CHECK(problem.subproblems[1].identifier == "example.net");
  const core::Error error = to_error(problem, "order for _example.org", std::nullopt);
  CHECK(error.code == core::Code::denied);
  CHECK(contains(error.what, "order for _example.org"));
  CHECK(contains(error.what, "Invalid underscore"));
  CHECK(contains(error.what, "example.net: This CA will not issue"));
  CHECK_FALSE(error.hint.empty());
}

TEST_CASE("acme/problem: a rate limit says what to do and how long to wait") {
  const Problem problem = parse_problem(
      R"({"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many certificates"})", 429);
  const core::Error error = to_error(problem, "order", std::chrono::hours(3));
  CHECK(contains(error.hint, "--staging"));
  CHECK(contains(error.hint, "3 hours"));
}

TEST_CASE("acme/problem: what is no problem document is shown as it is, in part") {
  CHECK(parse_problem("<html>Bad Gateway</html>", 502).detail ==
        "HTTP 502: <html>Bad Gateway</html>");
  CHECK(parse_problem("", 500).detail == "HTTP 500");
  for (const char* odd : {"[]", "null", "7", "{}", "{\"type\":7,\"detail\":[]}",
                          "{\"subproblems\":{\"a\":1}}", "{\"subproblems\":[1,null,[]]}", "\xff{"})
    CHECK(parse_problem(odd, 400).detail.starts_with("HTTP 400"));
  CHECK(parse_problem(std::string(100'000, 'x'), 400).detail.size() < 300);
}

TEST_CASE("acme/problem: text for the terminal is escaped, long text cut, many subproblems too") {
  std::string many =
      R"({"type":"x","detail":"\u001b[31mred)" + std::string(5000, 'y') + R"(","subproblems":[)";
  for (int i = 0; i < 50; ++i) many += R"({"detail":"a"},)";
  many += R"({"detail":"b"}]})";
  const Problem problem = parse_problem(many, 400);
  CHECK(problem.subproblems.size() == 10);
  const core::Error error = to_error(problem, "order", std::nullopt);
  CHECK_FALSE(contains(error.what, "\x1b"));
  CHECK(contains(error.what, "\\x1b"));
  CHECK(error.what.size() < 1500);
}

TEST_CASE("acme/problem: every type of RFC 8555 6.7 has a remedy") {
  for (const char* type : {"accountDoesNotExist",
                           "alreadyRevoked",
                           "badCSR",
                           "badNonce",
                           "badPublicKey",
                           "badRevocationReason",
                           "badSignatureAlgorithm",
                           "caa",
                           "compound",
                           "connection",
                           "dns",
                           "externalAccountRequired",
                           "incorrectResponse",
                           "invalidContact",
                           "malformed",
                           "orderNotReady",
                           "rateLimited",
                           "rejectedIdentifier",
                           "serverInternal",
                           "tls",
                           "unauthorized",
                           "unsupportedContact",
                           "unsupportedIdentifier",
                           "userActionRequired"})
    CHECK_FALSE(remedy_of(type).empty());
  CHECK(remedy_of("somethingNew").empty());
}
