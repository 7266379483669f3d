#!/usr/bin/env bash
# A roll-over of the authority against the real Mosquitto and the API, with clients that connect all the time and hold
# copies of their own, brought up to date between the steps as an operator would: no valid client is ever refused, and
# afterwards clients of the old authority are. Each step is also killed half-way, once, and run again.
set -u
WXSEC=${WXSEC:?the binary}
export PATH=$PATH:/usr/sbin:/usr/local/sbin
for program in mosquitto mosquitto_pub curl openssl; do
  command -v $program >/dev/null || { echo "skip: $program is not installed"; exit 77; }
done
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY WXSEC_DIR
work=$(mktemp -d) || exit 1
broker= api= clients=
trap 'touch "$work/stop"; kill $broker $api $clients 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
failures=0
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }
cd "$work" || exit 1
"$WXSEC" certs init --stations 2 >/dev/null || { echo "FAIL: init"; exit 1; }
[ "$(id -u)" = 0 ] && user="--user root" || user=

ready() {  # ready LOG PID
  for _ in $(seq 1 600); do
    grep -q "listening on" "$1" && { grep -o 'listening on .*' "$1" | sed 's/.*://'; return 0; }
    kill -0 "$2" 2>/dev/null || break
    read -r -t 0.05 <> <(:)
  done
  cat "$1" >&2; return 1
}
# shellcheck disable=SC2086  # $user is an option or nothing
"$WXSEC" broker run --dir certs --out broker $user --listen 127.0.0.1:0 >broker.log 2>&1 & broker=$!
"$WXSEC" api serve --dir certs --broker none --client-auth require --listen 127.0.0.1:0 >api.log 2>&1 & api=$!
broker_port=$(ready broker.log $broker) || { echo "FAIL: no broker"; exit 1; }
api_port=$(ready api.log $api) || { echo "FAIL: no API"; exit 1; }
services=(--reload "broker=pid:$broker" --verify "broker=mqtts://localhost:$broker_port"
          --reload "api=pid:$api" --verify "api=https://localhost:$api_port" --verify-within 60s)

