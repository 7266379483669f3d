#include "src/explain/pages.h"

namespace wxsec::explain {

PageSource page_acme() {
  return {"acme", "What does an ACME client do, what are the rate limits, and what if it fails?",
          R"page(
ACME (RFC 8555) is how programs get certificates from an authority. One
conversation, over HTTPS, in JSON, each request signed with the key of an
account:

    directory    where everything is; one URL is all that is configured
    account      a key of our own (account-key.pem, 0600), made once
    order        "a certificate for these names, please"
    challenges   for each name, proof that it leads to this machine
    finalize     a signing request: the names, and a new key's public half
    download     the certificate and its chain

Each request uses up a nonce, so that nobody can send it a second time; a
server may refuse one at any time, and the request is signed again with the
next. wxsec does that up to 32 times; at one refusal in two, it succeeds.

    wxsec certs acme obtain --staging --agree-tos -d broker.example.org
    wxsec certs acme renew

# Which challenge

    http-01      the server fetches a file from port 80. The usual one. With
                 a web server already there: --webroot FOLDER
    tls-alpn-01  the server makes a TLS handshake at port 443 and looks for a
                 certificate with a hash in it (RFC 8737). Nothing on port 80
    dns-01       a TXT record; for wildcards and for machines that cannot be
                 reached. Not built in: certbot has plugins for providers

# When it is renewed

A server may say when (renewal information, RFC 9773): before it has to
revoke, or to spread the load. We ask at every run, take a moment in its
window that is always the same for one certificate, and name the predecessor
in the order ("replaces"). Otherwise: when a third of the life is left, or
half where it is shorter than ten days. Where nothing is due, nothing is
ordered.

# Rate limits of Let's Encrypt

They count certificates, names and failures, and there is no way to have them
lifted in a hurry. The ones that people meet, as it documented them in June
2025 (today's are at letsencrypt.org/docs/rate-limits):

    5 per week      certificates for exactly the same names
    50 per week     certificates below one registered domain
    5 per hour      failed proofs for a name and account
    300 in 3 hours  new orders of an account
    10 in 3 hours   new accounts from an address

Renewals that its renewal information asked for count against none of them,
and other renewals not against the 50 per week.

What keeps us away from them: practise with --staging, whose limits are wide;
a certificate that is good and not due is kept (--force orders another); one
that could not be taken into use, for its reload failed, is tried again before
another is ordered; a mistake in --reload or a taken port is found before the
order.

# When it fails

The server's reason is printed with its type. The frequent ones:

    connection     it did not reach us: firewall, or A and AAAA records that
                   point elsewhere. An AAAA record without IPv6 behind it is
                   the classic
    unauthorized   somebody else answered: another web server, a proxy
    dns            the name has no address, or its DNSSEC is broken
    caa            a CAA record allows other authorities only
    rateLimited    see above; it says until when
    rejectedIdentifier   such names are not certified: internal names, IP
                   addresses, names that look like somebody else's

# What an ACME server may not do to us

It is asked over verified TLS (--ca-file for a private one). It cannot send
our signed requests anywhere else: only its own host is asked, redirects are
not followed. Its answers are bounded in size, its words are escaped before
they are printed, a token that is no token never becomes a file name. And what
it issued is judged before it is used: for our key, for our names, valid now.

# Try it

    wxsec certs acme renew --dry-run
    wxsec certs acme certbot --domain broker.example.org

The lesson examples/08-lets-encrypt.sh does it all with a server of its own.

Go on with: wxsec explain lets-encrypt, wxsec explain renewal
)page"};
}

}  // namespace wxsec::explain
