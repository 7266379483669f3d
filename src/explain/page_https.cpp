#include "src/explain/pages.h"

namespace wxsec::explain {

PageSource page_https() {
  return {"https", "What is HTTPS, and why does an API need it?", R"page(
HTTPS is HTTP inside TLS: the same requests and answers, in a connection that
nobody on the way can read or change, to a server that has proved its name.
The port is 443 instead of 80, the URL begins with https://, and nothing else
changes for the programs on either end.

# Why weather data that is public needs it

"Anybody may read it" is no reason for "anybody may change it". Over plain
HTTP each hotspot, proxy or router on the way can alter the answer, and the
farmer's app shows a temperature that nobody measured. Three further reasons:

- What a client sends is rarely public: API keys, cookies, passwords, and
  what it asks for. In plain HTTP all of that stands in the first packet.
- Browsers warn about plain HTTP and refuse many functions to such pages.
- A page loaded over HTTP can be made to do anything, including to ask the
  user for the password of something else.

# What the padlock says, and what it does not

It says: the line is encrypted, and the server is the owner of this name. It
does not say that the owner is honest, nor that the server is well kept.

# Where the certificate comes from

A private CA of your own (wxsec certs init): for stations, dashboards and
machines that you configure. Each client must be given ca.pem once.

Let's Encrypt: for a name in public DNS. Every browser trusts it already. It
costs nothing, lasts 90 days or less, and is renewed by a program. See:
wxsec explain lets-encrypt

Self-signed: vouched for by nobody. Fine for looking at a handshake; in use
it teaches people to click warnings away.

# Plain HTTP next to HTTPS

An API should not answer with data on port 80 at all. A redirect is kind to
people in browsers, but a program that follows it has already sent its token
in the clear. The header Strict-Transport-Security tells browsers never to
try plain HTTP for this name again; it counts only when it came over HTTPS.

# Try it

    wxsec certs init --dir certs
    wxsec api serve --dir certs
    wxsec api get /api/v1/stations --dir certs

wxsec shows the chain, the protocol and the cipher. The same with curl:

    curl -v --cacert certs/ca.pem https://localhost:8443/api/v1/stations

Leave --cacert out and curl refuses with error 60. That refusal is the whole
point of HTTPS: do not answer it with -k, which switches the check off.

    wxsec explain 'curl: (60)'

In Postman: Settings, Certificates, CA Certificates, choose certs/ca.pem. In
a browser: import ca.pem as an authority, then click the padlock to read the
certificate.

Go on with: wxsec explain certificates, wxsec explain intrusion
)page"};
}

}  // namespace wxsec::explain
