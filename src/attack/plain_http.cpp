// Asks the API for data without TLS: on its own port and on the usual plain ones.
//
// What counts is data. A server that answers 400 "this is an HTTPS port" has answered in the clear
// and given nothing away; a web server on port 80 that belongs to somebody else and has no such
// page neither. A redirect gives nothing either, though a client's token would already be out.
#include <fmt/core.h>

#include <algorithm>

#include "lib/http/client.h"
#include "src/attack/all_attempts.h"
#include "src/attack/first_contact.h"
#include "src/attack/outcome.h"
#include "src/report/catalogue.h"

namespace wxsec::attack {
namespace {

constexpr std::size_t kMaxQuoted = 100;

struct Asked {
  net::Endpoint endpoint;
  Contact contact;
  std::string words;
  bool data = false;           // the API's data came
  bool clear_refusal = false;  // certainly no data to be had there
};

std::vector<net::Endpoint> plain_endpoints(const Target& target) {
  const net::Endpoint& api = *target.api;
  std::vector<net::Endpoint> all{{net::Scheme::http, api.host, api.port, target.api_path}};
  for (const std::uint16_t port : target.plain_http_ports) {
    if (std::none_of(all.begin(), all.end(), [port](const auto& e) { return e.port == port; }))
      all.push_back({net::Scheme::http, api.host, port, target.api_path});
  }
  return all;
}

bool looks_like_data(const http::ClientResponse& response) {
  const std::size_t first = response.body.find_first_not_of(" \t\r\n");
  const bool json =
      first != std::string::npos && (response.body[first] == '{' || response.body[first] == '[');
  const auto type = http::find_field(response.headers, "Content-Type");
  const bool typed = type && (type->find("json") != std::string_view::npos ||
                              type->find("csv") != std::string_view::npos);
  return response.status >= 200 && response.status < 300 && !response.body.empty() &&
         (json || typed);
}

void judge(const http::ClientResponse& response, Asked& asked) {
  asked.data = looks_like_data(response);
  asked.words = fmt::format("HTTP {} {}", response.status, response.reason);
  const auto location = http::find_field(response.headers, "Location");
  if (asked.data) {
    asked.words += ", data: " + response.body.substr(0, kMaxQuoted);
    return;
  }
  if (location) asked.words += fmt::format(", redirect to {}", *location);
  if (response.status == 401 || response.status == 407) {
    asked.words += ", asks for credentials in the clear";
    return;
  }
  asked.words += ", no data";
  asked.clear_refusal = true;
}

Asked ask(const net::Endpoint& endpoint, std::chrono::milliseconds timeout) {
  Asked asked{endpoint, {}, {}, false, false};
  const std::string question =
      fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", endpoint.path,
                  net::host_port(endpoint));
  asked.contact = first_contact(endpoint, core::as_bytes(question), timeout);
  asked.words = asked.contact.words;
  asked.clear_refusal = refuses_plaintext(asked.contact);
  if (asked.contact.kind != Contact::Kind::answered) return asked;
  http::ClientRequest request;
  request.url = endpoint;
  request.timeout = timeout;
  const http::Exchange exchange = http::exchange_plain(request);
  if (exchange.response) {
    judge(*exchange.response, asked);
  } else {
    asked.words = "answered, but not in HTTP: " + exchange.error.what;
    asked.clear_refusal = asked.contact.answer.size() < 5 ||
                          core::as_text(asked.contact.answer).substr(0, 5) != "HTTP/";
  }
  return asked;
}

report::Check conclude(report::Check check, const std::vector<Asked>& all) {
  const auto data = std::find_if(all.begin(), all.end(), [](const Asked& a) { return a.data; });
  if (data != all.end()) {
    check.bytes.assign(
        data->contact.answer.begin(),
        data->contact.answer.begin() +
            static_cast<std::ptrdiff_t>(std::min<std::size_t>(data->contact.answer.size(), 256)));
    return broken(std::move(check), report::id::kPlainApi, net::to_string(data->endpoint),
                  fmt::format("port {} answers with data over plain HTTP", data->endpoint.port));
  }
  if (all.front().contact.kind == Contact::Kind::closed) {
    return inconclusive(std::move(check),
                        fmt::format("nobody listens at {}: is the API running?", check.target));
  }
  const auto unclear =
      std::find_if(all.begin(), all.end(), [](const Asked& a) { return !a.clear_refusal; });
  if (unclear != all.end()) {
    return inconclusive(std::move(check),
                        fmt::format("port {}: {}", unclear->endpoint.port, unclear->words));
  }
  return held(std::move(check), "no port of the API gives data without TLS");
}

}  // namespace

report::Check plain_http(const Session& session) {
  report::Check check = begin(*session.target.api);
  std::vector<Asked> all;
  for (const net::Endpoint& endpoint : plain_endpoints(session.target)) {
    all.push_back(ask(endpoint, session.target.timeout));
    check.evidence.push_back(fmt::format("port {}: {}", endpoint.port, all.back().words));
  }
  return conclude(std::move(check), all);
}

}  // namespace wxsec::attack
