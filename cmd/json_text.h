// JSON on stdout: one document, or one object a line. Bytes that are no UTF-8, as the names of
// files may hold, become U+FFFD instead of an exception.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace wxsec::cmd {

std::string json_text(const nlohmann::ordered_json& json);  // indented
std::string json_line(const nlohmann::ordered_json& json);

}  // namespace wxsec::cmd
