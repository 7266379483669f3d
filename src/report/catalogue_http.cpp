// Findings about the API: what HTTP without TLS gives away, and what HTTPS should say besides.
#include <array>

#include "src/report/catalogue_families.h"

namespace wxsec::report {
namespace {

using S = Severity;

constexpr std::array kEntries = {
    Entry{id::kPlainApi, S::high, "the API answers with data over plain HTTP",
          "Whoever sits on the path reads the answers and can change them: a dashboard shows "
          "weather that nobody measured, and its address bar shows the right name.",
          "Serve HTTPS only: `wxsec api serve --listen HOST:8443` with a certificate, and close "
          "the HTTP port or let it answer without data.",
          "wxsec attack plaintext --api {}"},
    Entry{id::kHttpSecretInClear, S::critical, "a secret crossed the wire in plain HTTP",
          "Basic authentication, bearer tokens, cookies and form fields are plain text to whoever "
          "captures the packet, and open the API for the eavesdropper as they did for the owner.",
          "Revoke that token or change that password now, then move the client to https:// and "
          "close the plain port.",
          "wxsec sniff -i lo --summary"},
    Entry{id::kHttpDataInClear, S::medium, "HTTP messages crossed the wire in the clear",
          "Requests and responses were open to everybody on the path, and nothing would have "
          "shown a change made on the way.",
          "Move the client to https:// and let the API listen with TLS only.",
          "wxsec sniff -i lo --summary"},
    Entry{id::kNoHsts, S::low, "the API does not send Strict-Transport-Security",
          "A browser that once typed http:// keeps trying plain HTTP first, and that first request "
          "is the one that an attacker on the path answers (RFC 6797).",
          "Send `Strict-Transport-Security: max-age=63072000` with every HTTPS response; `wxsec "
          "api serve` does.",
          "wxsec api get {}/healthz"},
    Entry{id::kNoSecurityHeaders, S::low, "the API's pages lack protective headers",
          "Without X-Content-Type-Options, Content-Security-Policy and X-Frame-Options a browser "
          "guesses types, runs what was injected, and lets other pages frame this one.",
          "Send nosniff, a strict Content-Security-Policy, X-Frame-Options: DENY and "
          "Referrer-Policy: no-referrer.",
          "wxsec api get {}/healthz"},
    Entry{id::kPlainRedirect, S::info, "plain HTTP is answered with a redirect to HTTPS",
          "A redirect is comfortable for people, but a program that follows it has already sent "
          "its token in the clear, and an attacker on the path redirects elsewhere.",
          "For an API close port 80 or answer 403 without data; keep redirects for web pages, with "
          "HSTS.",
          "wxsec attack plaintext --api {}"},
};

}  // namespace

std::span<const Entry> http_entries() { return kEntries; }

}  // namespace wxsec::report
