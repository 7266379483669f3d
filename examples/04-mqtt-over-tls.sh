#!/usr/bin/env bash
# Lesson 4: the broker of lesson 2 with TLS and a certificate for everybody, by hand and with wxsec; and a look at the wire.
. "$(dirname "$0")/lesson.lib.sh"
needs mosquitto mosquitto_pub mosquitto_sub openssl tshark strings ip unshare
own_network "$@"
begin "Lesson 4: MQTT over TLS"

step "Certificates"
say "What lesson 3 made by hand, in one go: an authority, and an identity each for the broker and its clients."
run 'wxsec certs init --dir certs --domain wx.test --stations 3 | grep -v "^ *$"'
claim "the set is there" test -s certs/broker/current/fullchain.pem

step "mosquitto.conf by hand"
say "'listener' opens the port; cafile, certfile and keyfile make it TLS. The last two lines make it mutual: whoever has no
certificate of our authority does not get in, and the name in it is the user name. No passwords any more."
cat >mosquitto.conf <<CONF
allow_anonymous false
acl_file $PWD/acl
user root
log_dest stderr
listener 8883
tls_version tlsv1.2
cafile $PWD/certs/ca.pem
certfile $PWD/certs/broker/current/fullchain.pem
keyfile $PWD/certs/broker/current/privkey.pem
require_certificate true
use_identity_as_username true
CONF
cat >acl <<ACL
pattern write wx/%u/#
user operator
topic read wx/#
ACL
chmod 600 acl
run 'cat mosquitto.conf'
say "The access list: a station may write below its own name (%u) only; the operator may read everything."
run 'cat acl'
start broker 'running' 'mosquitto -c mosquitto.conf'
# The options of a client, as in Mosquitto's own documentation. Short in the script, spelled out on the screen.
as() { echo "--cafile certs/ca.pem --cert $1/fullchain.pem --key $1/privkey.pem"; }
station=$(as certs/stations/station-0001/current)
operator=$(as certs/operator/current)

step "Publish and subscribe over TLS"
start tshark 'Capture started' 'tshark -q -i lo -w tls.pcap'
start operator 'Subscribed' "stdbuf -oL mosquitto_sub -d -h localhost -p 8883 $operator -t wx/#"
run "mosquitto_pub -h localhost -p 8883 $station -q 1 -t wx/station-0001/reading -m '{\"temperature_c\":11.4,\"sequence\":1}'"
claim "station-0001 publishes with its certificate" worked
claim "and the operator reads it" soon file_has operator.log '"temperature_c":11.4'
run "mosquitto_pub -V mqttv5 -h localhost -p 8883 $station -q 1 -t wx/station-0002/reading -m '{\"temperature_c\":-41.5}'"
claim "writing in another station's name is denied (MQTT 5 says so; 3.1.1 would keep quiet)" says '[Nn]ot authori[sz]ed'

step "Is it encrypted? Look at the wire, not at the settings"
tls_records() { [ "$(tshark -n -r tls.pcap -Y 'tls.app_data' 2>/dev/null | wc -l)" -ge 10 ]; }
claim "the capture holds both conversations" soon tls_records
stop operator
stop tshark
run 'tshark -n -r tls.pcap -Y mqtt 2>/dev/null | wc -l'
claim "tshark finds not one MQTT packet" says '^0$'
run 'strings tls.pcap | grep -cE "temperature|station-0001/reading" || true'
claim "neither topic nor reading lies there in clear" says '^0$'
run 'tshark -n -r tls.pcap -Y "tls.handshake.type == 2" -T fields -e tls.handshake.ciphersuite -e tls.handshake.extensions.supported_version 2>/dev/null | sort | uniq -c'
claim "what is there is TLS 1.3 (0x0304)" says '0x0304'
run 'wxsec sniff -r tls.pcap --summary'
claim "wxsec sniff comes to the same verdict" worked_and_says 'encrypted'
claim "and found nothing to read" says_nothing_of 'temperature'

step "Who is kept out, and with which words"
run "mosquitto_pub -h localhost -p 8883 -t wx/station-0001/reading -m x"
claim "without TLS there is no broker here" failed
run "mosquitto_pub -h localhost -p 8883 --cafile certs/ca.pem -t wx/station-0001/reading -m x"
claim "without a certificate one is refused" failed
claim "the broker's log says why" soon file_has broker.log 'peer did not return a certificate'
run 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout rogue.key -out rogue.crt -subj /CN=station-0001 -days 1'
run "mosquitto_pub -h localhost -p 8883 --cafile certs/ca.pem --cert rogue.crt --key rogue.key -t wx/station-0001/reading -m x"
claim "a certificate that says station-0001, but of another authority, is refused" failed
claim "and the log names the reason" soon file_has broker.log 'certificate verify failed|unknown ca'
run "mosquitto_pub -h 127.0.0.2 -p 8883 $station -t wx/station-0001/reading -m x"
claim "the station refuses too: at 127.0.0.2 the broker's certificate does not fit the name" failed
run "mosquitto_pub -h 127.0.0.2 -p 8883 --insecure $station -t wx/station-0001/reading -m x"
claim "it is the name alone: with --insecure, which does not look at it, the same works (so never use it)" worked
run "mosquitto_pub -h localhost -p 8883 --cafile rogue.crt --cert certs/stations/station-0001/current/fullchain.pem --key certs/stations/station-0001/current/privkey.pem -t x -m x"
claim "and with the wrong authority it does not believe the broker" failed
stop broker

step "The same with wxsec"
say "'broker config' writes the file above, hardened: limits, ciphers, access list, revocation list, and in the one order
that opens no second port. 'broker run' checks it, starts the real Mosquitto and explains its log."
run 'wxsec broker config --dir certs --out broker'
claim "the configuration is written" worked
run 'grep -vE "^(#|$)" broker/mosquitto.conf'
claim "it demands certificates as well" says '^require_certificate true$'
start broker 'listening on' 'wxsec broker run --dir certs --out broker'
start watch 'TLS' 'wxsec station watch --dir certs'
run 'wxsec station run --dir certs --count 3 --readings 2 --interval 100ms'
claim "three stations publish, each with its own certificate" worked
claim "and 'station watch' shows readings of the third one" soon file_has watch.log 'station-0003'
run "mosquitto_pub -h localhost -p 8883 --cafile certs/ca.pem -t wx/station-0001/reading -m x"
claim "without a certificate one is still refused" failed
claim "and the log is explained in plain words" soon file_has broker.log '^ +='
say "With certificates from elsewhere: point certfile and keyfile at them. Let's Encrypt's are for servers only, so clients keep
those of our own authority. More: wxsec explain tls, wxsec explain lets-encrypt"
finish
