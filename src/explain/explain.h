// `wxsec explain`: the session's questions answered in a page each, every finding, and the cryptic
// errors of mosquitto, Paho, OpenSSL and curl.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/core/result.h"

namespace wxsec::explain {

// A page of text: paragraphs wrapped at 78 columns or less, `# ` before a heading, four spaces
// before a command to try.
struct Page {
  std::string name;  // "tls", "WX-MQTT-001", "error:0A000086"
  std::string title;
  std::string text;
};

struct TopicName {
  std::string_view name;
  std::string_view title;
};
// In the order to read them.
std::vector<TopicName> topics();

// By topic name, finding id (any case), or an error message, whole or in part, as it was pasted.
// Fails with usage and the nearest topics as hint.
core::Result<Page> explain(std::string_view asked);

}  // namespace wxsec::explain
