#!/usr/bin/env bash
# A renewal against the real Mosquitto: it serves the new serial after SIGHUP, and when it does not
# (its file names other paths), the renewal is rolled back and fails. Serials are read by openssl.
set -u
WXSEC=${WXSEC:?the binary}
export PATH=$PATH:/usr/sbin:/usr/local/sbin
for program in mosquitto openssl; do
  command -v $program >/dev/null || { echo "skip: $program is not installed"; exit 77; }
done
work=$(mktemp -d) || exit 1
broker=
stop() { [ -n "$broker" ] && kill "$broker" 2>/dev/null && wait "$broker" 2>/dev/null; broker=; }
trap 'stop; rm -rf "$work"' EXIT
failures=0
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }
dir=$work/certs
"$WXSEC" certs init --dir "$dir" --stations 2 >/dev/null || { echo "FAIL: init"; exit 1; }

# start FOLDER: a broker with the pair in FOLDER on a free port.
start() {
  for _ in 1 2 3 4 5; do
    port=$((RANDOM % 20000 + 20000))
    cat >"$work/mosquitto.conf" <<CONF
per_listener_settings false
allow_anonymous false
log_dest stderr
$([ "$(id -u)" = 0 ] && echo "user root")
listener $port 127.0.0.1
cafile $dir/ca.pem
certfile $1/fullchain.pem
keyfile $1/privkey.pem
crlfile $dir/crl.pem
require_certificate true
use_identity_as_username true
CONF
    mosquitto -c "$work/mosquitto.conf" 2>"$work/log" & broker=$!
    for _ in $(seq 1 100); do
      grep -q "running" "$work/log" && return 0
      kill -0 $broker 2>/dev/null || break
      read -r -t 0.05 <> <(:)
    done
    stop
  done
  cat "$work/log"; echo "FAIL: mosquitto does not start"; exit 1
}
served() {
  openssl s_client -connect "127.0.0.1:$port" -CAfile "$dir/ca.pem" </dev/null 2>/dev/null |
    openssl x509 -noout -serial | cut -d= -f2 | tr 'A-F' 'a-f'
}
on_disk() { openssl x509 -in "$dir/broker/current/cert.pem" -noout -serial | cut -d= -f2 | tr 'A-F' 'a-f'; }

start "$dir/broker/current"
[ "$(served)" = "$(on_disk)" ] || fail "the broker does not serve what is on the disk"
for i in 1 2 3; do
  before=$(on_disk)
  "$WXSEC" certs renew --dir "$dir" broker --force --reload broker=pid:$broker \
    --verify broker=mqtts://localhost:$port >"$work/out" 2>&1 || { cat "$work/out"; fail "renewal $i"; }
  [ "$(on_disk)" != "$before" ] || fail "nothing new on the disk"
  [ "$(served)" = "$(on_disk)" ] || fail "the broker serves the old certificate"
done
"$WXSEC" certs check --dir "$dir" "mqtts://localhost:$port" >"$work/out" || { cat "$work/out"; fail "check of the endpoint"; }
"$WXSEC" certs inspect --dir "$dir" "mqtts://localhost:$port" >"$work/out" || { cat "$work/out"; fail "inspect of the endpoint"; }
grep -q "asks clients for a certificate" "$work/out" || fail "inspect does not see that clients are asked"
"$WXSEC" certs check --dir "$dir" "mqtts://127.0.0.2:$port" >/dev/null 2>&1 && fail "an endpoint that is not there is fine"

# A service that takes its time, and opens certificate and key one after the other: the next renewal waits for it.
cat >"$work/slow.sh" <<SLOW
pair() {
  sleep 0.3; openssl x509 -in $dir/api/current/cert.pem -noout -pubkey >$work/of-cert
  sleep 0.3; openssl pkey -in $dir/api/current/privkey.pem -pubout >$work/of-key
  cmp -s $work/of-cert $work/of-key && echo fits >>$work/slow.out || echo differs >>$work/slow.out
}
trap pair HUP
echo ready
for _ in \$(seq 1 400); do sleep 0.05; done
SLOW
bash "$work/slow.sh" >"$work/slow.ready" & slow=$!
for _ in $(seq 1 100); do grep -q ready "$work/slow.ready" && break; read -r -t 0.05 <> <(:); done
for _ in 1 2 3; do "$WXSEC" certs renew --dir "$dir" api --force --reload api=pid:$slow >"$work/out" 2>&1 || { cat "$work/out"; fail "the slow service"; }; done
[ "$(grep -c fits "$work/slow.out")" = 3 ] && ! grep -q differs "$work/slow.out" || fail "the link moved between certificate and key"
kill $slow; wait $slow 2>/dev/null
# Whoever does not handle SIGHUP would end by it.
sleep 60 & sleeper=$!
"$WXSEC" certs renew --dir "$dir" api --force --reload api=pid:$sleeper >"$work/out" 2>&1 && fail "a process without a handler was told"
grep -q 'does not handle SIGHUP' "$work/out" || { cat "$work/out"; fail "it does not say why it was not told"; }
kill -0 $sleeper || fail "the process was ended"
kill $sleeper; wait $sleeper 2>/dev/null

# A revoked station is refused once the broker was told; the other one is the control.
if command -v mosquitto_pub >/dev/null; then
  publish() {
    timeout 10 mosquitto_pub -h localhost -p $port --cafile "$dir/ca.pem" -q 1 -t wx/x -m 1 \
      --cert "$dir/stations/$1/current/fullchain.pem" --key "$dir/stations/$1/current/privkey.pem" >/dev/null 2>&1
  }
  publish station-0001 || fail "a good station is refused"
  "$WXSEC" certs revoke --dir "$dir" station-0001 >/dev/null || fail revoke
  kill -HUP $broker
  for _ in $(seq 1 50); do publish station-0001 || break; done
  publish station-0001 && fail "a revoked station is accepted"
  publish station-0002 || fail "the other station is refused"
else
  echo "note: mosquitto_pub is not installed: revocation was not tried"
fi
stop

# The trap of real life: the broker's file names a copy that nobody renews.
cp -rL "$dir/broker/current" "$work/copy"
start "$work/copy"
before=$(on_disk)
"$WXSEC" certs renew --dir "$dir" broker --force --reload broker=pid:$broker --verify-within 1s \
  --verify broker=mqtts://localhost:$port >"$work/out" 2>&1
[ $? = 1 ] || { cat "$work/out"; fail "a renewal that nobody serves did not exit with 1"; }
grep -q "still serves" "$work/out" || { cat "$work/out"; fail "it does not say what is still served"; }
[ "$(on_disk)" = "$before" ] || fail "the old pair was not put back"
[ "$(served)" = "$before" ] || fail "the broker does not serve the old one any more"
# And a process that is gone.
stop
sleep_pid=$(sh -c 'echo $$')
"$WXSEC" certs renew --dir "$dir" broker --force --reload broker=pid:"$sleep_pid" >"$work/out" 2>&1
[ $? = 1 ] || fail "a reload of nobody did not fail"
[ "$(on_disk)" = "$before" ] || fail "the old pair was not put back after a failed reload"

[ $failures = 0 ] && echo "renewed, reloaded, verified; and rolled back where it was not served" || exit 1
