// What was found wrong, with everything a reader needs to believe it and to mend it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/core/bytes.h"
#include "lib/core/result.h"

namespace wxsec::report {

// In rising order; comparable with <.
enum class Severity { info, low, medium, high, critical };

// "info" ... "critical".
std::string_view severity_name(Severity severity);
// The reverse. Fails with usage.
core::Result<Severity> parse_severity(std::string_view text);

// Text in here may hold bytes of the network as they came: renderers escape, nobody else does.
struct Finding {
  std::string id;  // WX-MQTT-001, stable for ever
  Severity severity = Severity::info;
  std::string title;                  // a sentence without full stop: what is wrong
  std::string where;                  // mqtt://127.0.0.1:1883, certs/broker/current/cert.pem
  std::vector<std::string> evidence;  // what was seen, a line each
  core::Bytes bytes;                  // the deciding bytes, to be shown as a hexdump; may be empty
  std::string why;                    // why it matters
  std::string remedy;                 // what to change, down to the line
  std::string recheck;                // the command that asks the same question again
};

}  // namespace wxsec::report
