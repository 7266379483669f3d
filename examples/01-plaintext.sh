#!/usr/bin/env bash
# Lesson 1: a weather network without TLS, as many begin. It works, it even asks for passwords. What does it lack?
. "$(dirname "$0")/lesson.lib.sh"
needs mosquitto mosquitto_pub mosquitto_sub openssl curl jq ip unshare
own_network "$@"
begin "Lesson 1: a weather network in plaintext"

step "A broker that asks for passwords"
say "MQTT works like a notice board: stations publish on topics, others subscribe to them, and the broker passes the
messages on. This is the real Mosquitto. TLS is off, which wxsec does only under a flag that says so."
start broker 'listening on' 'wxsec broker run --insecure-lesson'
claim "the broker warns at every start of what this loses" soon file_has broker.log 'warning: plaintext'
password() { sed -n "s/^$1://p" broker-lesson/accounts; }
run 'mosquitto_pub -p 1883 -u station-0001 -P guessed -t wx/station-0001/reading -m "{}"'
claim "a guessed password is refused, so all looks well" failed_and_says 'not authorised'

step "A station reports"
say "The operator subscribes to everything below wx/, and station-0001 publishes a reading as JSON."
reading='{"temperature_c":11.4,"dew_point_c":7.9,"relative_humidity_pct":79.1,"pressure_hpa":1009.62,"wind_speed_ms":3.2,"wind_gust_ms":5.1,"wind_direction_deg":214,"precipitation_mm":0.4,"sequence":1,"time":"'$(date -u +%FT%TZ)'"}'
printf '%s' "$reading" >reading.json
start operator 'Subscribed' "stdbuf -oL mosquitto_sub -d -v -p 1883 -u operator -P $(password operator) -t wx/#"
run "mosquitto_pub -p 1883 -u station-0001 -P $(password station-0001) -q 1 -t wx/station-0001/reading -f reading.json"
claim "the operator sees the reading" soon file_has operator.log 'wx/station-0001/reading .*"temperature_c":11.4'
stop operator

step "The API collects readings, over HTTP"
say "The API subscribes at the broker as 'ingest' (its password lies in broker-lesson/accounts), stores what comes, and answers."
start api 'listening on' 'wxsec api serve --insecure-lesson'
run 'for i in $(seq 100); do curl -sf http://127.0.0.1:8080/readyz >/dev/null && break; sleep 0.1; done; curl -s http://127.0.0.1:8080/readyz'
claim "the API has reached the broker" worked
say "Three stations of wxsec, with simulated weather:"
run 'wxsec station run --count 3 --insecure-lesson --readings 2 --interval 100ms'
claim "they publish" worked
run 'for i in $(seq 100); do curl -s http://127.0.0.1:8080/api/v1/stations | jq -e ".items | length == 3" >/dev/null && break; sleep 0.1; done
     curl -s http://127.0.0.1:8080/api/v1/stations | jq -r ".items[] | .station"'
claim "anybody can ask the API, and all three stations are there" worked_and_says '^station-0003$'

step "What it lacks: nobody knows who is speaking"
say "The password is all that makes a station a station, and it crosses the wire in every connection (lesson 2 reads it
there). Here is somebody else, with the password of station-0001, who would like frost."
forged=$(jq -c '.temperature_c = -41.5 | .dew_point_c = -42.5 | .sequence = 900001' reading.json)
printf '%s' "$forged" >forged.json
run "mosquitto_pub -i somebody-else -p 1883 -u station-0001 -P $(password station-0001) -q 1 -t wx/station-0001/reading -f forged.json"
claim "the broker takes it" worked
run 'for i in $(seq 100); do curl -s "http://127.0.0.1:8080/api/v1/stations/station-0001/readings?limit=1000" | grep -q 900001 && break; sleep 0.1; done
     curl -s "http://127.0.0.1:8080/api/v1/stations/station-0001/readings?limit=1000" | jq -c ".items[] | select(.sequence == 900001) | {station, temperature_c}"'
claim "the API shows it as the station's own" says '"temperature_c":-41.5'

step "What it lacks: nobody knows whom they are talking to"
say "A client has no way to tell this broker from any other program on port 1883, nor this API from another. The certificate
that would prove it is missing:"
run 'openssl s_client -connect 127.0.0.1:1883 -brief </dev/null'
claim "the broker has no certificate to show" failed
say "And everything above could be read, and changed on its way, by every machine in between: that is lesson 2.
More: wxsec explain mqtt-risks"
finish
