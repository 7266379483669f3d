// Secrets in messages: found in order to be counted, and in order not to be shown (masking.h).
#pragma once

#include "lib/flow/event.h"
#include "src/sniff/secret_seen.h"

namespace wxsec::sniff {

// MQTT CONNECT passwords (also of a CONNECT that is malformed or cut) and AUTH data; HTTP
// Authorization, session cookies, API keys, passwords in URLs; and fields of queries, forms, JSON,
// XML and MQTT user properties whose name says that they are secret. Everything that is found has
// to be masked; a credential is only what is `told`. The result points into the event's memory.
SecretsSeen find_secrets(const flow::Event& event);

}  // namespace wxsec::sniff
