#!/usr/bin/env bash
# A revocation takes effect: at a Mosquitto of its own (after the SIGHUP that --reload sends) and at the API, also two within
# one second; the command proves it with the revoked identity itself, and fails where a service was not told. What it says
# about open sessions is true.
set -u
WXSEC=${WXSEC:?the binary}
export PATH=$PATH:/usr/sbin:/usr/local/sbin
for program in mosquitto mosquitto_pub mosquitto_sub curl; do
  command -v $program >/dev/null || { echo "skip: $program is not installed"; exit 77; }
done
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY WXSEC_DIR
work=$(mktemp -d) || exit 1
broker= api= session=
trap 'kill $broker $api $session 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
failures=0
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }
cd "$work" || exit 1
"$WXSEC" certs init --stations 4 >/dev/null || { echo "FAIL: init"; exit 1; }
for _ in 1 2 3 4 5; do
  port=$((RANDOM % 20000 + 20000))
  cat >mosquitto.conf <<CONF
per_listener_settings false
allow_anonymous false
log_dest stderr
$([ "$(id -u)" = 0 ] && echo "user root")
listener $port 127.0.0.1
cafile $work/certs/ca.pem
certfile $work/certs/broker/current/fullchain.pem
keyfile $work/certs/broker/current/privkey.pem
crlfile $work/certs/crl.pem
require_certificate true
use_identity_as_username true
CONF
  mosquitto -c mosquitto.conf 2>broker.log & broker=$!
  for _ in $(seq 1 200); do
    grep -q running broker.log && break 2
    kill -0 $broker 2>/dev/null || break
    read -r -t 0.05 <> <(:)
  done
done
grep -q running broker.log || { cat broker.log; echo "FAIL: mosquitto does not start"; exit 1; }
"$WXSEC" api serve --broker none --client-auth require --listen 127.0.0.1:0 >api.log 2>&1 & api=$!
for _ in $(seq 1 400); do grep -q "listening on" api.log && break; read -r -t 0.05 <> <(:); done
api_port=$(grep -o 'listening on .*' api.log | sed 's/.*://')
[ -n "$api_port" ] || { cat api.log; echo "FAIL: no API"; exit 1; }

files() { echo "--cert certs/stations/$1/current/fullchain.pem --key certs/stations/$1/current/privkey.pem"; }
# shellcheck disable=SC2046
publish() { timeout 20 mosquitto_pub -h localhost -p $port --cafile certs/ca.pem $(files "$1") -q 1 -t wx/x -m 1 >/dev/null 2>&1; }
# shellcheck disable=SC2046
fetch() { curl -sS -m 20 -o /dev/null --cacert certs/ca.pem $(files "$1") "https://localhost:$api_port/healthz" 2>/dev/null; }
services=(--reload "broker=pid:$broker" --verify "broker=mqtts://localhost:$port"
          --reload "api=pid:$api" --verify "api=https://localhost:$api_port" --verify-within 60s)
for n in 1 2 3 4; do
  publish station-000$n || fail "station-000$n is refused by the broker"
  fetch station-000$n || fail "station-000$n is refused by the API"
done
# shellcheck disable=SC2046
: >session.out
stdbuf -oL mosquitto_sub -d -h localhost -p $port --cafile certs/ca.pem $(files station-0001) -t wx/x >session.out 2>&1 & session=$!
for _ in $(seq 1 400); do grep -q SUBACK session.out && break; read -r -t 0.05 <> <(:); done
grep -q SUBACK session.out || fail "no session: $(cat session.out)"

# Two within a second: the second list must not be taken for the first.
"$WXSEC" certs revoke station-0001 "${services[@]}" --json >one.json 2>one.err || { cat one.err; fail "revoke station-0001"; }
"$WXSEC" certs revoke station-0002 "${services[@]}" --json >two.json 2>two.err || { cat two.err; fail "revoke station-0002"; }
[ "$(grep -c 'refused' two.json)" = 2 ] || { cat two.json; fail "it was not proven at both"; }
for n in 1 2; do
  publish station-000$n && fail "the broker lets in station-000$n"
  fetch station-000$n && fail "the API lets in station-000$n"
done
for n in 3 4; do
  publish station-000$n || fail "station-000$n, which was not revoked, is refused by the broker"
  fetch station-000$n || fail "station-000$n, which was not revoked, is refused by the API"
done
# What the text says of open sessions: Mosquitto keeps them.
kill -0 $session 2>/dev/null || fail "the open session ended: then the text of 'certs revoke' should say so"
[ "$(grep -c 'PUBLISH' session.out)" -ge 1 ] || fail "the open session hears nothing"
kill $session 2>/dev/null; session=

# Nobody told: written, but not proven, and that is a failure.
"$WXSEC" certs revoke station-0003 --verify "broker=mqtts://localhost:$port" --verify-within 300ms >out 2>&1
[ $? = 3 ] || { cat out; fail "a revocation that the broker has not heard of did not fail"; }
grep -q "on the list, but not refused" out || { cat out; fail "it does not say so"; }
"$WXSEC" certs crl --reload "broker=pid:$broker" >/dev/null || fail "crl --reload"
for _ in $(seq 1 100); do publish station-0003 || break; done
publish station-0003 && fail "after the reload the broker lets in station-0003"
# A service that refuses for another reason has proven nothing: the broker's own certificate is none for clients.
"$WXSEC" certs revoke broker --reload "broker=pid:$broker" --verify "broker=mqtts://localhost:$port" >out 2>err || { cat err; fail "revoke broker"; }
grep -q '^proven' out && { cat out; fail "a refusal for another reason was taken for the proof"; }
grep -q '^not proven.*INCONCLUSIVE' out || { cat out; fail "it does not say that nothing was proven"; }
grep -q 'session that is open' err || { cat err; fail "open sessions are not told of before the work"; }
# A reload that fails, and an identity that is not there.
"$WXSEC" certs revoke station-0004 --reload broker=command:/bin/false >out 2>&1; [ $? = 3 ] || fail "a failed reload is fine"
grep -q 'is written' out && ! grep -q 'put back' out || { cat out; fail "it does not say that the list is written"; }
"$WXSEC" certs revoke station-0004 --reload "brokr=pid:$broker" >out 2>&1; [ $? = 2 ] || { cat out; fail "a slip in the name passes"; }
[ $failures = 0 ] && echo "revoked, told, proven" || exit 1
