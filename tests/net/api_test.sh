#!/usr/bin/env bash
# `wxsec api serve` and `api get` against the real Mosquitto and curl: readings arrive, the API answers
# over HTTPS alone, the certificate is exchanged under load, and kill -9 at any moment loses nothing
# that was acknowledged.
set -u
wxsec=${WXSEC:?}
for program in mosquitto mosquitto_pub mosquitto_sub curl jq openssl; do
  command -v "$program" >/dev/null || { echo "skipped: no $program"; exit 77; }
done
dir=$(mktemp -d) && chmod 755 "$dir" && cd "$dir" || exit 1
pids=()
finish() {
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null; done
  wait 2>/dev/null
  cd / && rm -rf "$dir"
}
trap finish EXIT
failures=0
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
same() { [ "$2" = "$3" ] || fail "$1: got '$2', expected '$3'"; }
holds() { case $2 in *"$3"*) ;; *) fail "$1: '$3' is not in: $2" ;; esac; }

# Waits up to 20 seconds until a command succeeds.
until_true() {
  for _ in $(seq 200); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done
  return 1
}
# start FILE COMMAND...: in the background; its address is then in $address.
start() {
  local log=$1; shift
  "$@" >"$log" 2>"$log.err" & pids+=($!); last=$!
  until_true grep -q '^listening on ' "$log" || { cat "$log" "$log.err"; fail "$* does not listen"; exit 1; }
  address=$(sed -n 's/^listening on //p' "$log" | head -n 1)
}

