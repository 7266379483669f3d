#include "lib/core/shell_word.h"

#include <doctest/doctest.h>

using wxsec::core::fill_in;
using wxsec::core::has_placeholder;
using wxsec::core::shell_word;

TEST_CASE("core/shell_word: what a shell leaves alone stays as it is") {
  CHECK(shell_word("certs/broker-1.pem") == "certs/broker-1.pem");
  CHECK(shell_word("mqtts://localhost:8883") == "mqtts://localhost:8883");
}

TEST_CASE("core/shell_word: everything else is one word, whatever is in it") {
  CHECK(shell_word("") == "''");
  CHECK(shell_word("my certs") == "'my certs'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("$(id)") == "'$(id)'");
  CHECK(shell_word("~") == "'~'");
}

TEST_CASE("core/shell_word: placeholders are filled in where they are words of their own") {
  CHECK(fill_in("wxsec certs renew --dir DIR", "DIR", "my certs") ==
        "wxsec certs renew --dir 'my certs'");
  CHECK(fill_in("DIR/ca.pem and DIR/crl.pem", "DIR", "certs") == "certs/ca.pem and certs/crl.pem");
  CHECK(fill_in("--dir DIR NAME", "NAME", "broker") == "--dir DIR broker");
  for (const char* other : {"WXSEC_DIR", "DIRECTORY", "--DIR", "dir", ""}) {
    CHECK(fill_in(other, "DIR", "certs") == other);
    CHECK_FALSE(has_placeholder(other, "DIR"));
  }
  CHECK(has_placeholder("DIRECTORY DIR", "DIR"));
  CHECK(fill_in("DIR DIR", "DIR", "DIR") == "DIR DIR");
}
