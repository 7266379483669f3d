#!/usr/bin/env bash
# `certs watch` renews what came from an ACME server as well: pebble's certificates live for a day here, and the daemon's
# clock is 13 hours ahead. A real Mosquitto must serve the new one; after a renewal as after a failure the server is left alone.
set -u
# shellcheck source=tests/support/pebble.sh
. "$SOURCE/tests/support/pebble.sh"
acme_programs mosquitto
acme_work
name=broker.wx.test

pebble_start VALIDITY=86400 || die "pebble does not answer"
serial() { openssl x509 -noout -serial 2>/dev/null | cut -d= -f2 | tr A-F a-f; }
current() { serial <"d/$name/current/cert.pem"; }
mqtt=$(free_ports 1)
served() { openssl s_client -connect "127.0.0.1:$mqtt" </dev/null 2>/dev/null | serial; }
timeout 60 "$WXSEC" certs init --dir d --domain wx.test --stations 1 >init.log || die "init"
timeout 60 "$WXSEC" certs acme obtain --server "$acme_url" --ca-file "$acme_ca" --http-port "$acme_http" --dir d \
  --domain $name >obtain.log 2>&1 || die "cannot obtain"
cat >mosquitto.conf <<CONF
user root
listener $mqtt 127.0.0.1
allow_anonymous true
certfile $work/d/$name/current/fullchain.pem
keyfile $work/d/$name/current/privkey.pem
CONF
mosquitto -c mosquitto.conf >mosquitto.log 2>&1 &
broker=$!
pids+=($broker)
soon served >/dev/null || die "mosquitto does not serve"
timeout 60 "$WXSEC" certs acme obtain --server "$acme_url" --ca-file "$acme_ca" --http-port "$acme_http" --dir d \
  --domain $name --reload "pid:$broker" --verify "mqtts://127.0.0.1:$mqtt" --force >deploy.log 2>&1 || die "cannot deploy"
first=$(current)
own=$(readlink d/broker/current)

# `check` measures it by whom the machine trusts, one's own beside it by one's own authority.
curl -sf --cacert "$acme_ca" "https://localhost:$acme_management/roots/0" >root.pem || die "no root"
SSL_CERT_FILE=root.pem timeout 60 "$WXSEC" certs check d >check.log 2>&1 || die "the check: $(cat check.log)"
grep -q "$name.*trusted by this machine's store" check.log || die "it does not say who trusts it: $(cat check.log)"
timeout 60 "$WXSEC" certs check d >check.log 2>&1 && die "it is fine although nobody trusts it"

faketime=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -1)
[ -n "$faketime" ] || { echo "skip: faketime is not installed"; exit 77; }
watch() { # watch NAME: in the background, $watch, until it was stopped
  LD_PRELOAD=$faketime FAKETIME=+13h FAKETIME_DONT_FAKE_MONOTONIC=1 timeout 120 "$WXSEC" certs watch --dir d --jitter 0s --retry 1s \
    --json >"$1.json" 2>"$1.log" &
  watch=$!
  pids+=($watch)
}
orders() { grep -c 'POST /order-plz' pebble.log; }
rounds() { [ "$(grep -c '"event":"round"' "$1")" -ge "$2" ]; }
stop_watch() { kill $watch; wait $watch; [ $? = 0 ] || die "it did not end with 0"; }

watch good
renewed() { [ "$(current)" != "$first" ] && [ "$(served)" = "$(current)" ]; }
soon renewed || die "it was not renewed"
soon rounds good.json 1 || die "no round is told"
grep -q "\"renewed\":\[\"$name\"\],\"failed\":\[\]" good.json || die "the round does not tell of it: $(cat good.json)"
[ "$(readlink d/broker/current)" = "$own" ] || die "its own identities were renewed without a reason"
# By this clock it is due again. Still nothing is ordered.
before=$(orders)
kill -HUP $watch
soon rounds good.json 2 || die "it does not look again at a SIGHUP"
[ "$(orders)" = "$before" ] || die "it orders another one at once"
stop_watch

# The server is gone: the round fails and says why; the server is back, and is not asked before the hour is over.
pebble_stop
watch bad
soon rounds bad.json 3 || die "rounds do not go on"
[ "$(grep -c "\"failed\":\[{\"name\":\"$name\"" bad.json)" -ge 3 ] || die "the failure is not told: $(cat bad.json)"
grep -q 'localhost' bad.log || die "the failure has no cause"
pebble_start VALIDITY=86400 || die "pebble does not answer again"
before=$(orders)
kill -HUP $watch
soon rounds bad.json 4 || die "it does not look again at a SIGHUP"
[ "$(orders)" = "$before" ] || die "it asked again within the hour"
stop_watch
echo "renewed from an ACME server by the daemon that renews one's own; it rests after a renewal and after a failure"
