#!/usr/bin/env bash
# Lesson 8: certificates from an authority like Let's Encrypt, got and renewed by programs alone. The authority here is pebble,
# Let's Encrypt's own server for tests: the protocol is the real one, the internet is not needed.
. "$(dirname "$0")/lesson.lib.sh"
needs pebble pebble-challtestsrv mosquitto mosquitto_pub openssl curl jq ip unshare
own_network "$@"
begin "Lesson 8: certificates like Let's Encrypt's, renewed by themselves"
served() { openssl s_client -connect localhost:8883 </dev/null 2>/dev/null | openssl x509 -noout -serial 2>/dev/null; }
on_disk() { openssl x509 -in certs/broker.wx.test/current/cert.pem -noout -serial; }
broker_serves_it() { [ -n "$(served)" ] && [ "$(served)" = "$(on_disk)" ]; }
same() { [ "$1" = "$2" ]; }
other() { [ -n "$2" ] && [ "$1" != "$2" ]; }

step "An authority in a box"
say "pebble speaks ACME at port 14000. It asks a DNS server for broker.wx.test, which points everything to this machine, and proves
names at port 5002 where the real ones use 80. Its certificates live for six days, as Let's Encrypt's shortest do."
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout pebble-key.pem -out pebble.pem -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost 2>/dev/null
cat >pebble.json <<'JSON'
{"pebble":{"listenAddress":"127.0.0.1:14000","managementListenAddress":"127.0.0.1:15000","certificate":"pebble.pem","privateKey":"pebble-key.pem",
"httpPort":5002,"tlsPort":5001,"ocspResponderURL":"","externalAccountBindingRequired":false,"certificateValidityPeriod":518400}}
JSON
start dns Starting 'pebble-challtestsrv -dns01 127.0.0.1:8053 -http01 "" -https01 "" -tlsalpn01 "" -management 127.0.0.1:8055 -defaultIPv4 127.0.0.1 -defaultIPv6 ""'
start authority 'ACME directory available' 'env PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=15 pebble -config pebble.json -dnsserver 127.0.0.1:8053 -strict=true'
run 'curl -s --cacert pebble.pem https://localhost:14000/dir | jq .'
claim "one URL, the directory, tells all the others" says newOrder

step "Obtain"
obtain='wxsec certs acme obtain --server https://localhost:14000/dir --ca-file pebble.pem --domain broker.wx.test --http-port 5002'
run "$obtain -v"
claim "account, order, proof, certificate: in one go" worked_and_says obtained
claim "with a challenge at port 5002, which is closed again now" says 'answering http-01'
run 'curl -s --cacert pebble.pem https://localhost:15000/roots/0 >root.pem; openssl verify -CAfile root.pem -untrusted certs/broker.wx.test/current/chain.pem certs/broker.wx.test/current/cert.pem'
claim "openssl accepts it by the authority's root" worked_and_says OK
run 'stat -c "%a %n" certs/broker.wx.test/current/privkey.pem certs/acme/*/account-key.pem'
claim "both keys are for their owner alone" says_nothing_of '^[0-7]*[1-7] '

step "Again? No."
say "Let's Encrypt gives five certificates a week for the same names. Whatever runs in circles must not use them up."
before=$(on_disk)
run "$obtain"
claim "asked again, it keeps what is good" worked_and_says kept
run 'wxsec certs acme renew'
claim "nothing is due, although 'thirty days before the end' is long past for a certificate of six days" worked_and_says not-due
claim "still the same one" same "$before" "$(on_disk)"

step "A broker that serves it"
cat >mosquitto.conf <<CONF
user root
listener 8883 127.0.0.1
allow_anonymous true
certfile $WORK/certs/broker.wx.test/current/fullchain.pem
keyfile $WORK/certs/broker.wx.test/current/privkey.pem
CONF
start broker 'mosquitto version .* running' 'mosquitto -c mosquitto.conf'
claim "the broker serves it" soon broker_serves_it
run "mosquitto_pub -h 127.0.0.1 -p 8883 --cafile root.pem --insecure -t wx/hello -m hello"
claim "a client gets through" worked
run "$obtain --force --reload pid:$(pid_of broker) --verify mqtts://localhost:8883"
claim "a new one: reloaded, and proven by a handshake" worked_and_says verified
claim "the broker serves it, says openssl too" broker_serves_it

step "Renew: how to reload and what to verify is remembered"
before=$(served)
run 'wxsec certs acme renew --force'
claim "renewed" worked_and_says 'renewed'
claim "the broker serves another one now" other "$before" "$(served)"
claim "and it is that of the disk" broker_serves_it

step "A hook that fails"
say "The most frequent accident: the certificate is renewed, the reload fails, and nobody notices until the old one has ended."
before=$(served)
run "$obtain --force --reload command:/bin/false --verify mqtts://localhost:8883"
claim "exit code 1: a timer's mail will tell" exited 1
claim "the old pair is back on the disk" broker_serves_it
claim "and served, as before" same "$before" "$(served)"
run "$obtain --reload pid:$(pid_of broker) --verify mqtts://localhost:8883"
claim "once the hook is mended, the one that was issued is used; no other is ordered" worked_and_says 'obtained'
claim "the broker serves it" broker_serves_it

step "What the authority says when it says no"
run 'wxsec certs acme obtain --server https://localhost:14000/dir --ca-file pebble.pem --domain api.wx.test --http-port 5003'
claim "nobody answers at port 5002, and the reason is told" failed_and_says 'connection'
claim "with what to do about it" says 'hint: .*port'
run 'wxsec certs acme obtain --server https://localhost:14000/dir --ca-file root.pem --domain api.wx.test --http-port 5002'
claim "and a server that cannot prove who it is gets no word from us" failed
say "For a machine of your own: examples/certbot/README.md, wxsec explain acme"
finish
