#include "lib/core/shell_word.h"

#include <doctest/doctest.h>

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
