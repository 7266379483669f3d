// Messages of long-running parts (servers, stations), to stderr. Commands print results themselves.
// Thread-safe. Secrets cannot be formatted, so they cannot get here.
#pragma once

#include <string_view>

namespace wxsec::core {

enum class LogLevel { debug, info, warning, error, off };

// What is shown; `info` until told otherwise. With `json` each line is one JSON object.
void set_log_level(LogLevel level);
enum class LogFormat { text, json };
void set_log_format(LogFormat format);

void log_debug(std::string_view message);
void log_info(std::string_view message);
void log_warning(std::string_view message);
void log_error(std::string_view message);

}  // namespace wxsec::core
