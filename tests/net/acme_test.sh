# shellcheck shell=bash
# The built-in ACME client against pebble, a real ACME server, and with a real Mosquitto that must serve what was issued:
# issue, renew, failing hook, bad nonces, a six-day certificate twice in a row, and the ways in which it goes wrong.
# Everything on loopback, in a temporary directory.
set -u
# shellcheck source=tests/support/pebble.sh
. "$SOURCE/tests/support/pebble.sh"
acme_programs mosquitto
acme_work
wx() { timeout 60 "$WXSEC" "$@"; }
name=broker.wx.test

pebble_start || die "pebble does not answer"
obtain() { wx certs acme obtain --server "$acme_url" --ca-file "$acme_ca" --http-port "$acme_http" "$@"; }
serial() { openssl x509 -in "$1" -noout -serial | cut -d= -f2 | tr A-F a-f; }
current() { serial "$1/current/cert.pem"; }
field() { python3 -c 'import json,sys; d=json.load(sys.stdin)
for k in sys.argv[1].split("."): d=d[int(k)] if k.isdigit() else d[k]
print(d)' "$1"; }
generations() { find "$1" -maxdepth 1 -name '0*' | wc -l; }
must_fail() { # must_fail CODE PATTERN COMMAND...: fails with that exit code and says so
  local code=$1 pattern=$2
  shift 2
  "$@" >fail.log 2>&1
  local got=$?
  [ $got = "$code" ] || die "exit $got instead of $code: $*"
  grep -q -- "$pattern" fail.log || die "'$pattern' is not in: $(cat fail.log)"
}

# --- issue: http-01, several names; files, modes, and the chain as OpenSSL sees it ---------------------------
obtain --dir d --domain $name --domain www.wx.test >issue.log 2>&1 || die "cannot issue"
[ "$(stat -c %a d/$name/current/privkey.pem)" = 600 ] || die "the key's mode"
[ "$(stat -c %a d/acme/*/account-key.pem)" = 600 ] || die "the account key's mode"
chmod 644 d/acme/*/account-key.pem  # somebody's slip; the next run closes it
curl -sf --cacert "$acme_ca" "https://localhost:$acme_management/roots/0" >root.pem || die "no root"
openssl verify -x509_strict -CAfile root.pem -untrusted d/$name/current/chain.pem -purpose sslserver -verify_hostname www.wx.test \
  d/$name/current/cert.pem >verify.log 2>&1 || die "OpenSSL does not accept it"
cmp -s <(openssl pkey -in d/$name/current/privkey.pem -pubout) <(openssl x509 -in d/$name/current/cert.pem -noout -pubkey) || die "the pair does not match"

# --- six days, twice in a row: neither obtain nor renew orders a second one ----------------------------------
first=$(current d/$name)
obtain --dir d --domain $name --domain www.wx.test >again.log 2>&1 || die "the second run fails"
wx certs acme renew --dir d >again.log 2>&1 || die "renew fails"
wx certs acme renew --dir d >again.log 2>&1 || die "renew fails"
[ "$(current d/$name)" = "$first" ] && [ "$(generations d/$name)" = 1 ] || die "a certificate of six days was renewed at once"
grep -q 'not-due' again.log || die "renew does not say not-due"
# ... but with two of them left, it is due.
libfaketime=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -1)
if [ -n "$libfaketime" ]; then
  due() { LD_PRELOAD=$libfaketime FAKETIME=$1 FAKETIME_DONT_FAKE_MONOTONIC=1 "$WXSEC" certs acme renew --dir d --dry-run --json | field identities.0.state; }
  [ "$(due +2.9d)" = not-due ] && [ "$(due +3.1d)" = would-renew ] || die "due at the wrong time: $(due +2.9d), $(due +3.1d)"
fi
[ "$(current d/$name)" = "$first" ] || die "a dry run changed something"

# --- a good certificate is kept, but not without its key; another group gets the key --------------------------
cp -a d keyless
obtain --dir keyless --domain $name --domain www.wx.test --group daemon >group.log 2>&1 || die "obtain with a group fails"
[ "$(current keyless/$name)" = "$first" ] || die "a group alone cost a certificate"
[ "$(stat -c '%a %G' keyless/$name/current/privkey.pem)" = '640 daemon' ] || die "the group was not applied"
rm keyless/$name/current/privkey.pem
[ "$(wx certs acme renew --dir keyless --dry-run --json | field identities.0.state)" = would-renew ] || die "keyless and not due"
obtain --dir keyless --domain $name --domain www.wx.test >keyless.log 2>&1 || die "cannot obtain anew"
second=$(current keyless/$name)
[ "$second" != "$first" ] || die "a certificate without its key was kept"
openssl ecparam -genkey -name prime256v1 -out keyless/$name/current/privkey.pem 2>openssl.log || die "no key"
wx certs acme renew --dir keyless >keyless.log 2>&1 || die "cannot renew one with a wrong key"
[ "$(current keyless/$name)" != "$second" ] || die "a certificate with another one's key was kept"

# --- whose certificate was replaced by one of the directory's own authority is no longer renewed by ACME -------
cp -a d own && wx certs init --dir own --stations 0 >own.log 2>&1 || die "init"
wx certs issue --dir own --profile server --name DNS:$name --replace $name >own.log 2>&1 || die "cannot replace"
[ ! -e own/$name/acme.json ] && [ -e own/$name/acme.json.replaced ] || die "the ACME settings stay"
must_fail 2 'did not come from an ACME server' wx certs acme renew --dir own --force $name
cp own/$name/acme.json.replaced own/$name/acme.json  # as an older wxsec left it
must_fail 1 'own authority' wx certs acme renew --dir own --force $name

# --- tls-alpn-01, two names at once; web root ----------------------------------------------------------------
obtain --dir d --domain api.wx.test --domain api2.wx.test --challenge tls-alpn-01 --tls-port "$acme_tls" >alpn.log 2>&1 || die "tls-alpn-01 fails"
mkdir web
python3 -m http.server --bind 127.0.0.1 --directory web "$acme_http" >web.log 2>&1 &
web=$!
pids+=($web)
soon curl -sf "http://127.0.0.1:$acme_http/" -o /dev/null || die "no web server"
obtain --dir d --domain web.wx.test --webroot web >webroot.log 2>&1 || die "the web root fails"
[ -z "$(ls -A web)" ] || die "left in the web root: $(find web)"
# Its port is taken: we say so before anything is ordered.
must_fail 3 'port is in use' obtain --dir taken --domain taken.wx.test
kill $web && wait $web 2>/dev/null

# --- a broker that serves it: reload, proof, and the way back -------------------------------------------------
mqtt=$(free_ports 1)
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
served() { openssl s_client -connect "127.0.0.1:$mqtt" </dev/null 2>/dev/null | openssl x509 -noout -serial 2>/dev/null | cut -d= -f2 | tr A-F a-f; }
serves_first() { [ "$(served)" = "$first" ]; }
soon serves_first || die "mosquitto does not serve"
obtain --dir d --domain $name --domain www.wx.test --reload "pid:$broker" --verify "mqtts://127.0.0.1:$mqtt" --force >deploy.log 2>&1 || die "cannot deploy"
second=$(served)
[ "$second" != "$first" ] && [ "$second" = "$(current d/$name)" ] || die "the broker serves $second"
wx certs acme renew --dir d --force $name >renew.log 2>&1 || die "cannot renew"
third=$(served)
[ "$third" != "$second" ] && [ "$third" = "$(current d/$name)" ] || die "after the renewal the broker serves $third"
# What is remembered is good in any directory: a timer has another one.
obtain --dir d --domain $name --domain www.wx.test --reload 'command:./told.sh now' >kept.log 2>&1 || die "cannot change the reload"
grep -q "\"command:$work/told.sh now\"" d/$name/acme.json || die "a relative path is remembered: $(cat d/$name/acme.json)"
# A hook that fails, then one that reaches nobody: exit 1, the old pair is back and served.
for hook in command:/bin/false command:/bin/true; do
  obtain --dir d --domain $name --domain www.wx.test --reload $hook --verify "mqtts://127.0.0.1:$mqtt" --verify-within 1s --force >hook.log 2>&1
  [ $? = 1 ] || die "$hook: the exit code is not 1"
  [ "$(served)" = "$third" ] && [ "$(current d/$name)" = "$third" ] || die "$hook: the old pair is not back"
  grep -q 'rolled back' hook.log || die "$hook: it does not say so"
done
# What was issued in vain is used once the hook is mended, without another order.
orders=$(grep -c 'POST /order-plz' pebble.log)
obtain --dir d --domain $name --domain www.wx.test --reload "pid:$broker" --verify "mqtts://127.0.0.1:$mqtt" --json >mended.json 2>mended.log || die "not after the mend either"
[ "$(field reused_pending <mended.json)" = True ] && [ "$(served)" = "$(field serial <mended.json)" ] || die "the pending one is not in use"
[ "$(grep -c 'POST /order-plz' pebble.log)" = "$orders" ] || die "another one was ordered"

# --- what goes wrong, one thing at a time ---------------------------------------------------------------------
before=$(current d/$name)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out other.pem -days 2 -subj /CN=localhost 2>/dev/null
must_fail 3 'issue\|trust\|CA\|self' wx certs acme obtain --server "$acme_url" --ca-file other.pem --domain x.wx.test --dir d
must_fail 3 'other.missing' wx certs acme obtain --server "$acme_url" --ca-file other.missing --domain x.wx.test --dir d
must_fail 2 'https' wx certs acme obtain --server "http://localhost:$acme_port/dir" --domain x.wx.test --dir d
must_fail 3 'no ACME directory' wx certs acme obtain --server "https://localhost:$acme_management/roots/0" --ca-file "$acme_ca" --domain x.wx.test --dir d
must_fail 2 'dns-01' obtain --domain '*.wx.test' --dir d
must_fail 2 'no DNS name' obtain --domain 127.0.0.1 --dir d
must_fail 2 'one of --server' wx certs acme obtain --domain x.wx.test --dir d
must_fail 2 'no profile' obtain --domain x.wx.test --profile shortlived --dir d
must_fail 2 'way to reload' obtain --domain x.wx.test --reload nonsense:1 --dir d
# Nobody answers the challenge: its port is another one. The server's reason and a remedy are shown.
must_fail 3 'connection' wx certs acme obtain --server "$acme_url" --ca-file "$acme_ca" --http-port "$(free_ports 1)" --domain x.wx.test --dir d
grep -q 'hint: .*port' fail.log || die "no remedy"
[ ! -e d/x.wx.test ] || die "a failed order left $(find d/x.wx.test)"
# The account key is gone: a new account; the server has forgotten the account: registered again, with the same key.
[ "$(stat -c %a d/acme/*/account-key.pem)" = 600 ] || die "an account key that others can read is left open"
rm d/acme/*/account-key.pem
wx certs acme renew --dir d --force $name -v >account.log 2>&1 || die "not without its account key"
grep -q "account's key is gone" account.log || die "it does not say that the key was gone"
fingerprint=$(sha256sum <d/acme/*/account-key.pem | cut -c1-64)
pebble_stop
must_fail 1 'nobody listens\|refused' wx certs acme renew --dir d --force $name
[ "$(current d/$name)" != "$before" ] && before=$(current d/$name)
pebble_start || die "pebble does not start again"
wx certs acme renew --dir d --force $name -v >account.log 2>&1 || die "not with a forgetful server"
grep -q 'forgotten' account.log || die "it does not say that the server forgot"
[ "$fingerprint" = "$(sha256sum <d/acme/*/account-key.pem | cut -c1-64)" ] || die "another key"
[ "$(current d/$name)" != "$before" ] || die "not renewed"
# A link in the folder's place is found before anything is ordered.
orders=$(grep -c 'POST /order-plz' pebble.log)
mkdir elsewhere && ln -s "$work/elsewhere" d/link.wx.test
must_fail 3 'symbolic link' obtain --dir d --domain link.wx.test
[ -z "$(ls -A elsewhere)" ] && [ "$(grep -c 'POST /order-plz' pebble.log)" = "$orders" ] || die "something was done through the link"
# The disk is full when the link is swapped: told, the old pair stays, and nothing of the new one is in the way.
before=$(current d/$name)
if command -v strace >/dev/null && strace -o strace.log true 2>/dev/null; then
  must_fail 1 'No space left' strace -f -o strace.log -e trace=symlink -e inject=symlink:error=ENOSPC "$WXSEC" certs acme renew --dir d --force $name
  [ "$(current d/$name)" = "$before" ] && [ "$(served)" = "$before" ] || die "the old pair is not in place after a full disk"
