#include "lib/core/escape.h"

#include <doctest/doctest.h>

using namespace wxsec::core;

TEST_CASE("core/escape: nothing can move the cursor") {
  CHECK(escape_terminal("wx/\x1b[2Jhome") == "wx/\\x1b[2Jhome");
  CHECK(escape_terminal("a\nb\tc\rd\\e") == "a\\nb\\tc\\rd\\\\e");
  CHECK(escape_terminal("\xc2\x9b") == "\\x9b");        // C1 CSI in UTF-8
  CHECK(escape_terminal("\x9b") == "\\x9b");            // and as a bare byte
  CHECK(escape_terminal("\xe2\x80\xae") == "\\u202e");  // right-to-left override
  CHECK(escape_terminal("Zürich 23 °C") == "Zürich 23 °C");
}

TEST_CASE("core/escape: broken UTF-8 is shown byte by byte") {
  CHECK(escape_terminal("\xc0\xaf") == "\\xc0\\xaf");           // overlong /
  CHECK(escape_terminal("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // surrogate
  CHECK(escape_terminal("\xe2\x82") == "\\xe2\\x82");           // cut short
}

TEST_CASE("core/escape: HTML cannot be opened") {
  CHECK(escape_html("<script>\"x\" & 'y'</script>") ==
        "&lt;script&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/script&gt;");
  CHECK(escape_html(std::string_view("a\0b", 3)) ==
        "a\xEF\xBF\xBD"
        "b");
}