# What the device holds: device/ca.pem, device/pair/. Replaced as a whole, by a rename.
mkdir -p device old
bring_ca() { cp certs/ca.pem device/ca.new && mv device/ca.new device/ca.pem; }
bring_pair() { mkdir "device/pair-$1" && cp -L certs/operator/current/* "device/pair-$1/" && ln -s "pair-$1" device/new && mv -T device/new device/pair; }
bring_ca; bring_pair 1
# Another identity than the clients': one name has one session at the broker.
cp -rL certs/stations/station-0002/current old/pair

publish() {  # publish CA PAIR
  timeout 20 mosquitto_pub -h localhost -p "$broker_port" --cafile "$1" --cert "$2/fullchain.pem" --key "$2/privkey.pem" \
    -i "c$BASHPID" -q 1 -t wx/station-0001/cmd -m '{}' 2>&1
}
fetch() { curl -sS -m 20 -o /dev/null -w '%{http_code}' --cacert "$1" --cert "$2/fullchain.pem" --key "$2/privkey.pem" \
  "https://localhost:$api_port/healthz" 2>&1; }

cat >client.sh <<'SH'
# One line for every attempt: ok, away (nobody listened at that moment: Mosquitto starts again), or what was wrong.
until [ -e stop ]; do
  pair=device/$(readlink device/pair)
  if [ "$1" = mqtt ]; then out=$(publish device/ca.pem "$pair"); good=$?; else out=$(fetch device/ca.pem "$pair"); good=$?; [ "$out" = 200 ] || good=1; fi
  # A session that the restart cut in the middle of its handshake is away, too; a refusal names a certificate.
  case $good:$out in
    0:*) echo ok ;;
    # mosquitto_pub has one sentence for a refused certificate and for a broker that ends in the middle of the handshake.
    # Whom a certificate keeps out, it keeps out the next time as well.
    *"A TLS error occurred"*) echo "cut $1 $pair" ;;
    *certificate*|*"tls"*|*alert*|*verify*) echo "BAD $1 $pair: $out" ;;
    *refused*|*"onnection was lost"*|*reset*|*"not conn"*|*"Broken pipe"*|*"Protocol error"*) echo away ;;
    *) echo "BAD $1 $pair: $out" ;;
  esac
done
SH
export -f publish fetch
export broker_port api_port
bash client.sh mqtt >mqtt.out & clients=$!
bash client.sh https >https.out & clients="$clients $!"
# Some more attempts by both before going on.
rounds() {
  local m h
  m=$(wc -l <mqtt.out) h=$(wc -l <https.out)
  for _ in $(seq 1 1200); do
    [ "$(wc -l <mqtt.out)" -ge $((m + 3)) ] && [ "$(wc -l <https.out)" -ge $((h + 3)) ] && return 0
    read -r -t 0.05 <> <(:)
  done
  fail "the clients stopped"
}
# A step, killed at some moment and run again until it is done. On a fast machine it may be done before it is killed; then it is
# nobody's turn any more, and what the first run said counts.
step() {
  local rc
  { timeout -s KILL "0.$((RANDOM % 40 + 5))" "$WXSEC" certs rotate-ca --step "$1" "${services[@]}" --json; } >step.json 2>step.err
  rc=$?
  if [ $rc != 0 ]; then
    if [ "$1" = trust-new ] && "$WXSEC" certs rotate-ca --status --json | grep -q '"under_way": false'; then return; fi
    "$WXSEC" certs rotate-ca --step "$1" "${services[@]}" --json >step.json 2>step.err
    rc=$?
  fi
  [ $rc = 0 ] || { cat step.json step.err broker.log; fail "step $1: exit $rc"; }
  grep -q "\"trust\": \"$2\"" step.json || { cat step.json; fail "after step $1 it does not say $2"; }
}

rounds
# Nobody told: the next step is refused, and says what to type.
"$WXSEC" certs rotate-ca --automatic >untold.log 2>&1; [ $? = 2 ] || fail "a roll-over that nobody would hear of was begun"
step trust-both A+B
[ "$(grep -c BEGIN certs/ca.pem)" = 2 ] || fail "ca.pem does not hold both"
rounds
bring_ca                 # the operator, between the steps
rounds
step reissue A+B
issuer() { openssl x509 -in "certs/$1/current/cert.pem" -noout -issuer; }
[ "$(issuer broker)" = "$(issuer stations/station-0002)" ] || fail "not all are of the new authority"
[ "$(issuer broker)" != "$(openssl x509 -in old/pair/cert.pem -noout -issuer)" ] || fail "the broker is still of the old authority"
served() { openssl s_client -connect "localhost:$1" </dev/null 2>/dev/null | openssl x509 -noout -issuer; }
[ "$(served "$broker_port")" = "$(issuer broker)" ] || fail "the broker does not serve the new authority's certificate"
[ "$(served "$api_port")" = "$(issuer api)" ] || fail "the API does not serve the new authority's certificate"
rounds
publish certs/ca.pem old/pair >/dev/null || fail "during the overlap a client of the old authority is refused by the broker"
[ "$(fetch certs/ca.pem old/pair)" = 200 ] || fail "during the overlap a client of the old authority is refused by the API"
bring_pair 2             # the operator again
rounds
step trust-new B
[ "$(grep -c BEGIN certs/ca.pem)" = 1 ] || fail "ca.pem still holds both"
rounds
touch stop
# shellcheck disable=SC2086
wait $clients
clients=

publish certs/ca.pem old/pair >/dev/null && fail "the broker lets in a client of the old authority"
[ "$(fetch certs/ca.pem old/pair)" != 200 ] || fail "the API lets in a client of the old authority"
publish certs/ca.pem certs/stations/station-0002/current >/dev/null || fail "the broker refuses a good client"
[ "$(fetch certs/ca.pem certs/operator/current)" = 200 ] || fail "the API refuses a good client"
grep -h BAD mqtt.out https.out && fail "a valid client was refused on the way"
awk '/^cut/ && before ~ /^cut/ { exit 1 } { before = $0 }' mqtt.out || fail "a valid client was cut off twice in a row"
grep -q cut https.out && fail "the API cut a handshake"
grep -q away https.out && fail "the API was away"
# This one takes a changed ca.pem over without closing its port.
mosquitto -h 2>&1 | grep -q 'version 2\.0\.11' && grep -q -e away -e cut mqtt.out && fail "the broker was away"
"$WXSEC" certs check certs >check.out || { cat check.out; fail "check is not content"; }
"$WXSEC" certs rotate-ca --status --json | grep -q '"under_way": false' || fail "the roll-over is not over"
# Whoever was not told may be told afterwards, with the same proofs.
"$WXSEC" certs rotate-ca --step trust-new "${services[@]}" >again.log 2>&1 || { cat again.log; fail "the services cannot be told again"; }
[ "$(grep -c 'proven .*a client of the old authority is refused' again.log)" = 2 ] || { cat again.log; fail "told again, they prove nothing"; }
"$WXSEC" certs rotate-ca --step reissue >/dev/null 2>&1; [ $? = 2 ] || fail "a step out of turn was not refused"
echo "connected: mqtt $(grep -c ok mqtt.out), https $(grep -c ok https.out); broker away for $(grep -c away mqtt.out) attempts"
[ $failures = 0 ] && echo "rolled over; nobody valid was refused" || exit 1