fi
# An account key that is no key.
for key in d/acme/*/account-key.pem; do cp "$key" saved.key && echo garbage >"$key"; done
must_fail 1 'hint: restore it from a backup' wx certs acme renew --dir d --force $name
cp saved.key "$key"
# Two runs at once: both end well, one after the other.
obtain --dir two --domain one.wx.test >two1.log 2>&1 & one=$!
obtain --dir two --domain two.wx.test >two2.log 2>&1 & two=$!
wait $one || die "the first of two"
wait $two || die "the second of two"
[ "$(find two/acme -name account-key.pem | wc -l)" = 1 ] || die "two accounts"

# --- bad nonces: 20 of 20 at 15 and at 50 per cent -------------------------------------------------------------
rejected=0
for percent in 15 50; do
  pebble_stop
  pebble_start PEBBLE_WFE_NONCEREJECT=$percent || die "pebble does not start again"
  for i in $(seq 20); do
    obtain --dir nonces$percent --domain "n$i.wx.test" -v >nonce.log 2>&1 || die "issue $i of 20 fails at $percent % bad nonces"
    rejected=$((rejected + $(grep -c 'nonce was refused' nonce.log)))
  done
done
[ "$rejected" -gt 60 ] || die "pebble refused only $rejected nonces"

# --- external account binding, alternate chains, the key kept ---------------------------------------------------
pebble_stop
pebble_start EAB=true PEBBLE_ALTERNATE_ROOTS=1 || die "pebble does not start again"
must_fail 2 'eab-kid' obtain --dir eab --domain e.wx.test
echo zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W >mac
echo AAAA >wrong-mac
must_fail 3 'hint: the external account does not fit: --eab-kid' obtain --dir eab --domain e.wx.test --eab-kid kid-1 --eab-key-file wrong-mac
obtain --dir eab --domain e.wx.test --eab-kid kid-1 --eab-key-file mac --key RSA-2048 >eab.log 2>&1 || die "no external account"
openssl x509 -in eab/e.wx.test/current/cert.pem -noout -text | grep -q 'Public-Key: (2048 bit)' || die "not the key that was asked for"
curl -sf --cacert "$acme_ca" "https://localhost:$acme_management/roots/1" >root1.pem || die "no second root"
other=$(openssl x509 -in root1.pem -noout -subject -nameopt multiline | sed -n 's/ *commonName *= //p')
obtain --dir eab --domain f.wx.test --preferred-chain "$other" --keep-key >chain.log 2>&1 || die "no other chain"
openssl verify -CAfile root1.pem -untrusted eab/f.wx.test/current/chain.pem eab/f.wx.test/current/cert.pem >verify.log 2>&1 || die "not the other chain"
key=$(openssl pkey -in eab/f.wx.test/current/privkey.pem -pubout | sha256sum)
wx certs acme renew --dir eab f.wx.test --force >keep.log 2>&1 || die "cannot renew with the same key"
[ "$(openssl pkey -in eab/f.wx.test/current/privkey.pem -pubout | sha256sum)" = "$key" ] || die "the key was not kept"
[ "$(generations eab/f.wx.test)" = 2 ] || die "not renewed"
echo "issued, renewed, rolled back, mended: $first -> $second -> $third; $rejected nonces refused"
