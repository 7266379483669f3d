#include "src/explain/pages.h"

namespace wxsec::explain {

PageSource page_renewal() {
  return {"renewal", "How are certificates renewed without an outage?", R"page(
Every certificate ends. That is intended: an end limits how long a lost key
is useful, and forces one to practise. What hurts is an end that nobody saw
coming. So renewal must be a habit of a machine, not an entry in a calendar.

# When

After two thirds of the lifetime, wxsec's default. A 90 day certificate is
renewed at day 60, and 30 days are left to notice that it did not work. For
lifetimes under ten days: at half. Fractions keep working when lifetimes
shrink, and they do: public CAs are on their way from 398 days to 47.

# In which order

1. Make the new key and certificate next to the old ones.
2. Check them: do they belong together, is the chain complete, the name right?
3. Swap both at once. wxsec keeps generations (0001, 0002) and one link named
   current; moving a link is one step, so nobody ever reads a new certificate
   with an old key.
4. Tell the server. Mosquitto reads certificate and key again on SIGHUP, and
   open connections stay.
5. Look: connect and compare the serial number with the file's. This is the
   step that people forget, and then the file is new while the broker serves
   the old certificate from memory until the day it ends.
6. If it is not there: put the old pair back, say so, exit non-zero.

# What goes wrong in practice

- The new key is readable for root only, and the broker (user mosquitto)
  cannot load it. Give a group: wxsec certs init --group mosquitto
- A deploy hook fails, and the renewal still says success. certbot 2.1 does
  exactly that.
- A changed CA file counts at SIGHUP with one broker, and after a restart only
  with another. Let it trust both, old and new, some time before, and look.
- The machine's clock is wrong, and all is expired or not valid yet.
- Only the leaf is renewed, and the issuing CA ends first.

# How to know

Do not check the file. Check what is served, from outside, every day, and let
the exit code raise the alarm:

    wxsec certs check certs --within 30d
    wxsec certs check mqtts://localhost:8883 --within 30d
    openssl x509 -in certs/broker/current/cert.pem -noout -enddate

# Try it

Short-lived certificates make a year fit into minutes; the third act of the
lab renews while stations publish, and counts that no reading was lost:

    wxsec lab
    wxsec certs renew --dir certs

Go on with: wxsec explain lets-encrypt, wxsec explain certificates
)page"};
}

}  // namespace wxsec::explain
