// The fields of an MQTT packet in a JSON line: see JSON_LINES.md.
#pragma once

#include "lib/flow/event.h"
#include "lib/json/line_writer.h"
#include "src/sniff/masking.h"

namespace wxsec::sniff {

// `hidden` is what must not be shown.
void write_mqtt(json::LineWriter& line, const flow::MqttMessage& message, Secrets secrets,
                const Masks& hidden);

}  // namespace wxsec::sniff
