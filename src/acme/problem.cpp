// The registry of types is RFC 8555 6.7 with RFC 9773's and the profiles draft's additions. The
// types are for programs and say little to people, the details are for people and vary by server;
// hence a table with one remedy for each.
#include "src/acme/problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "src/acme/json.h"

namespace wxsec::acme {
namespace {

constexpr std::size_t kMaxDetail = 600;
constexpr std::size_t kMaxSubproblems = 10;
constexpr std::string_view kUrnPrefix = "urn:ietf:params:acme:error:";

struct Row {
  std::string_view type;
  std::string_view remedy;
};
constexpr std::array<Row, 26> kRemedies{
    {{"accountDoesNotExist",
      "the server has forgotten this account: run it again, a new one is made"},
     {"alreadyReplaced", "this certificate was renewed already: look for the newer one"},
     {"alreadyRevoked", "nothing is left to do"},
     {"badCSR", "take a P-256 or RSA-2048 key and ordinary DNS names"},
     {"badNonce", "run it again"},
     {"badPublicKey", "take another kind of key: --key P-256"},
     {"badRevocationReason", "leave the reason out"},
     {"badSignatureAlgorithm", "the server wants another kind of account key than ES256"},
     {"caa", "allow this authority in the domain's CAA record, or remove the record"},
     {"compound", "see each name's own reason above"},
     {"connection",
      "the server must reach this machine from outside: open the port in the firewall (80 for "
      "http-01, 443 for tls-alpn-01) and let the name's A and AAAA records point here"},
     {"dns", "the name must have an A or AAAA record that the server can find: dig NAME A"},
     {"externalAccountRequired",
      "get a key identifier and HMAC key from this authority and give --eab-kid and "
      "--eab-key-file"},
     {"incorrectResponse",
      "somebody else answered: is there another web server on that port, or a proxy before it?"},
     {"invalidContact", "give an e-mail address that exists: --contact you@your.domain"},
     {"invalidProfile", "leave --profile out, or take one that the server offers"},
     {"malformed", "the server did not understand the request: is the URL that of its directory?"},
     {"orderNotReady", "run it again"},
     {"rateLimited",
      "wait until the limit is over, and practise with --staging: 'wxsec explain acme' has the "
      "limits"},
     {"rejectedIdentifier",
      "this authority does not issue for such a name: public ones want a public DNS name"},
     {"serverInternal", "the fault is the server's: try again later"},
     {"tls", "what listens on that port must speak TLS with the challenge's certificate"},
     {"unauthorized",
      "the name leads somewhere else: its A and AAAA records must point to this machine, and "
      "nobody else may answer on the challenge's port"},
     {"unsupportedContact", "give a plain e-mail address: --contact you@your.domain"},
     {"unsupportedIdentifier", "this authority certifies DNS names only"},
     {"userActionRequired",
      "open the page that the server names, in a browser, and do as it says"}}};

std::string bounded(std::string text) {
  if (text.size() > kMaxDetail) text = text.substr(0, kMaxDetail) + " ...";
  return text;
}

std::string short_type(std::string type) {
  if (std::string_view(type).starts_with(kUrnPrefix)) type.erase(0, kUrnPrefix.size());
  return type.substr(0, 80);
}

std::string in_words(const Problem& problem) {
  const std::string type = core::escape_terminal(problem.type);
  const std::string detail = core::escape_terminal(problem.detail);
  if (type.empty() || type == "about:blank") return detail;
  return detail.empty() ? type : fmt::format("{} ({})", detail, type);
}

// The first remedy that fits: an order's "compound" has its reasons in the subproblems.
std::string_view remedy_for(const Problem& problem) {
  for (const Problem& each : problem.subproblems)
    if (const auto remedy = remedy_of(each.type); !remedy.empty()) return remedy;
  return remedy_of(problem.type);
}

}  // namespace

// The document's own text, and one level of subproblems.
Problem read_problem(const Json& json, int http_status) {
  Problem problem;
  problem.type = short_type(text_at(json, "type"));
  problem.detail = bounded(text_at(json, "detail"));
  if (problem.detail.empty()) problem.detail = bounded(text_at(json, "title"));
  problem.status = static_cast<int>(number_at(json, "status").value_or(http_status));
  problem.identifier = text_at(child_of(json, "identifier"), "value").substr(0, 260);
  const Json& list = child_of(json, "subproblems");
  for (const Json& each : items_of(list)) {
    if (problem.subproblems.size() == kMaxSubproblems) break;
    Problem inner;
    inner.type = short_type(text_at(each, "type"));
    inner.detail = bounded(text_at(each, "detail"));
    inner.identifier = text_at(child_of(each, "identifier"), "value").substr(0, 260);
    problem.subproblems.push_back(std::move(inner));
  }
  return problem;
}

Problem parse_problem(std::string_view body, int http_status) {
  const auto json = parse_json(body);
  if (json && json->is_object()) {
    Problem problem = read_problem(*json, http_status);
    if (!problem.type.empty() || !problem.detail.empty()) return problem;
  }
  Problem problem;
  problem.status = http_status;
  problem.detail = fmt::format("HTTP {}", http_status);
  if (!body.empty()) problem.detail += fmt::format(": {}", body.substr(0, 200));
  return problem;
}

std::string_view remedy_of(std::string_view type) {
  const auto* const row = std::find_if(kRemedies.begin(), kRemedies.end(),
                                       [&](const Row& r) { return r.type == type; });
  return row == kRemedies.end() ? std::string_view() : row->remedy;
}

core::Error to_error(const Problem& problem, std::string_view doing,
                     std::optional<std::chrono::seconds> retry_after) {
  std::string what = fmt::format("{}: the server says: {}", doing, in_words(problem));
  for (const Problem& each : problem.subproblems)
    what += fmt::format("; {}: {}", core::escape_terminal(each.identifier), in_words(each));
  std::string hint(remedy_for(problem));
  if (retry_after && retry_after->count() > 0)
    hint += fmt::format("{}the server asks to wait {}", hint.empty() ? "" : "; ",
                        core::human_duration(*retry_after));
  return {core::Code::denied, std::move(what), std::move(hint)};
}

}  // namespace wxsec::acme
