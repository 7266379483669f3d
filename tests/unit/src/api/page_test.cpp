#include "src/api/page.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/src/api/fixture.h"

using namespace wxsec;
using testing::Fixture;

namespace {

bool holds(std::string_view text, std::string_view piece) {
  return text.find(piece) != std::string_view::npos;
}

http::Sender secure() {
  http::Sender sender;
  sender.secure = true;
  sender.protocol = "TLSv1.3";
  sender.cipher = "TLS_AES_256_GCM_SHA384";
  return sender;
}

const http::Sender kSecure = secure();

}  // namespace

TEST_CASE("api/page: a card shows the latest reading") {
  Fixture fixture;
  fixture.add("station-0001", {1, 2, 4});
  fixture.live.set_status("station-0001", {.online = true});
  const std::string html = api::page_html(kSecure, fixture.world);
  CHECK(holds(html, "<article class=\"online\">"));
  CHECK(holds(html, ">11.0<small>°C</small>"));
  CHECK(holds(html, "<strong>1 missing</strong>"));
  CHECK(holds(html, "<polyline points=\""));
  CHECK(holds(html, "m/s SW</small>"));
  CHECK(holds(html, "<code>TLSv1.3</code>"));
}

TEST_CASE("api/page: plain HTTP says what it loses") {
  Fixture fixture;
  const std::string html = api::page_html({}, fixture.world);
  CHECK(holds(html, "Not encrypted."));
  CHECK_FALSE(holds(html, "authenticated"));
}

TEST_CASE("api/page: it needs nothing inline and nothing from elsewhere") {
  Fixture fixture;
  fixture.add("sea", {1, 2, 3});
  const std::string html = api::page_html(kSecure, fixture.world);
  for (const char* forbidden : {"<script>", "style=\"", "onclick", "onload", "<style", "http://",
                                "https://", "javascript:", "data:"}) {
    CHECK_MESSAGE(!holds(html, forbidden), forbidden);
  }
  CHECK_FALSE(holds(api::page_script(), "eval"));
  CHECK_FALSE(holds(api::page_style(), "url("));
}

TEST_CASE("api/page: what came from elsewhere is escaped") {
  Fixture fixture;
  // The store refuses nothing: should a hostile name ever get there, the page still holds.
  fixture.add("<img src=x onerror=alert(1)>", {1, 2});
  fixture.live.set_broker(
      {.expected = true, .connected = false, .problem = "</main><script>alert(1)</script>"});
  http::Sender sender = kSecure;
  sender.client_name = "\"><script>";
  const std::string html = api::page_html(sender, fixture.world);
  CHECK_FALSE(holds(html, "<img"));
  CHECK_FALSE(holds(html, "<script>"));
  CHECK(holds(html, "&lt;img src=x"));
}

TEST_CASE("api/page: empty, broken and crowded are told") {
  Fixture fixture;
  CHECK(holds(api::page_main_html(kSecure, fixture.world), "No station has reported yet"));
  fixture.live.set_status("mute", {.online = false});
  CHECK(holds(api::page_main_html(kSecure, fixture.world), "No reading yet."));
  for (int i = 0; i < 250; ++i) fixture.live.set_status("s" + std::to_string(i), {.online = true});
  CHECK(holds(api::page_main_html(kSecure, fixture.world), "And 51 more"));
}
