#include "src/acme/json.h"

namespace wxsec::acme {
namespace {

constexpr int kMaxDepth = 32;
const Json kNothing;

}  // namespace

std::optional<Json> parse_json(std::string_view text) {
  bool too_deep = false;
  const auto watch = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxDepth) too_deep = true;
    return !too_deep;
  };
  Json json = Json::parse(text.begin(), text.end(), watch, false);
  if (too_deep || json.is_discarded()) return std::nullopt;
  return json;
}

const Json& child_of(const Json& json, std::string_view name) {
  if (!json.is_object()) return kNothing;
  const auto found = json.find(name);
  return found == json.end() ? kNothing : *found;
}

const std::vector<Json>& items_of(const Json& json) {
  static const std::vector<Json> none;
  const auto* const array = json.get_ptr<const Json::array_t*>();
  return array == nullptr ? none : *array;
}

std::string text_of(const Json& json) {
  const auto* const text = json.get_ptr<const Json::string_t*>();
  return text == nullptr ? std::string() : *text;
}

std::string text_at(const Json& json, std::string_view name) {
  return text_of(child_of(json, name));
}

std::optional<std::int64_t> number_at(const Json& json, std::string_view name) {
  const Json& value = child_of(json, name);
  if (!value.is_number_integer()) return std::nullopt;
  return value.get<std::int64_t>();
}

bool true_at(const Json& json, std::string_view name) {
  const Json& value = child_of(json, name);
  return value.is_boolean() && value.get<bool>();
}

std::vector<std::string> texts_at(const Json& json, std::string_view name) {
  std::vector<std::string> out;
  for (const Json& item : items_of(child_of(json, name)))
    if (item.is_string()) out.push_back(text_of(item));
  return out;
}

std::optional<core::Instant> time_at(const Json& json, std::string_view name) {
  const auto at = core::parse_rfc3339(text_at(json, name));
  if (!at) return std::nullopt;
  return *at;
}

}  // namespace wxsec::acme