group=() as_root=()
[ "$(id -u)" = 0 ] && group=(--group mosquitto) as_root=(--user root)
"$wxsec" certs init --stations 2 "${group[@]}" >/dev/null || { echo "cannot make certificates"; exit 1; }
start broker.log "$wxsec" broker run --listen 127.0.0.1:0
broker=${address##*:}
serve() { start "$1" "$wxsec" api serve --listen 127.0.0.1:0 --broker "mqtts://localhost:$broker"; api=${address##*:}; server=$last; }
serve api.log
url=https://localhost:$api

get() { curl -sS --max-time 10 --cacert certs/ca.pem "$@"; }
publish() {  # STATION [options of mosquitto_pub]
  local own=certs/stations/$1/current station=$1; shift
  mosquitto_pub -h localhost -p "$broker" -V 5 -q 1 -i "$station" --cafile certs/ca.pem \
    --cert "$own/fullchain.pem" --key "$own/privkey.pem" "$@"
}
# reading SEQUENCE [TEMPERATURE]
reading() {
  printf '{"temperature_c":%s,"dew_point_c":-9,"relative_humidity_pct":79.1,"pressure_hpa":1009.62,"wind_speed_ms":3.2,"wind_gust_ms":5.1,"wind_direction_deg":214,"precipitation_mm":0.4,"sequence":%d,"time":"2026-01-01T%02d:%02d:%02dZ"}\n' \
    "${2:-11.4}" "$1" $(($1 / 3600)) $(($1 / 60 % 60)) $(($1 % 60))
}
has_readings() { [ "$(get "$url/readyz" | jq .readings)" = "$1" ]; }
ready() { get -f "$url/readyz"; }

echo "--- readings arrive and are answered"
until_true ready || fail "the API does not become ready"
publish station-0001 -t wx/station-0001/status -r -m '{"state":"online"}'
publish station-0001 -t wx/station-0001/reading -m "$(reading 1)"
publish station-0001 -t wx/station-0001/reading -m "$(reading 2 12.5)"
until_true has_readings 2 || fail "two readings do not arrive"
same "latest" "$(get "$url/api/v1/stations/station-0001/latest" | jq -c '[.station,.sequence,.temperature_c]')" '["station-0001",2,12.5]'
same "state" "$(get "$url/api/v1/stations" | jq -r '.items[0].state')" online
same "page" "$(get "$url/api/v1/stations/station-0001/readings?limit=1" | jq -c '[.items[].sequence]')" '[1]'
same "CSV lines" "$(get -H 'Accept: text/csv' "$url/api/v1/stations/station-0001/readings" | wc -l)" 3
tag=$(get -D - -o /dev/null "$url/api/v1/stations" | tr -d '\r' | sed -n 's/^ETag: //p')
same "unchanged" "$(get -o /dev/null -w '%{http_code}' -H "If-None-Match: $tag" "$url/api/v1/stations")" 304
stored=$(mosquitto_sub -h localhost -p "$broker" -V 5 -C 1 -W 5 -i station-0001 --cafile certs/ca.pem -t wx/station-0001/stored \
  --cert certs/stations/station-0001/current/fullchain.pem --key certs/stations/station-0001/current/privkey.pem)
same "acknowledgement, retained" "$stored" '{"stored_from":1,"stored_through":2,"next_sequence":3}'

echo "--- invalid and forged readings change nothing"
publish station-0001 -t wx/station-0001/reading -m "$(reading 3 99.5)"
publish station-0001 -t wx/station-0001/reading -m 'junk'
publish station-0001 -t wx/station-0002/reading -m "$(reading 1)" 2>/dev/null  # the broker says no
refused_two() { [ "$(get "$url/metrics" | sed -n 's/^wxsec_readings_refused_total //p')" = 2 ]; }
until_true refused_two || fail "two refusals are not counted"
same "readings" "$(get "$url/readyz" | jq .readings)" 2
holds "told" "$(cat api.log.err)" "temperature_c is 99.5, the most is 60"

echo "--- problems, page, and the answers to hostile paths"
problem() { get -o body -w '%{http_code} %{content_type}' "$@"; }
same "unknown station" "$(problem "$url/api/v1/stations/nowhere/latest")" "404 application/problem+json"
same "bad limit" "$(problem "$url/api/v1/stations/station-0001/readings?limit=0")" "400 application/problem+json"
same "parameter" "$(jq -r .parameter body)" limit
same "misspelt" "$(problem "$url/api/v1/stations/station-0001/readings?form=2026-01-01T00:00:00Z")" "400 application/problem+json"
same "POST" "$(problem -X POST -d x "$url/api/v1/stations")" "405 application/problem+json"
for path in /nowhere /api/v1/stations/../../etc/passwd '/api/v1/stations/%2e%2e/latest' '/api/v1/stations/%3Cscript%3E/latest' \
  "/api/v1/stations/a'%3B%20DROP%20TABLE%20readings/latest" '/api/v1/stations/%00/latest' "/api/v1/stations/$(printf 'a%.0s' $(seq 64))/latest"; do
  code=$(get --path-as-is -o body -w '%{http_code}' "$url$path")
  case $code in 400 | 404) ;; *) fail "$path: $code" ;; esac
done
page=$(get -D headers "$url/")
holds "page" "$page" "station-0001"
holds "page" "$page" "<code>TLSv1.3</code>"
holds "page's policy" "$(cat headers)" "script-src 'self'"
holds "HSTS" "$(cat headers)" "Strict-Transport-Security: max-age=63072000"
same "OpenAPI" "$(get "$url/api/v1/openapi.json" | jq -r .openapi)" 3.1.0

echo "--- plain HTTP on the HTTPS port: a clear answer, no data"
plain=$(curl -sS --max-time 10 "http://localhost:$api/api/v1/stations" 2>&1)
holds "plain HTTP" "$plain" "HTTPS"
case $plain in *station-0001*) fail "plain HTTP gets data" ;; esac
same "TLS 1.1" "$(curl -sS --max-time 10 --tls-max 1.1 --ciphers 'DEFAULT@SECLEVEL=0' --cacert certs/ca.pem "$url/healthz" 2>/dev/null)" ""

echo "--- live events"
get -N --max-time 20 -D event-headers "$url/api/v1/events" >events 2>/dev/null & pids+=($!)
until_true grep -q 'text/event-stream' event-headers || fail "no event stream"
publish station-0001 -t wx/station-0001/reading -m "$(reading 3)"
until_true grep -q '"sequence":3' events || fail "no event of reading 3: $(cat events)"

