#include "src/acme/headers.h"

#include <doctest/doctest.h>

#include "lib/core/time.h"

using namespace wxsec;
using namespace wxsec::acme;
using std::chrono::seconds;

namespace {
const core::Instant kNow = core::parse_rfc3339("2015-10-21T07:27:00Z").value();
}

TEST_CASE("acme/headers: Retry-After in seconds and as a date") {
  CHECK(parse_retry_after("120", kNow) == seconds(120));
  CHECK(parse_retry_after(" 0 ", kNow) == seconds(0));
  CHECK(parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT", kNow) == seconds(60));
  CHECK(parse_retry_after("Wed, 21 Oct 2015 07:26:00 GMT", kNow) == seconds(0));
}

TEST_CASE("acme/headers: Retry-After is bounded, and nonsense is nothing") {
  CHECK(parse_retry_after("4294967295", kNow) == std::chrono::hours(240));
  CHECK(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", kNow) == std::chrono::hours(240));
  for (const char* text : {"", "-1", "1.5", "soon", "1e3", "99999999999999999999",
                           "Wed, 21 Oct 2015 07:28:00 CET", "Wed, 21 Xxx 2015 07:28:00 GMT",
                           "Wed, 32 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 25:28:00 GMT"})
    CHECK_FALSE(parse_retry_after(text, kNow).has_value());
}

TEST_CASE("acme/headers: the links of RFC 8555 7.4.2 and RFC 8288 3.5") {
  auto links = parse_links("<https://example.com/acme/cert/mAt3xBGaobw/1>;rel=\"alternate\"");
  REQUIRE(links.size() == 1);
  CHECK(links[0].target == "https://example.com/acme/cert/mAt3xBGaobw/1");
  CHECK(links[0].relation == "alternate");

  links = parse_links(
      "</TheBook/chapter2>; rel=\"previous\"; title*=UTF-8'de'letztes%20Kapitel, "
      "</TheBook/chapter4>; rel=next; title*=UTF-8'de'n%c3%a4chstes%20Kapitel");
  REQUIRE(links.size() == 2);
  CHECK(links[0].relation == "previous");
  CHECK(links[1].target == "/TheBook/chapter4");
  CHECK(links[1].relation == "next");
}

TEST_CASE("acme/headers: broken links do no harm and are bounded") {
  for (const char* text : {"", "<", ">", "<>", "<a", "a>", "<a>;", "<a>;=", "<a>;rel=\"", "<a>;rel",
                           ";;;", "<a>;rel=\"x\"y"})
    CHECK(parse_links(text).size() <= 1);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "<https://x>;rel=\"alternate\",";
  CHECK(parse_links(many).size() == 32);
}

TEST_CASE("acme/headers: a nonce is base64url, not empty and not long") {
  CHECK(is_nonce("oFvnlFP1wIhRlYS2jTaXbA"));
  CHECK(is_nonce("6S8IqOGY7eL2lsGoTZYifg"));
  CHECK_FALSE(is_nonce(""));
  CHECK_FALSE(is_nonce("a b"));
  CHECK_FALSE(is_nonce("a\r\nX: y"));
  CHECK_FALSE(is_nonce("a+b/"));
  CHECK_FALSE(is_nonce(std::string(257, 'a')));
}
