// A station meets somebody who plays the broker: the common half of mitm and wrong-name.
#pragma once

#include <string_view>

#include "src/attack/attempt.h"
#include "src/attack/forge.h"

namespace wxsec::attack {

// Sets up a relay that shows `forged` in front of the broker. First a client that checks nothing
// goes through it (the control: the relay works), then the client that our stations use. Held if
// that one leaves without a word because of the certificate; broken with `id` if it talks.
report::Check attempt_to_play_broker(const Session& session, const Forged& forged,
                                     std::string_view what, std::string_view id);

}  // namespace wxsec::attack
