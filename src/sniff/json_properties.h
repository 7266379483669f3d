// The properties of an MQTT 5 packet in a JSON line: see JSON_LINES.md.
#pragma once

#include "lib/core/bytes.h"
#include "lib/json/line_writer.h"
#include "src/sniff/masking.h"

namespace wxsec::sniff {

// The member "properties", where there are any; `hidden` is what must not be shown.
void write_properties(json::LineWriter& line, core::ByteView raw, Secrets secrets,
                      const Masks& hidden);

}  // namespace wxsec::sniff
