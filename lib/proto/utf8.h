// Is text what MQTT calls a UTF-8 encoded string?
#pragma once

#include <string_view>

namespace wxsec::proto {

// Well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF: RFC 3629) without U+0000
// (MQTT 5.0 1.5.4, 3.1.1 1.5.3).
bool is_mqtt_utf8(std::string_view text);

// Well-formed UTF-8, U+0000 allowed.
bool is_utf8(std::string_view text);

}  // namespace wxsec::proto
