// What an ACME server says when it says no: a problem document (RFC 7807, RFC 8555 6.7), and what a
// person can do about each kind.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/error.h"

namespace wxsec::acme {

// All text is the server's: it is cut to a few hundred characters here and escaped by to_error().
struct Problem {
  std::string type = {};    // "rateLimited": without urn:ietf:params:acme:error: where it had that
  std::string detail = {};  // for people
  int status = 0;           // HTTP
  std::string identifier = {};            // in subproblems: "broker.wx.test"
  std::vector<Problem> subproblems = {};  // RFC 8555 6.7.1; at most ten are kept
};

// From a body of any shape: what is no problem document becomes one with type "" and the start of
// the text as its detail.
Problem parse_problem(std::string_view body, int http_status);

// One thing to do about a problem of that type; "" for one that we do not know.
std::string_view remedy_of(std::string_view type);

// "<doing>: the server refuses (rateLimited): too many ... [broker.wx.test: dns: ...]", with code
// denied, and the remedy as hint. `retry_after` (server's word) goes into the hint.
core::Error to_error(const Problem& problem, std::string_view doing,
                     std::optional<std::chrono::seconds> retry_after);

}  // namespace wxsec::acme
