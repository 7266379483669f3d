#!/usr/bin/env bash
# Lesson 7: certificates end. Notice it in time, renew, reload without an outage, and look at what is really served.
. "$(dirname "$0")/lesson.lib.sh"
needs mosquitto mosquitto_pub openssl curl jq ip unshare
own_network "$@"
begin "Lesson 7: renewal without an outage"
serial_of() { openssl x509 -in "certs/$1/current/cert.pem" -noout -serial; }
# What a client really receives: from the wire, not from the disk.
served_on() { openssl s_client -connect "localhost:$1" </dev/null 2>/dev/null | openssl x509 -noout -serial 2>/dev/null; }
serves() { [ "$(served_on "$1")" = "$(serial_of "$2")" ]; }
serves_other() { [ -n "$(served_on "$1")" ] && [ "$(served_on "$1")" != "$(serial_of "$2")" ]; }

step "A network that runs"
run 'wxsec certs init --dir certs --domain wx.test --stations 3 >/dev/null'
start broker 'listening on' 'wxsec broker run --dir certs --out broker'
start api 'listening on' 'wxsec api serve --dir certs --db readings.db'
start stations 'connected|station-0001' 'wxsec station run --dir certs --count 3 --interval 200ms'
pub='mosquitto_pub -h localhost -p 8883 --cafile certs/ca.pem --cert certs/operator/current/fullchain.pem --key certs/operator/current/privkey.pem -q 1 -t wx/station-0001/cmd -m "{\"interval_s\":1}"'
run "$pub"
claim "a client is served" worked
run 'openssl s_client -connect localhost:8443 </dev/null 2>/dev/null | openssl x509 -noout -serial -enddate'
claim "the broker serves what lies on the disk" serves 8883 broker
claim "the API too" serves 8443 api

step "How long still?"
run 'wxsec certs check certs --within 30d'
claim "nothing ends within 30 days: exit code 0" worked
run 'openssl x509 -in certs/broker/current/cert.pem -noout -checkend $((30 * 86400))'
claim "openssl agrees" worked
run 'wxsec certs check mqtts://localhost:8883 https://localhost:8443 --dir certs --within 100d'
claim "asked about 100 days, the live check warns: exit code 1, which a cron job can act upon" exited 1

step "What happens if nobody notices"
say "We give the broker a certificate that lives for four seconds, and reload it: Mosquitto reads its certificate again on SIGHUP."
run 'wxsec certs renew --dir certs broker --force --lifetime 4s'
claim "a new certificate lies on the disk" worked
claim "the broker still serves the old one: it must be told" serves_other 8883 broker
run "kill -HUP $(pid_of broker)"
claim "told, it serves the new one" soon serves 8883 broker
ended() { ! openssl x509 -in certs/broker/current/cert.pem -noout -checkend 0 >/dev/null; }
claim "four seconds later it has ended" soon ended
run 'wxsec certs check certs'
claim "the check says so and exits with 1" exited 1
claim "naming the broker" says 'broker'
run "$pub"
claim "the client that worked before refuses the broker now, with words that help nobody" failed
run 'wxsec certs inspect mqtts://localhost:8883 --dir certs'
claim "wxsec says what it is" says 'expired'

step "Renew, reload, and look"
before_broker=$(served_on 8883) before_api=$(served_on 8443)
say "In one go now: new generation, checks, swap, reload, and a handshake that reads the serial back. If it were not the new one,
the old pair would be put back and the exit code would be 1."
run "wxsec certs renew --dir certs broker api --force --lifetime 90d \\
       --reload broker=pid:$(pid_of broker) --verify broker=mqtts://localhost:8883 \\
       --reload api=pid:$(pid_of api) --verify api=https://localhost:8443"
claim "both are renewed, reloaded and verified" worked
claim "the broker serves the new one, says openssl too" serves 8883 broker
claim "the API as well" serves 8443 api
say "On the wire, before:  broker $before_broker  api $before_api"
say "On the wire, now:     broker $(served_on 8883)  api $(served_on 8443)"
claim "the serials really changed" test "$before_broker" != "$(served_on 8883)" -a "$before_api" != "$(served_on 8443)"
run 'wxsec certs check certs --within 10d'
claim "and the check is content" worked

step "Was there an outage?"
latest() { curl -sS --cacert certs/ca.pem "https://localhost:8443/api/v1/stations/station-000$1/latest" | jq -r .sequence; }
count() { curl -sS --cacert certs/ca.pem "https://localhost:8443/api/v1/stations/station-000$1/readings?limit=1000" | jq '[.items[].sequence] | unique | length'; }
first=$(latest 1)
more() { [ "$(latest 1)" -gt "$first" ]; }
claim "the stations, connected all the while, still report" soon more
stop stations
complete() { for n in 1 2 3; do [ "$(latest $n)" -gt 0 ] && [ "$(latest $n)" = "$(count $n)" ] || return 1; done; }
claim "and the store holds every sequence number from 1 to the last, for all three" soon complete
for n in 1 2 3; do say "station-000$n: $(count $n) readings, the last one is number $(latest $n)"; done
say "To have this done every day: examples/systemd. With Let's Encrypt: examples/certbot. More: wxsec explain renewal"
finish
