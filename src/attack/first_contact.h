// A few bytes said over a bare TCP connection, and what the other side makes of them: the first
// question of every attempt without TLS.
#pragma once

#include <chrono>
#include <string>

#include "lib/core/bytes.h"
#include "lib/net/endpoint.h"

namespace wxsec::attack {

struct Contact {
  enum class Kind {
    closed,       // the operating system answered "connection refused": nobody listens
    unreachable,  // no address, no route, or no answer to SYN: nothing is known
    hung_up,      // connected, then closed or reset without a byte
    tls_alert,    // answered in TLS: this port does not take plaintext
    silent,       // connected, and not a byte until the deadline
    answered,     // with `answer`
  };
  Kind kind = Kind::unreachable;
  core::Bytes answer;  // the first bytes that came, at most 4 KiB
  std::string words;   // "connection refused", "hung up without a word", ...: for evidence
};

// Whether plaintext is certainly refused there: closed, hung_up or tls_alert.
bool refuses_plaintext(const Contact& contact);

// Sends `question` and waits for the first answer.
Contact first_contact(const net::Endpoint& endpoint, core::ByteView question,
                      std::chrono::milliseconds timeout);

// The bytes of an answer, named by what they are; never fails.
Contact classify_answer(core::Bytes answer);

}  // namespace wxsec::attack
