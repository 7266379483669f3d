// Errors of the API, as RFC 9457 problem details.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/core/error.h"
#include "lib/http/message.h"

namespace wxsec::api {

struct Problem {
  int status = 500;
  std::string_view type;       // last segment of the type URI: PROTOCOL.md section 5
  std::string_view title;      // the same for every problem of that type
  std::string detail;          // may quote the request
  std::string parameter = {};  // of invalid-parameter
};

Problem invalid_parameter(std::string_view name, std::string detail);
// A store that failed: 503, with the error's text.
Problem store_unavailable(const core::Error& error);

// `instance` is the path that was asked for.
http::Response to_response(const Problem& problem, std::string_view instance);

// For what the HTTP server refuses by itself (404, 405, 413 ...); `instance` may be empty.
http::Response refusal(int status, std::string_view detail, std::string_view instance);

}  // namespace wxsec::api
