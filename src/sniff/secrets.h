// Secrets in messages: found in order to be counted, and in order not to be shown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/flow/event.h"

namespace wxsec::sniff {

struct SecretSeen {
  std::string_view kind;  // "mqtt password", "http basic", "http bearer", "cookie", ...
  std::string name;       // user name, field name, cookie name
  std::string value;      // decoded
  std::string_view raw;   // as it stands in the message: what has to be masked
};

// MQTT CONNECT passwords and AUTH data; HTTP Authorization, cookies, API keys, and fields of
// queries, forms and JSON bodies whose name says that they are secret.
std::vector<SecretSeen> find_secrets(const flow::Event& event);

// `text` with every occurrence of the secrets' raw form overwritten by as many '*'.
std::string masked_copy(std::string_view text, const std::vector<SecretSeen>& secrets);

// A request target with the values of secret query fields overwritten.
std::string masked_target(std::string_view target);

}  // namespace wxsec::sniff
