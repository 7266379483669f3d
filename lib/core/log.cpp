// spdlog behind four functions, so that its headers (5 s a file, since they bring all of it) stay in this one. Text goes
// through escape_terminal: a message often carries a name that came from the network.
#include "lib/core/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>
#include <string>

#include "lib/core/escape.h"
#include "lib/core/time.h"

namespace wxsec::core {
namespace {

std::atomic<LogFormat>& format() {
  static std::atomic<LogFormat> value{LogFormat::text};
  return value;
}

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("wxsec",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::debug);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *instance;
}

std::atomic<LogLevel>& threshold() {
  static std::atomic<LogLevel> value{LogLevel::info};
  return value;
}

// Only the quote needs care once escape_terminal has doubled backslashes and removed controls; its
// own \x and \u{...} escapes become plain text by the doubling below.
std::string json_string(std::string_view text) {
  std::string out;
  for (const char c : escape_terminal(text)) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

void write(LogLevel level, std::string_view name, std::string_view message) {
  if (level < threshold().load()) return;
  const std::string time = rfc3339(system_clock().now());
  if (format().load() == LogFormat::json) {
    logger().info("{{\"time\":\"{}\",\"level\":\"{}\",\"message\":\"{}\"}}", time, name,
                  json_string(message));
  } else {
    logger().info("{} {:<7} {}", time, name, escape_terminal(message));
  }
}

}  // namespace

void set_log_level(LogLevel level) { threshold().store(level); }
void set_log_format(LogFormat value) { format().store(value); }
void log_debug(std::string_view message) { write(LogLevel::debug, "debug", message); }
void log_info(std::string_view message) { write(LogLevel::info, "info", message); }
void log_warning(std::string_view message) { write(LogLevel::warning, "warning", message); }
void log_error(std::string_view message) { write(LogLevel::error, "error", message); }

}  // namespace wxsec::core
