// Who is talking, the client or the server? Told by what is said, where SYN was not seen.
#pragma once

#include "lib/core/bytes.h"

namespace wxsec::flow {

enum class Speaker : std::uint8_t { unknown, client, server };

// `bytes` are a TCP segment's payload. Only what one side alone may say counts: a ClientHello or a
// ServerHello (RFC 8446 4.1), a request or a response (RFC 9112 2.1), MQTT packets of which the
// standard says who sends them (MQTT 5.0 2.1.2).
Speaker who_says(core::ByteView bytes);

}  // namespace wxsec::flow