echo "--- api get: the card, and the cause of each failure"
card=$("$wxsec" api get "$url/api/v1/stations"); same "exit" $? 0
for piece in "TLSv1.3" "CN=api" "localhost" "issuing CA" "verified with certs/ca.pem" "200 OK" '"station-0001"'; do holds "card" "$card" "$piece"; done
same "body alone" "$("$wxsec" api get --body "$url/api/v1/stations/station-0001/latest" | jq .sequence)" 3
same "JSON" "$("$wxsec" api get --json "$url/healthz" | jq -c '[.verdict,.tls.protocol,(.tls.chain|length),.response.status]')" '["fine","TLSv1.3",2,200]'
cause() {  # EXPECTED-EXIT EXPECTED-CAUSE options...
  local exit=$1 expected=$2 out; shift 2
  out=$("$wxsec" api get --json "$@" 2>/dev/null); same "exit of $*" $? "$exit"
  same "cause of $*" "$(jq -r '.failure.problems[0].cause // .failure.cause // .verdict' <<<"$out")" "$expected"
}
cause 1 http_error "$url/api/v1/stations/nowhere/latest"
cause 1 unencrypted "http://localhost:$api/healthz"
cause 3 wrong_host_name --host-name broker.example "$url/healthz"
"$wxsec" certs init --dir other --stations 1 >/dev/null
cause 3 wrong_ca --ca other/ca.pem "$url/healthz"
cause 1 wrong_ca --ca other/ca.pem --accept-any-certificate "$url/healthz"
cause 3 client_certificate_missing "https://localhost:$broker/"
free=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')
cause 3 refused "https://localhost:$free/healthz"
"$wxsec" api get --json nonsense://x >/dev/null 2>&1; same "nonsense" $? 2
"$wxsec" api get --ca /nowhere.pem "$url/healthz" >out 2>&1; same "no CA file" $? 3
holds "no CA file" "$(cat out)" "hint: --ca names"
"$wxsec" api get "https://localhost:$broker/" >out 2>&1
holds "who hung up" "$(cat out)" "error: localhost:$broker: the server demands a client certificate"
same "said once" "$(grep -c 'demands a client certificate' out)" 1
"$wxsec" api get --header $'X: a\r\nY: b' "https://localhost:$free/" >out 2>&1; same "a header of two lines" $? 2
same "what an unknown path's problem is about" "$(get "$url/nowhere?x=1" | jq -r .instance)" /nowhere

echo "--- a taken port, a missing certificate, plaintext without consent"
"$wxsec" api serve --listen "127.0.0.1:$api" --broker none --db x.db >out 2>&1; same "taken port" $? 3
"$wxsec" api serve --dir nowhere --listen 127.0.0.1:0 >out 2>&1; same "no certificate" $? 3
holds "no certificate" "$(cat out)" nowhere/api
"$wxsec" api serve --listen 127.0.0.1:0 --broker mqtt://localhost:1883 --db x.db >out 2>&1; same "mqtt://" $? 2
"$wxsec" api serve --listen 127.0.0.1:0 --broker none --db /nowhere/x.db >out 2>&1; same "no folder" $? 3
holds "no folder" "$(cat out)" "hint: mkdir -p /nowhere"
cp -rL certs/api/current exposed && chmod 644 exposed/privkey.pem
start exposed.log "$wxsec" api serve --listen 0.0.0.0:0 --broker none --db x.db --server-cert exposed/fullchain.pem --server-key exposed/privkey.pem
holds "a key that all may read" "$(cat exposed.log.err)" "exposed/privkey.pem may be read by everybody"
holds "a name that is in the certificate" "$(cat exposed.log.err)" "page: https://localhost:"
kill "$last"
"$wxsec" certs init --dir short --lifetime 1s --stations 1 >/dev/null
expired() { ! openssl x509 -in short/api/current/cert.pem -noout -checkend 0; }
until_true expired
"$wxsec" api serve --dir short --listen 127.0.0.1:0 --broker none --db x.db >out 2>&1; same "an expired pair" $? 3
holds "an expired pair" "$(cat out)" "hint: wxsec certs renew --dir short api"
"$wxsec" broker run --dir short --out short-broker --listen 127.0.0.1:0 "${as_root[@]}" >out 2>&1; same "an expired broker" $? 3
holds "an expired broker" "$(cat out)" "expired at"
[ -e short-broker ] && fail "a broker that cannot start has written its files"
same "the first server still gets readings" "$(get "$url/readyz" | jq -r .broker)" connected

