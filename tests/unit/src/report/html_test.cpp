#include "src/report/html.h"

#include <doctest/doctest.h>

#include <string>

#include "lib/core/bytes.h"
#include "src/report/catalogue.h"
#include "src/report/render.h"

using namespace wxsec;
using namespace wxsec::report;

namespace {

constexpr const char* kHostile = "</title><script>alert(1)</script>\"'&\x1b[2J\xff";

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
    ++found;
  return found;
}

Report hostile_report() {
  Check check;
  check.name = check.title = check.target = check.summary = kHostile;
  check.evidence = {kHostile};
  check.bytes = core::to_bytes(core::as_bytes(kHostile));
  check.outcome = Outcome::broken;
  check.finding = make_finding(id::kPlainPublish, kHostile, {kHostile});
  Finding finding = make_finding(id::kReadingsInClear, kHostile, {kHostile});
  finding.bytes = check.bytes;
  return {kHostile, core::Instant{}, {check}, {finding}};
}

}  // namespace

TEST_CASE("report/html: text from outside never becomes markup, wherever it lands") {
  const std::string page = render_html(hostile_report());
  CHECK(count(page, "<script") == 0);
  CHECK(count(page, "</title>") == 1);
  CHECK(count(page, "\x1b") == 0);
  CHECK(count(page, "\xff") == 0);
  CHECK(count(page, "&lt;script&gt;") >= 8);
}

TEST_CASE("report/html: the page loads nothing and opens what it closes") {
  const std::string page = render_html(hostile_report());
  CHECK(page.substr(0, 15) == "<!doctype html>");
  CHECK(count(page, "src=") == 0);
  CHECK(count(page, "http://") + count(page, "@import") == 0);
  CHECK(count(page, "url(") == 0);
  for (const char* tag :
       {"section", "article", "dl", "ul", "pre", "figure", "main", "table", "b"}) {
    CAPTURE(tag);
    const std::string open = "<" + std::string(tag);
    const std::size_t opened = count(page, open + ">") + count(page, open + " ");
    CHECK(opened == count(page, "</" + std::string(tag) + ">"));
  }
}

TEST_CASE("report/html: among random bytes only a long run counts as text") {
  const std::string noise(40, '\xF3');
  CHECK(count(html::hexdump("", core::as_bytes(noise + "dz#CCvu\\"), 64).str(), "<b>") == 0);
  CHECK(count(html::hexdump("", core::as_bytes(noise + "broker.wx.test"), 64).str(), "<b>") > 0);
}

TEST_CASE("report/html: a hexdump shows offset, bytes and text, and marks what can be read") {
  const std::string dump = html::hexdump("CONNECT", core::as_bytes("\x10secret\x01<"), 64).str();
  CHECK(count(dump, "<figcaption>CONNECT</figcaption>") == 1);
  CHECK(count(dump, "<i>0000</i>  10 <b>73 65 63 72 65 74 </b>01 3c ") == 1);
  CHECK(count(dump, ".<b>secret</b>.&lt;\n") == 1);
  CHECK(count(html::hexdump("", core::Bytes(100, 0), 32).str(), "... 68 more bytes") == 1);
}

TEST_CASE("report/html: a table fills missing cells and drops none that has a header") {
  const std::string table =
      html::table({"a", "b"}, {{Html("1 < 2")}, {Html("x"), Html("y")}}).str();
  CHECK(count(table, ">1 &lt; 2</td><td data-label=\"b\"></td>") == 1);
  CHECK(count(table, ">x</td><td data-label=\"b\">y</td>") == 1);
}

TEST_CASE("report/html: a verdict is told by a sign as well as by colour") {
  CHECK(html::badge("HELD", Tone::good).str() == "<span class=\"badge good\">\u2713 HELD</span>");
  CHECK(count(html::badge("BROKEN", Tone::bad).str(), "\u2717 BROKEN") == 1);
  CHECK(count(html::badge("INCONCLUSIVE", Tone::doubt).str(), "? INCONCLUSIVE") == 1);
}

TEST_CASE("report/html: backticks make code, a lone one stays a backtick") {
  CHECK(html::prose("set `a < b` now").str() == "set <code>a &lt; b</code> now");
  CHECK(html::prose("one ` only").str() == "one ` only");
  CHECK(html::prose("`x``y`").str() == "<code>x</code><code>y</code>");
}

TEST_CASE("report/html: what is folded on the screen is there on paper") {
  const std::string folded = html::details("evidence", Html("packet 7")).str();
  // Behind the element, not in it: a closed <details> prints nothing of its content.
  CHECK(folded.find("</details>") < folded.find("<div class=\"folded\">packet 7</div>"));
  const std::string page = html::page("t", "s", {});
  const std::size_t print = page.find("@media print");
  REQUIRE(print != std::string::npos);
  CHECK(page.find("details:not([open]) + .folded { display: none; }") < print);
  CHECK(page.find("details:not([open]) + .folded { display: block; }") > print);
}
