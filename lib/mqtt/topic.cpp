#include "lib/mqtt/client.h"
#include "lib/proto/utf8.h"

namespace wxsec::mqtt {
namespace {

constexpr std::size_t kMaxTopic = 65535;  // MQTT 5 1.5.4: two bytes of length

bool valid_text(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTopic && proto::is_mqtt_utf8(text);
}

}  // namespace

bool valid_topic(std::string_view topic) {
  return valid_text(topic) && topic.find_first_of("+#") == std::string_view::npos;
}

bool valid_filter(std::string_view filter) {
  if (!valid_text(filter)) return false;
  for (std::size_t i = 0; i < filter.size(); ++i) {
    const bool starts_level = i == 0 || filter[i - 1] == '/';
    const bool ends_level = i + 1 == filter.size() || filter[i + 1] == '/';
    if (filter[i] == '+' && !(starts_level && ends_level)) return false;
    if (filter[i] == '#' && !(starts_level && i + 1 == filter.size())) return false;
  }
  return true;
}

}  // namespace wxsec::mqtt
