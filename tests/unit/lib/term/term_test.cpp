#include <doctest/doctest.h>

#include "lib/term/hexdump.h"
#include "lib/term/style.h"
#include "lib/term/table.h"

using namespace wxsec::term;
using wxsec::core::as_bytes;

TEST_CASE("term/style: colour wraps, no colour leaves text alone") {
  CHECK(Style(true).bad("BROKEN") == "\x1b[1;31mBROKEN\x1b[0m");
  CHECK(Style(false).bad("BROKEN") == "BROKEN");
  CHECK(Style(true).bad("").empty());
}

TEST_CASE("term/table: columns line up whatever the colour or script") {
  Table table({"name", "state"});
  table.row({Style(true).good("Zürich"), "ok"});
  table.row({"B"});
  CHECK(table.render(Style(false)) == "name    state\n\x1b[1;32mZürich\x1b[0m  ok\nB\n");
  CHECK(display_width("\x1b[1mé\x1b[0m") == 1);
}

TEST_CASE("term/hexdump: offset, bytes, what can be read, and how much is left out") {
  CHECK(hexdump(as_bytes("wx/s1 20.5\x01"), 64) ==
        "0000  77 78 2f 73 31 20 32 30 2e 35 01                 wx/s1 20.5.\n");
  CHECK(hexdump(as_bytes("0123456789"), 4) ==
        "0000  30 31 32 33                                      0123\n... 6 more bytes\n");
  CHECK(hexdump({}, 16).empty());
}

TEST_CASE("term/hexdump: entropy of the extremes") {
  CHECK(entropy({}) == 0);
  CHECK(entropy(as_bytes("aaaa")) == 0);
  CHECK(entropy(as_bytes("abcdefgh")) == doctest::Approx(3.0));
  CHECK(printable_share(as_bytes("ab\x01\x02")) == doctest::Approx(0.5));
}
