// Knocking at the broker's TLS port with a certificate that should not open it.
#pragma once

#include <string>
#include <string_view>

#include "src/attack/attempt.h"

namespace wxsec::attack {

struct Admission {
  enum class Kind {
    admitted,     // CONNACK 0: in
    refused,      // a TLS alert or a CONNACK says no
    hung_up,      // closed without a word: probably a refusal, but no proof
    unreachable,  // no connection at all
    unclear,      // no TLS there, or a broker that we do not trust, or silence
  };
  Kind kind = Kind::unclear;
  std::string words;
};

// TLS with this identity (or none), CONNECT, and what becomes of it. Under TLS 1.3 the handshake
// succeeds on our side before the broker has looked at our certificate, so only a CONNACK counts.
Admission seek_admission(const Target& target, const Identity& identity);

// The whole attempt: seeks admission with `identity`, which is described as `what`; broken with the
// finding `id` if let in. A refusal only counts if it is explicit, or if the operator, as a
// control, is let in at the same time.
report::Check attempt_admission(const Session& session, const Identity& identity,
                                std::string_view what, std::string_view id);

}  // namespace wxsec::attack
