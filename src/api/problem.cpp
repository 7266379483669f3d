#include "src/api/problem.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

namespace wxsec::api {
namespace {

// RFC 2606 reserves .invalid: the URI names the type and can never be taken by somebody.
constexpr std::string_view kTypeBase = "https://wxsec.invalid/problems/";

}  // namespace

Problem invalid_parameter(std::string_view name, std::string detail) {
  return {400, "invalid-parameter", "Invalid parameter", std::move(detail), std::string(name)};
}

Problem store_unavailable(const core::Error& error) {
  return {503, "store-unavailable", "The store does not answer", error.what};
}

http::Response to_response(const Problem& problem, std::string_view instance) {
  nlohmann::ordered_json body{{"type", fmt::format("{}{}", kTypeBase, problem.type)},
                              {"title", problem.title},
                              {"status", problem.status},
                              {"detail", problem.detail}};
  if (!instance.empty()) body["instance"] = instance;
  if (!problem.parameter.empty()) body["parameter"] = problem.parameter;
  http::Response response;
  response.status = problem.status;
  response.content_type = "application/problem+json";
  response.body = body.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  response.headers = {{"Cache-Control", "no-store"}};
  if (problem.status == 503) response.headers.emplace_back("Retry-After", "5");
  return response;
}

http::Response refusal(int status, std::string_view detail, std::string_view instance) {
  const std::string_view phrase = http::status_phrase(status);
  std::string_view type = "refused-request";
  if (status == 404) type = "unknown-route";
  if (status == 405) type = "method-not-allowed";
  if (status >= 500) type = "server-error";
  return to_response({status, type, phrase, std::string(detail)}, instance);
}

}  // namespace wxsec::api
