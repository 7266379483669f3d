// An MQTT packet in words, behind its type.
#pragma once

#include <cstddef>
#include <string>

#include "lib/flow/event.h"
#include "lib/term/style.h"
#include "src/sniff/masking.h"

namespace wxsec::sniff {

// At most `most` bytes of a payload; `hidden` is what must not be shown.
std::string mqtt_text(const term::Style& style, const flow::MqttMessage& message, Secrets secrets,
                      std::size_t most, const Masks& hidden);

}  // namespace wxsec::sniff
