// Looking into JSON of any shape: a member that is absent or of another kind is simply empty. For
// the .cpp files of this folder.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/time.h"

namespace wxsec::acme {

using Json = nlohmann::json;

// Nothing where the text is no JSON, or nested deeper than any ACME message (32 levels).
std::optional<Json> parse_json(std::string_view text);

// The member `name` of an object; a null value for anything else. Borrowed from `json`.
const Json& child_of(const Json& json, std::string_view name);
// The elements of an array; none for anything else.
const std::vector<Json>& items_of(const Json& json);
std::string text_of(const Json& json);  // "" if it is no string
std::string text_at(const Json& json, std::string_view name);
std::optional<std::int64_t> number_at(const Json& json, std::string_view name);
bool true_at(const Json& json, std::string_view name);
std::vector<std::string> texts_at(const Json& json, std::string_view name);
std::optional<core::Instant> time_at(const Json& json, std::string_view name);

}  // namespace wxsec::acme
