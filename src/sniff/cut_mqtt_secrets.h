// Secrets in an MQTT packet whose end is missing.
#pragma once

#include "lib/core/bytes.h"
#include "src/sniff/secret_seen.h"

namespace wxsec::sniff {

// Its properties cannot be read in order, for nobody knows where they begin. So user properties
// whose names say that they are secret are looked for at every place, and of an AUTH or CONNACK all
// is hidden.
void scan_cut_mqtt(core::ByteView packet, SecretsSeen& out);

}  // namespace wxsec::sniff
