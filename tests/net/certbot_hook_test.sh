# shellcheck shell=bash
# examples/certbot/deploy-hook.sh with the real certbot, a real ACME server (pebble) and a real Mosquitto: issue, renew, and
# what happens when the reload does not work. Everything on loopback, in a temporary directory.
set -u
for tool in pebble pebble-challtestsrv certbot mosquitto openssl curl; do
  command -v $tool >/dev/null || PATH=$PATH:/usr/sbin
  command -v $tool >/dev/null || { echo "skip: $tool is not installed"; exit 77; }
done
work=$(mktemp -d "${TMPDIR:-/tmp}/wx-certbot.XXXXXX") && cd "$work" || exit 1
pids=()
clean_up() {
  [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null
  wait
  cd / && rm -rf -- "$work"
}
trap clean_up EXIT
die() { echo "FAILED: $*"; tail -n 20 ./*.log; exit 1; }
soon() { local i; for ((i = 0; i < 150; i++)); do ! "$@" || return 0; sleep 0.1; done; return 1; }

# Six free ports, asked from the kernel in one go so that they differ.
mapfile -t port < <(python3 -c '
import socket
s = [socket.socket() for _ in range(6)]
[x.bind(("127.0.0.1", 0)) for x in s]
[print(x.getsockname()[1]) for x in s]')
acme=${port[0]} management=${port[1]} http=${port[2]} dns=${port[3]} control=${port[4]} mqtt=${port[5]}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null || die "no certificate for pebble"
cat >pebble.json <<JSON
{"pebble":{"listenAddress":"127.0.0.1:$acme","managementListenAddress":"127.0.0.1:$management","certificate":"cert.pem",
"privateKey":"key.pem","httpPort":$http,"tlsPort":1,"ocspResponderURL":"","externalAccountBindingRequired":false,"certificateValidityPeriod":518400}}
JSON
pebble-challtestsrv -dns01 127.0.0.1:$dns -http01 "" -https01 "" -tlsalpn01 "" -management 127.0.0.1:$control \
  -defaultIPv4 127.0.0.1 -defaultIPv6 "" >dns.log 2>&1 &
pids+=($!)
PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 PEBBLE_AUTHZREUSE=0 pebble -config pebble.json -dnsserver 127.0.0.1:$dns -strict=true >pebble.log 2>&1 &
pids+=($!)
answers() { curl -sf --cacert cert.pem "https://localhost:$acme/dir" >/dev/null; }
soon answers || die "pebble does not answer"

# A broker that starts with a certificate of its own, as one would have before certbot came.
target=$work/mosquitto name=broker.wx.test
mkdir -p "$target/$name/first"
cp cert.pem "$target/$name/first/cert.pem" && cp cert.pem "$target/$name/first/fullchain.pem"
cp cert.pem "$target/$name/first/chain.pem" && cp key.pem "$target/$name/first/privkey.pem"
ln -s first "$target/$name/current"
cat >mosquitto.conf <<CONF
user root
listener $mqtt 127.0.0.1
allow_anonymous true
certfile $target/$name/current/fullchain.pem
keyfile $target/$name/current/privkey.pem
CONF
mosquitto -c mosquitto.conf >mosquitto.log 2>&1 &
broker=$!
pids+=("$broker")
served() { openssl s_client -connect 127.0.0.1:$mqtt </dev/null 2>/dev/null | openssl x509 -noout -serial 2>/dev/null; }
serves_something() { [ -n "$(served)" ]; }
soon serves_something || die "mosquitto does not serve"
first=$(served)

cat >hook.conf <<CONF
TARGET=$target
GROUP=$(id -gn)
RELOAD='kill -HUP $broker'
VERIFY=127.0.0.1:$mqtt
CONF
export WX_DEPLOY_CONF=$work/hook.conf REQUESTS_CA_BUNDLE=$work/cert.pem
dirs=(--config-dir "$work/etc" --work-dir "$work/var" --logs-dir "$work/log")
timeout 90 certbot certonly -n "${dirs[@]}" --standalone --http-01-address 127.0.0.1 --http-01-port "$http" --server "https://localhost:$acme/dir" \
  -d $name --agree-tos --register-unsafely-without-email --key-type ecdsa --elliptic-curve secp256r1 \
  --deploy-hook "$SOURCE/examples/certbot/deploy-hook.sh" >certbot.log 2>&1 || die "certbot could not issue"
second=$(served)
[ "$second" != "$first" ] || die "the broker still serves its first certificate"
[ "$second" = "$(openssl x509 -in "etc/live/$name/cert.pem" -noout -serial)" ] || die "the broker serves something else than certbot has"
[ "$(stat -c %a "$target/$name/current/privkey.pem")" = 640 ] || die "the key's mode is $(stat -c %a "$target/$name/current/privkey.pem")"
"$SOURCE/examples/certbot/deploy-hook.sh" --status | grep -q '^ok ' || die "the status does not say ok"

# A reload that reaches nobody: the old pair must come back, and the status must say so although certbot does not.
sed -i "s/^RELOAD=.*/RELOAD=true/" hook.conf
renew() { timeout 90 certbot renew -n "${dirs[@]}" --force-renewal --no-random-sleep-on-renew >>certbot.log 2>&1; }
renew || echo "(certbot noticed the failing hook itself)"
[ "$(served)" = "$second" ] || die "something changed without a reload"
[ "$(openssl x509 -in "$target/$name/current/cert.pem" -noout -serial)" = "$second" ] || die "the old pair was not put back"
! "$SOURCE/examples/certbot/deploy-hook.sh" --status >status.log || die "the status says ok after a failure"
grep -q '^failed ' status.log || die "the status does not say failed"

sed -i "s/^RELOAD=.*/RELOAD='kill -HUP $broker'/" hook.conf
renew || die "certbot could not renew"
third=$(served)
[ "$third" != "$second" ] || die "the renewed certificate is not served"
"$SOURCE/examples/certbot/deploy-hook.sh" --status | grep -q '^ok ' || die "the status does not say ok after the mend"
echo "issued, renewed, rolled back: $first -> $second -> $third"
