// Three things make ACME more than "POST some JSON":
//
//     nonces     every request uses one up, every answer brings the next. A server may refuse one
//                at any time (badNonce) and always sends a good one along; the request is then
//                signed anew and sent again.
//     patience   orders take time. Retry-After says how long to wait; without it we ask soon, then
//                ever more rarely.
//     distrust   what the server sends decides where the next request goes and what becomes a file
//                name. Sizes are bounded, redirects are not followed, and no URL but on the
//                directory's own host is asked, since a request signed by the account could do harm
//                elsewhere.
#include "src/acme/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "lib/core/escape.h"
#include "lib/core/stop.h"
#include "lib/core/time.h"
#include "lib/tls/context.h"
#include "src/acme/headers.h"
#include "src/acme/jws.h"

namespace wxsec::acme {
namespace {

using core::Code;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMaxAnswer = 512 * 1024;  // a chain of certificates is a few KiB
constexpr std::size_t kMaxUrl = 2000;
constexpr milliseconds kRequestLimit = seconds(20);
constexpr int kBusyTries = 4;
constexpr std::size_t kMaxCaFile = 1024 * 1024;

// Round by round 20, 40, 80 ms ... 5 s: a server on the same machine is done in no time, a public
// one takes seconds.
milliseconds pause_for(int attempt) {
  return std::min(milliseconds(20) * (1 << std::clamp(attempt, 0, 10)), milliseconds(5000));
}

bool is_problem_type(const Reply& reply, std::string_view type) {
  return parse_problem(reply.response.body, reply.response.status).type == type;
}

core::Failure redirected(const Reply& reply, std::string_view doing) {
  return core::fail(
      Code::protocol,
      fmt::format("{}: the server redirects (HTTP {}) to '{}'", doing, reply.response.status,
                  core::escape_terminal(reply.header("Location").substr(0, 200))),
      "redirects are not followed: give the directory's own URL with --server");
}

}  // namespace

core::Result<Exchange> exchange_over_tls(const core::Path& ca_file) {
  tls::ClientOptions options;
  if (!ca_file.empty()) options.ca_pem = WXSEC_TRY(core::read_file(ca_file, kMaxCaFile));
  options.alpn = {"http/1.1"};
  auto context = tls::ClientContext::create(options);
  if (!context) return core::fail(core::with_context(context.error(), ca_file.string()));
  return Exchange([shared = std::make_shared<tls::ClientContext>(std::move(*context))](
                      const http::ClientRequest& request) -> core::Result<http::ClientResponse> {
    http::Exchange done = http::exchange(request, *shared);
    if (done.response) return std::move(*done.response);
    // The hints of TLS name the option of clients; here it has another name.
    const std::size_t option = done.error.hint.find("with --ca,");
    if (option != std::string::npos) done.error.hint.insert(option + 9, "-file FILE");
    return core::fail(std::move(done.error));
  });
}

std::string Reply::header(std::string_view name) const {
  return std::string(http::find_field(response.headers, name).value_or(""));
}

void Session::note(std::string_view text) const {
  if (options_.note) options_.note(text);
}

core::Result<net::Endpoint> Session::check_url(std::string_view url) const {
  const auto printable = [](char c) { return c > 0x20 && c < 0x7F; };
  const bool plain = url.size() <= kMaxUrl && std::all_of(url.begin(), url.end(), printable);
  const auto endpoint = net::parse_endpoint(plain ? url : "", 0);
  if (endpoint && endpoint->scheme == net::Scheme::https && endpoint->host == origin_.host &&
      endpoint->port == origin_.port)
    return *endpoint;
  return core::fail(Code::protocol,
                    fmt::format("the ACME server sends us to '{}', which is not https:// on {}",
                                core::escape_terminal(url.substr(0, 200)), net::host_port(origin_)),
                    "no request goes there; is this the right server?");
}

core::Result<Session> Session::open(SessionOptions options, const core::Clock& clock) {
  Session session(std::move(options), clock);
  const std::string& url = session.options_.directory_url;
  session.origin_ = WXSEC_TRY(net::parse_endpoint(url, 0));
  if (session.origin_.scheme != net::Scheme::https)
    return core::fail(Code::usage,
                      fmt::format("'{}' is no ACME server", core::escape_terminal(url)),
                      "write https://HOST[:PORT]/PATH, or --staging or --production");
  const Reply reply = WXSEC_TRY(session.get(url, "ACME directory"));
  session.directory_ = WXSEC_TRY(parse_directory(reply.response.body));
  return session;
}

void Session::sign_as(const pki::Key& key, std::string account_url) {
  key_ = &key;
  account_url_ = std::move(account_url);
}

void Session::keep_nonce(const http::ClientResponse& response) {
  const auto nonce = http::find_field(response.headers, "Replay-Nonce");
  if (nonce && is_nonce(*nonce)) nonce_ = *nonce;
}

core::Result<Reply> Session::send(const http::ClientRequest& request, std::string_view doing) {
  if (options_.stop.stop_requested()) return core::fail(Code::interrupted, "interrupted");
  http::ClientRequest bounded = request;
  bounded.max_body_bytes = kMaxAnswer;
  bounded.timeout = std::min(kRequestLimit, options_.deadline.left());
  if (bounded.timeout.count() == 0)
    return core::fail(Code::timeout, fmt::format("{}: the time is over", doing),
                      "give more with --timeout");
  auto response = options_.exchange(bounded);
  if (!response && options_.stop.stop_requested())
    return core::fail(Code::interrupted, fmt::format("{}: interrupted", doing));
  if (!response) return core::fail(core::with_context(response.error(), doing));
  keep_nonce(*response);
  Reply reply{std::move(*response), {}};
  if (const std::string after = reply.header("Retry-After"); !after.empty())
    reply.retry_after = parse_retry_after(after, clock_->now());
  if (reply.response.status / 100 == 3) return redirected(reply, doing);
  return reply;
}

core::Result<Reply> Session::get(const std::string& url, std::string_view doing) {
  http::ClientRequest request;
  request.url = WXSEC_TRY(check_url(url));
  Reply reply = WXSEC_TRY(send(request, doing));
  if (reply.response.status == 200) return reply;
  return core::fail(to_error(parse_problem(reply.response.body, reply.response.status), doing,
                             reply.retry_after));
}

core::Result<std::string> Session::take_nonce() {
  if (nonce_.empty()) {
    http::ClientRequest request;
    request.url = WXSEC_TRY(check_url(directory_.new_nonce));
    request.method = http::Method::head;
    WXSEC_TRY(send(request, "new nonce"));
  }
  if (nonce_.empty())
    return core::fail(Code::protocol, "the ACME server gives no nonce",
                      "is the URL that of an ACME directory?");
  return std::exchange(nonce_, {});
}

core::Result<Reply> Session::post_once(const std::string& url, std::string_view payload,
                                       std::string_view doing) {
  http::ClientRequest request;
  request.url = WXSEC_TRY(check_url(url));
  request.method = http::Method::post;
  request.headers = {{"Content-Type", "application/jose+json"}};
  const std::string nonce = WXSEC_TRY(take_nonce());
  request.body = WXSEC_TRY(sign_request({*key_, account_url_}, url, nonce, payload));
  return send(request, doing);
}

core::Result<Reply> Session::post(const std::string& url, std::string_view payload,
                                  std::string_view doing, std::string* problem_type) {
  int bad_nonces = 0;
  int busy = 0;
  for (;;) {
    Reply reply = WXSEC_TRY(post_once(url, payload, doing));
    const int status = reply.response.status;
    if (status / 100 == 2) return reply;
    if (status == 400 && is_problem_type(reply, "badNonce") && ++bad_nonces < kNonceTries) {
      note(fmt::format("{}: the nonce was refused, once more", doing));
      continue;
    }
    if (status == 503 && busy < kBusyTries) {
      WXSEC_TRY(wait(reply.retry_after, 5 + busy++, doing));
      continue;
    }
    const Problem problem = parse_problem(reply.response.body, status);
    if (problem_type != nullptr) *problem_type = problem.type;
    return core::fail(to_error(problem, doing, reply.retry_after));
  }
}

core::Result<void> Session::wait(std::optional<seconds> asked, int attempt,
                                 std::string_view doing) {
  const milliseconds span =
      asked ? std::max<milliseconds>(*asked, milliseconds(50)) : pause_for(attempt);
  if (span >= options_.deadline.left())
    return core::fail(Code::timeout, fmt::format("{}: the server is not done in time", doing),
                      asked ? fmt::format("it asks to wait {}: give more with --timeout",
                                          core::human_duration(*asked))
                            : "give more with --timeout");
  if (span >= seconds(1)) note(fmt::format("{}: waiting {}", doing, core::human_duration(span)));
  if (core::sleep_unless_stopped(options_.stop, span)) return {};
  return core::fail(Code::interrupted, "interrupted");
}

}  // namespace wxsec::acme
