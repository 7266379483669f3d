#!/usr/bin/env bash
# Lesson 2: what somebody on the same wire learns from the plaintext network of lesson 1, with wxsec and with tshark.
. "$(dirname "$0")/lesson.lib.sh"
needs mosquitto mosquitto_pub mosquitto_sub mosquitto_passwd tshark jq xxd strings ip unshare
own_network "$@"
begin "Lesson 2: listening in"

step "A broker by hand, as in many a tutorial"
say "Five lines. Passwords, but no TLS."
run 'touch passwords && chmod 600 passwords && mosquitto_passwd -b passwords station-0001 sunny-side-up && mosquitto_passwd -b passwords operator four-blue-ducks'
cat >mosquitto.conf <<CONF
listener 1883 127.0.0.1
allow_anonymous false
password_file $PWD/passwords
user root
log_dest stderr
CONF
run 'grep -v ^log mosquitto.conf'
start broker 'running' 'mosquitto -c mosquitto.conf'

step "Somebody listens"
say "'lo' stands for every wire, access point and router between station and broker. Two eavesdroppers: tshark writes all
packets to a file, and wxsec sniff tells what it understands, while it happens."
start tshark 'Capture started' 'tshark -q -i lo -w plain.pcap'
start sniff 'capturing|listening' 'wxsec sniff -i lo'

step "A station reports, the operator watches"
start operator 'Subscribed' 'stdbuf -oL mosquitto_sub -d -p 1883 -u operator -P four-blue-ducks -t wx/#'
run "mosquitto_pub -p 1883 -u station-0001 -P sunny-side-up -q 1 -t wx/station-0001/reading -m '{\"temperature_c\":11.4,\"sequence\":1}'"
claim "the reading arrives where it should" soon file_has operator.log 'temperature_c'
claim "and was seen by the eavesdropper while it happened" soon file_has sniff.log 'temperature_c'
claim "it is in the capture file as well" soon file_has plain.pcap 'temperature_c'
stop operator
stop sniff
stop tshark

step "What is in the capture: passwords"
run 'tshark -n -r plain.pcap -Y "mqtt.msgtype == 1" -T fields -e ip.src -e mqtt.clientid -e mqtt.username -e mqtt.passwd 2>/dev/null'
claim "tshark reads the station's password" says 'station-0001.*sunny-side-up'
claim "and the operator's" says 'operator.*four-blue-ducks'
run 'wxsec sniff -r plain.pcap --summary'
claim "wxsec sniff finds them too" worked_and_says 'station-0001'
claim "but does not print other people's passwords unasked" says_nothing_of 'sunny-side-up|four-blue-ducks'
run 'wxsec sniff -r plain.pcap --summary --show-secrets'
claim "asked to, it shows them" worked_and_says 'sunny-side-up'

step "What is in the capture: readings"
run 'tshark -n -r plain.pcap -Y "mqtt.msgtype == 3" -T fields -e mqtt.topic -e mqtt.msg 2>/dev/null | while read -r topic hex; do echo "$topic $(xxd -r -p <<<"$hex")"; done'
claim "tshark reads topic and payload" worked_and_says 'wx/station-0001/reading .*"temperature_c":11.4'
run 'wxsec sniff -r plain.pcap'
claim "wxsec sniff shows the same, message by message" worked_and_says '"temperature_c":11.4|temperature_c'
run 'wxsec sniff -r plain.pcap --json | jq -c "select(.protocol == \"mqtt\" and .payload) | {topic, payload}"'
claim "and as JSON lines, for programs" worked_and_says 'wx/station-0001/reading'
run 'strings plain.pcap | grep -m1 temperature_c'
claim "no tool is needed at all: it simply lies there" worked

step "Who listens can speak"
say "The stolen password opens the broker. We take it out of the capture, not out of our script."
run 'tshark -n -r plain.pcap -Y "mqtt.username == \"station-0001\"" -T fields -e mqtt.passwd 2>/dev/null | head -n1 >stolen; wc -c stolen'
claim "there is something in it" test -s stolen
start operator 'Subscribed' 'stdbuf -oL mosquitto_sub -d -p 1883 -u operator -P four-blue-ducks -t wx/#'
run "mosquitto_pub -i somebody-else -p 1883 -u station-0001 -P \"\$(cat stolen)\" -q 1 -t wx/station-0001/reading -m '{\"temperature_c\":-41.5,\"sequence\":2}'"
claim "the broker lets the thief in" worked
claim "and the operator sees frost that never was" soon file_has operator.log '"temperature_c":-41.5'
say "Nobody broke anything. Against this helps neither a longer password nor another port, only encryption and
authentication: TLS. More: wxsec explain interception"
finish