echo "--- SIGHUP: a new certificate is served, a mismatched pair is not"
serial() { "$wxsec" api get --json "$url/healthz" | jq -r '.tls.chain[0].serial'; }
before=$(serial)
cp -rL certs/api/current old && cp certs/broker/current/privkey.pem mixed.key
"$wxsec" certs renew --dir certs --force api >renew.out 2>&1 || cat renew.out
kill -HUP "$server"
changed() { [ "$(serial)" != "$before" ]; }
until_true changed || fail "the old certificate is still served after SIGHUP"
after=$(serial)
cp certs/api/current/privkey.pem good.key && cat mixed.key >certs/api/current/privkey.pem
kill -HUP "$server"
told() { grep -q 'the old certificate stays' api.log.err; }
until_true told || fail "a mismatched pair is not told"
same "still the good one" "$(serial)" "$after"
cat good.key >certs/api/current/privkey.pem

echo "--- kill -9 while readings pour in: what was acknowledged is there, and sending again completes it"
acks=acks.log
mosquitto_sub -h localhost -p "$broker" -V 5 -i operator --cafile certs/ca.pem -t 'wx/+/stored' \
  --cert certs/operator/current/fullchain.pem --key certs/operator/current/privkey.pem -F '%t %p' >$acks 2>/dev/null & pids+=($!)
until_true test -s $acks || fail "the operator hears no acknowledgement"
for i in $(seq 1 2000); do reading "$i"; done >lines
# In pieces, so that they still pour in when a busy machine comes to the last round.
pour() { for i in $(seq 40); do sed -n "$((i * 50 - 49)),$((i * 50))p" lines; [ -e rounds.done ] || sleep 0.25; done; }
publish station-0002 -t wx/station-0002/reading -l < <(pour) & publisher=$!
acked() { grep -c '^wx/station-0002/stored {"stored' $acks; }
for round in 1 2 3; do
  some() { [ "$(acked)" -ge $((round * 2)) ]; }
  until_true some || fail "round $round: no acknowledgement"
  kill -9 "$server"; wait "$server" 2>/dev/null
  serve "api$round.log"; url=https://localhost:$api
done
touch rounds.done; wait $publisher
kill -9 "$server"; wait "$server" 2>/dev/null
start offline.log "$wxsec" api serve --listen 127.0.0.1:0 --broker none; url=https://localhost:${address##*:}
runs=$(get "$url/api/v1/stations/station-0002" | jq -c .stored)
uncovered=$(sed -n 's/^wx\/station-0002\/stored {"stored_from":\([0-9]*\),"stored_through":\([0-9]*\),.*/\1 \2/p' $acks | sort -u |
  while read -r from through; do jq -e "any(.[]; .from <= $from and .through >= $through)" <<<"$runs" >/dev/null || echo "$from-$through"; done)
same "acknowledged but not stored" "$uncovered" ""
kill "$last"; wait "$last" 2>/dev/null
serve again.log; url=https://localhost:$api
until_true ready || fail "not ready again"
publish station-0002 -t wx/station-0002/reading -l <lines  # as a station would: everything not acknowledged
complete() { [ "$(get "$url/api/v1/stations/station-0002" | jq -c .stored)" = '[{"from":1,"through":2000}]' ]; }
until_true complete || fail "incomplete: $(get "$url/api/v1/stations/station-0002" | jq -c '[.readings,.missing,.stored]')"
same "no duplicates" "$(get "$url/api/v1/stations/station-0002" | jq -c '[.readings,.missing]')" '[2000,0]'
seen=0; cursor=
for _ in $(seq 10); do
  body=$(get "$url/api/v1/stations/station-0002/readings?limit=300${cursor:+&cursor=$cursor}")
  seen=$((seen + $(jq '.items|length' <<<"$body"))); cursor=$(jq -r '.next_cursor // empty' <<<"$body")
  [ -n "$cursor" ] || break
done
same "paged through" $seen 2000
same "database mode" "$(stat -c %a readings.db)" 600

echo "--- SIGTERM ends it in order"
kill -TERM "$server"; wait "$server"; same "exit" $? 0
[ $failures = 0 ] && echo "all held" || { echo "$failures failed"; exit 1; }
