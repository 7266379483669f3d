// Which protocol is this? Told by bytes, never by port.
#pragma once

#include "lib/core/bytes.h"
#include "lib/flow/event.h"

namespace wxsec::flow {

enum class Certainty : std::uint8_t { no, maybe, yes };

struct Guess {
  Protocol protocol = Protocol::unknown;
  Certainty certainty = Certainty::no;  // maybe: more bytes will tell
};

// `bytes` are the first ones of a direction, or the first ones after a loss. At most
// kGuessBytes are looked at: by then it is yes or no.
Guess guess_protocol(core::ByteView bytes);

inline constexpr std::size_t kGuessBytes = 8192;

// An MQTT CONNECT, which spells its own name: nothing else begins so.
Certainty begins_with_connect(core::ByteView bytes);

// Whole MQTT packets, back to back, exactly up to the end; at least one of them one that chance
// does not make (CONNECT, CONNACK, SUBSCRIBE, PUBLISH with a sane topic, ...).
Certainty looks_like_mqtt(core::ByteView bytes);

}  // namespace wxsec::flow
