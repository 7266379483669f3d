#include "src/api/view.h"

#include <utility>

#include "lib/net/endpoint.h"
#include "lib/tls/context.h"

namespace wxsec::api {
namespace {

using core::Code;
using core::Result;

constexpr std::size_t kMaxPemBytes = 4 * 1024 * 1024;

Result<net::Endpoint> target(const ViewOptions& options) {
  const bool bare_path = options.url.starts_with('/');
  net::Endpoint url =
      WXSEC_TRY(net::parse_endpoint(bare_path ? options.base + options.url : options.url, 8443));
  if (url.scheme == net::Scheme::none) url.scheme = net::Scheme::https;
  if (url.scheme != net::Scheme::https && url.scheme != net::Scheme::http) {
    return core::fail(Code::usage, options.url + " is not an API's address",
                      "write /PATH, or https://HOST:PORT/PATH");
  }
  if (url.path.empty()) url.path = "/";
  return url;
}

core::Error with_hint(core::Error error, const char* hint) {
  if (error.hint.empty()) error.hint = hint;
  return error;
}

Result<std::string> read_pem(const core::Path& file, const char* hint) {
  auto text = core::read_file(file, kMaxPemBytes);
  if (!text) return core::fail(with_hint(text.error(), hint));
  return text;
}

Result<tls::ClientContext> context_of(const ViewOptions& options) {
  tls::ClientOptions tls;
  if (!options.ca.empty())
    tls.ca_pem = WXSEC_TRY(read_pem(options.ca,
                                    "--ca names the ca.pem that 'wxsec certs init' writes into "
                                    "its directory, certs unless told otherwise; without --ca the "
                                    "system's store counts"));
  if (!options.crl.empty())
    tls.crl_pem = WXSEC_TRY(read_pem(options.crl,
                                     "--crl names a PEM file of revocation lists, as "
                                     "'wxsec certs crl' writes it"));
  if (options.certificate.empty() != options.key.empty()) {
    return core::fail(Code::usage, "a certificate needs its key, and a key its certificate");
  }
  if (!options.certificate.empty()) {
    auto identity = tls::read_identity(options.certificate, options.key);
    if (!identity)
      return core::fail(with_hint(identity.error(),
                                  "--cert and --key name the PEM files of one "
                                  "pair; 'wxsec certs inspect' shows whether "
                                  "they belong together"));
    tls.identity = std::move(*identity);
  }
  if (options.accept_any_certificate) tls.trust = tls::Trust::accept_any_certificate;
  tls.alpn = {"http/1.1"};
  tls.keylog = WXSEC_TRY(tls::keylog_from_environment());
  return tls::ClientContext::create(tls);
}

ViewVerdict judge(const http::Exchange& exchange, bool encrypted) {
  if (!exchange.response) return ViewVerdict::no_answer;
  if (!encrypted) return ViewVerdict::unencrypted;
  if (exchange.failure || !exchange.failure.problems.empty()) return ViewVerdict::untrusted;
  return exchange.response->status < 400 ? ViewVerdict::fine : ViewVerdict::http_error;
}

}  // namespace

std::string_view verdict_name(ViewVerdict verdict) {
  switch (verdict) {
    case ViewVerdict::fine: return "fine";
    case ViewVerdict::http_error: return "http_error";
    case ViewVerdict::untrusted: return "untrusted";
    case ViewVerdict::unencrypted: return "unencrypted";
    case ViewVerdict::no_answer: return "no_answer";
  }
  return "";
}

Result<View> view(const ViewOptions& options) {
  http::ClientRequest request;
  request.url = WXSEC_TRY(target(options));
  request.method = options.head ? http::Method::head : http::Method::get;
  request.headers = options.headers;
  request.host_name = options.host_name;
  request.timeout = options.timeout;
  View view;
  view.url = net::to_string(request.url);
  if (request.url.tls()) {
    view.trust = options.ca.empty() ? "the system's store" : options.ca.string();
    view.exchange = http::exchange(request, WXSEC_TRY(context_of(options)));
  } else {
    view.exchange = http::exchange_plain(request);
  }
  view.verdict = judge(view.exchange, request.url.tls());
  return view;
}

}  // namespace wxsec::api
