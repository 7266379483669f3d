#include "lib/flow/guess.h"

#include <doctest/doctest.h>

#include "lib/core/hex.h"

using namespace wxsec;
using namespace wxsec::flow;

namespace {

Guess guess(std::string_view text) { return guess_protocol(core::as_bytes(text)); }
Guess guess_hex(std::string_view hex) { return guess_protocol(core::from_hex(hex).value()); }

}  // namespace

TEST_CASE("flow/guess: beginnings that are certain") {
  CHECK(guess("GET / HTTP/1.1\r\nHost").protocol == Protocol::http);
  CHECK(guess_hex("100c00044d5154540402003c0000").protocol == Protocol::mqtt);
  CHECK(guess_hex("160301020001").protocol == Protocol::tls);
  CHECK(guess_hex("15030300020246").protocol == Protocol::tls);
}

TEST_CASE("flow/guess: too little to tell is 'maybe', never a guess") {
  for (const char* hex : {"10", "100c", "100c0004", "16", "160301", "47", "474554"}) {
    CAPTURE(hex);
    CHECK(guess_hex(hex).certainty == Certainty::maybe);
  }
}

TEST_CASE("flow/guess: pings and acknowledgements are no evidence of MQTT") {
  CHECK(guess_hex("c000").certainty != Certainty::yes);
  CHECK(guess_hex("40020001").certainty != Certainty::yes);
  CHECK(guess_hex("3005000361626331").protocol != Protocol::mqtt);  // lengths do not fit
  CHECK(guess_hex("30060003612f6231").protocol == Protocol::mqtt);
}

TEST_CASE("flow/guess: other protocols are left alone") {
  CHECK(guess("SSH-2.0-OpenSSH_9.2\r\n").certainty == Certainty::no);
  CHECK(guess("220 mail.example ESMTP\r\n").certainty == Certainty::no);
  CHECK(guess("EHLO client.example\r\n").certainty == Certainty::no);
  CHECK(guess("AUTH\r\n").certainty == Certainty::no);
}
