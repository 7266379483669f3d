#include "src/explain/pages.h"

namespace wxsec::explain {

PageSource page_lets_encrypt() {
  return {"lets-encrypt", "How does one get certificates from Let's Encrypt, and keep them?",
          R"page(
Let's Encrypt is a public certificate authority, run by a non-profit. Every
browser and operating system trusts it, it costs nothing, and it is used by
programs only: there is no form to fill in. The protocol between program and
authority is ACME (RFC 8555), and it works with other authorities too.

# How it knows that the name is yours

It does not ask who you are. It asks you to do something that only whoever
controls the name can do:

    http-01      put a given file on http://NAME/.well-known/acme-challenge/
                 (port 80, reachable from the internet)
    tls-alpn-01  answer on port 443 with a special certificate
    dns-01       put a given TXT record at _acme-challenge.NAME; the only one
                 for wildcards, and for machines that cannot be reached

So one needs a public DNS name. For localhost, for addresses in 192.168.0.0/16
and for made-up domains no public authority issues; use your own CA there.

# What you get

    cert.pem       the certificate of your name
    chain.pem      the authority in between
    fullchain.pem  both, for certfile in mosquitto.conf
    privkey.pem    the key, for keyfile

They last 90 days by default and shorter ones are offered; from 2027 on 64 and
then 45 days. They are for servers: Let's Encrypt gives no client
certificates, so stations get theirs from your own CA, and the broker trusts
that one in cafile while it shows the public one in certfile.

# With wxsec

On a machine that the internet reaches at port 80 as broker.example.org, as
root; first with --staging in place of --production:

    wxsec certs acme obtain --production --agree-tos \
      --domain broker.example.org --dir /etc/mosquitto/certs \
      --group mosquitto --reload unit:mosquitto \
      --verify mqtts://broker.example.org:8883
    wxsec certs acme renew --dir /etc/mosquitto/certs

The second line belongs into a timer. It remembers all of the first.

# With certbot

    wxsec certs acme certbot --domain broker.example.org \
      --group mosquitto --reload unit:mosquitto \
      --verify mqtts://localhost:8883

shows the commands, and with --apply runs them. certbot keeps its files below
/etc/letsencrypt/live/broker.example.org, which is closed to everybody but
root, so mosquitto cannot read the key. Do not open it up: the deploy hook,
wxsec certs acme hook, copies the pair, reloads, and looks what is served.
Debian's package runs certbot twice a day by a systemd timer, which renews
when 30 days are left:

    systemctl list-timers certbot.timer
    wxsec certs acme hook --status --dir /etc/mosquitto/certs

# Traps

- certbot 2.1 exits 0 although a deploy hook failed: check what is served.
- Hooks in renewal-hooks/deploy run on renew, not on the first certonly.
- --dry-run goes to Let's Encrypt's staging server, whatever server the
  certificate came from.
- Rate limits: try on staging first (--test-cert), whose certificates nobody
  trusts.
- A closed port 80 stops http-01 at the next renewal, weeks after somebody
  closed it.

# Try it without the internet

pebble is a small ACME server for tests, from the same people, and Debian has
it. The lesson examples/08-lets-encrypt.sh does all of this with it.

    wxsec certs inspect https://localhost:8443 --dir certs
    wxsec certs check https://localhost:8443 --within 30d

Go on with: wxsec explain acme, wxsec explain renewal
)page"};
}

}  // namespace wxsec::explain
