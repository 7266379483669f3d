// The API described for machines.
#pragma once

#include <string>

namespace wxsec::api {

// An OpenAPI 3.1 document; the schema of a reading is made from weather::kFields, so it cannot
// disagree with what is checked.
std::string openapi_json();

}  // namespace wxsec::api
