# shellcheck shell=bash
# certbot and lego against the same pebble as our own client (acme_test.sh), with `wxsec certs acme hook` as the deploy hook
# of a real Mosquitto: issue, renew, failing hook, short lifetimes, bad nonces; and what `wxsec certs acme certbot` mends.
# Everything on loopback, in a temporary directory.
set -u
# shellcheck source=tests/support/pebble.sh
. "$SOURCE/tests/support/pebble.sh"
acme_programs certbot mosquitto
acme_work
wx() { timeout 120 "$WXSEC" "$@"; }
serial() { openssl x509 -in "$1" -noout -serial | cut -d= -f2 | tr A-F a-f; }
name=broker.wx.test target=$work/mosquitto
pebble_start || die "pebble does not answer"

# A broker that starts with a certificate of its own, as one would have before certbot came.
mqtt=$(free_ports 1)
mkdir -p "$target/$name/0001"
for file in cert chain fullchain; do cp "$acme_ca" "$target/$name/0001/$file.pem"; done
install -m 0600 pebble-key.pem "$target/$name/0001/privkey.pem"
ln -s 0001 "$target/$name/current"
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
served() { openssl s_client -connect 127.0.0.1:"$mqtt" </dev/null 2>/dev/null | openssl x509 -noout -serial 2>/dev/null | cut -d= -f2 | tr A-F a-f; }
serves_something() { [ -n "$(served)" ]; }
soon serves_something || die "mosquitto does not serve"
first=$(served)
echo "$broker" >broker.pid

dirs=(--config-dir "$work/etc" --work-dir "$work/var" --logs-dir "$work/log")
hook=(--dir "$target" --group "$(id -gn)" --reload "pidfile:$work/broker.pid" --verify "mqtts://127.0.0.1:$mqtt")
server=(--server "$acme_url" --ca-file "$acme_ca")
certbot_for() { wx certs acme certbot "${server[@]}" "${dirs[@]}" "${hook[@]}" --http-port "$acme_http" --http-address 127.0.0.1 "$@"; }

# --- the plan does nothing ---------------------------------------------------------------------------------------
certbot_for --domain $name >plan.log 2>&1 || die "no plan"
grep -q -- "--deploy-hook" plan.log && [ ! -e etc ] || die "the plan is not only a plan"
# What it tells people to type is whole: typed, it finds the same directories, server and services.
grep 'wxsec certs acme certbot --renew' plan.log >attend.log || die "no renewal in the plan"
for option in "--dir $target" "--group $(id -gn)" "--reload pidfile:$work/broker.pid" "--verify mqtts://127.0.0.1:$mqtt" "${dirs[0]} ${dirs[1]}" \
  "${dirs[2]} ${dirs[3]}" "${dirs[4]} ${dirs[5]}" "--ca-file $acme_ca"; do
  grep -qF -- "$option" attend.log || die "the plan's renewal lacks $option"
done

# --- issue: the hook runs on certonly, the pair is readable for the group, the broker serves it -----------------------
certbot_for --domain $name --agree-tos --apply >issue.log 2>&1 || die "certbot cannot issue"
second=$(served)
[ "$second" != "$first" ] && [ "$second" = "$(serial etc/live/$name/cert.pem)" ] || die "the broker serves $second"
[ "$(stat -c %a "$target/$name/current/privkey.pem")" = 640 ] || die "the key's mode is $(stat -c %a "$target/$name/current/privkey.pem")"
wx certs acme hook --dir "$target" --status >status.log || die "the status does not say so"
# certbot's 30 days would renew this six-day certificate at every run; mended, it is left alone twice in a row.
grep -q '^renew_before_expiry = 7[12] hours' etc/renewal/$name.conf || die "renew_before_expiry was not set"
for run in first second; do
  certbot_for --renew >renew.log 2>&1 || die "the $run renewal fails"
  [ "$(serial etc/live/$name/cert.pem)" = "$second" ] || die "a six-day certificate was renewed by the $run run"
done

# --- renew ---------------------------------------------------------------------------------------------------------------
certbot_for --renew --force >renew.log 2>&1 || die "certbot cannot renew"
third=$(served)
[ "$third" != "$second" ] && [ "$third" = "$(serial etc/live/$name/cert.pem)" ] || die "the renewed certificate is not served"

# --- a failing hook: certbot itself exits 0; we do not ---------------------------------------------------------------------
mv broker.pid hidden.pid
REQUESTS_CA_BUNDLE=$acme_ca timeout 120 certbot renew -n "${dirs[@]}" --force-renewal --no-random-sleep-on-renew >certbot.log 2>&1
echo "certbot itself exits $? after a failed hook"
[ "$(served)" = "$third" ] && [ "$(serial "$target/$name/current/cert.pem")" = "$third" ] || die "the old pair is not back"
wx certs acme hook --dir "$target" --status >status.log && die "the status says fine after a failed hook"
grep -q failed status.log || die "the status does not say failed"
certbot_for --renew >failing.log 2>&1
[ $? = 1 ] || die "our renewal does not fail where the hook does"
# Mended: the hook that was missed is run, without another certificate.
mv hidden.pid broker.pid
fourth=$(serial etc/live/$name/cert.pem)
certbot_for --repair >repair.log 2>&1 || die "cannot be mended"
[ "$(served)" = "$fourth" ] && [ "$fourth" != "$third" ] || die "the missed certificate is not served"
grep -q 'mended' repair.log || die "it does not say what it mended"
wx certs acme hook --dir "$target" --status >status.log || die "the status is not fine after the mend"
# The authority's place is not for leaves, nor is the folder of the accounts.
for reserved in issuing root acme; do
  mkdir -p "live/$reserved"
  wx certs acme hook --dir "$target" --lineage "$work/live/$reserved" >refused.log 2>&1
  [ $? = 2 ] || die "a lineage called $reserved is taken"
  [ ! -e "$target/$reserved/hook.json" ] || die "a refused lineage $reserved left something"
done

# --- the hook that certbot has stored is the one that counts, whatever a repair is given itself --------------------------------
conf=etc/renewal/$name.conf
cp $conf conf.good
sed -i "s|^renew_hook = .*|renew_hook = $WXSEC certs acme hook --dir $target --reload command:/bin/false --verify mqtts://127.0.0.1:$mqtt|" $conf
REQUESTS_CA_BUNDLE=$acme_ca timeout 120 certbot renew -n "${dirs[@]}" --force-renewal --no-random-sleep-on-renew >certbot.log 2>&1
for run in certbot_for "wx certs acme certbot ${dirs[*]} --dir $target"; do
  $run --repair >repair.log 2>&1
  [ $? = 1 ] || die "a stored hook that fails was repaired by options of one's own"
  grep -q 'false' repair.log && ! grep -q 'mended.*not in use' repair.log || die "the failure of the stored hook is not told"
  [ "$(served)" = "$fourth" ] || die "the broker serves what its hook refused"
done
certbot_for --renew >renew.log 2>&1
[ $? = 1 ] || die "a renewal is content with a stored hook that fails"
# Another program's hook: its exit code is all there is.
sed -i 's|^renew_hook = .*|renew_hook = echo reloading; exit 7|' $conf
certbot_for --repair >repair.log 2>&1
[ $? = 1 ] && grep -q 'exit 7' repair.log || die "another program's failing hook is not told"
sed -i "s|^renew_hook = .*|renew_hook = touch $work/foreign-hook-ran|" $conf
certbot_for --repair >repair.log 2>&1
[ -e foreign-hook-ran ] || die "another program's hook was not run"
cp conf.good $conf
certbot_for --repair >repair.log 2>&1 || die "cannot be mended a second time"
fourth=$(serial etc/live/$name/cert.pem)
[ "$(served)" = "$fourth" ] || die "the broker does not serve the repaired certificate"

# --- a key that does not belong to the certificate is refused before anything changes ----------------------------------------
mkdir -p wrong/$name
cp -L etc/live/$name/*.pem wrong/$name/ && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out wrong/$name/privkey.pem 2>/dev/null
wx certs acme hook --lineage wrong/$name "${hook[@]}" >wrong.log 2>&1
[ $? = 1 ] || die "a pair that does not match is taken"
grep -q 'do not belong together' wrong.log || die "it does not say why"
[ "$(served)" = "$fourth" ] || die "the broker does not serve $fourth any more"
wx certs acme hook --lineage etc/live/$name "${hook[@]}" >again.log 2>&1 || die "the right one is not taken again"

# --- a server that has forgotten the account ---------------------------------------------------------------------------------
pebble_stop
pebble_start || die "pebble does not start again"
certbot_for --domain $name --agree-tos --renew --force >forgotten.log 2>&1 || die "not with a forgetful server"
fifth=$(served)
[ "$fifth" != "$fourth" ] && [ "$fifth" = "$(serial etc/live/$name/cert.pem)" ] || die "the broker serves $fifth"
grep -q 'put aside' forgotten.log || die "it does not say that the account was put aside"

# --- web root -------------------------------------------------------------------------------------------------------------------
mkdir web
python3 -m http.server --bind 127.0.0.1 --directory web "$acme_http" >web.log 2>&1 &
web=$!
pids+=($web)
soon curl -sf "http://127.0.0.1:$acme_http/" -o /dev/null || die "no web server"
wx certs acme certbot "${server[@]}" "${dirs[@]}" --dir "$work/api" --domain api.wx.test --webroot web --agree-tos --apply >webroot.log 2>&1 || die "the web root fails"
[ "$(serial api/api.wx.test/current/cert.pem)" = "$(serial etc/live/api.wx.test/cert.pem)" ] || die "not deployed"
kill $web && wait $web 2>/dev/null

# --- lego, the same way: its files as a lineage for the hook --------------------------------------------------------------------
if command -v lego >/dev/null; then
  cat >lego-hook.sh <<HOOK
#!/bin/sh
mkdir -p "$work/lineage/\$LEGO_CERT_DOMAIN" && cd "$work/lineage/\$LEGO_CERT_DOMAIN" &&
cp "\$LEGO_CERT_PATH" fullchain.pem && cp "\$LEGO_CERT_KEY_PATH" privkey.pem &&
exec "$WXSEC" certs acme hook --lineage "$work/lineage/\$LEGO_CERT_DOMAIN" --dir "$target" --reload "pidfile:$work/broker.pid" --verify "mqtts://127.0.0.1:$mqtt"
HOOK
  chmod +x lego-hook.sh
  lego_for() { LEGO_CA_CERTIFICATES=$acme_ca timeout 120 lego --server "$acme_url" --accept-tos --email a@wx.test --path "$work/lego" --http --http.port "127.0.0.1:$acme_http" --domains $name "$@"; }
  lego_for run --run-hook "$work/lego-hook.sh" >lego.log 2>&1 || die "lego cannot issue"
  sixth=$(served)
  [ "$sixth" != "$fifth" ] && [ "$sixth" = "$(serial lego/certificates/$name.crt)" ] || die "lego's certificate is not served"
  lego_for renew --days 90 --no-random-sleep --renew-hook "$work/lego-hook.sh" >lego.log 2>&1 || die "lego cannot renew"
  seventh=$(served)
  [ "$seventh" != "$sixth" ] || die "lego's renewal is not served"
  mv broker.pid hidden.pid
  lego_for renew --days 90 --no-random-sleep --renew-hook "$work/lego-hook.sh" >lego.log 2>&1
  echo "lego itself exits $? after a failed hook"
  [ "$(served)" = "$seventh" ] || die "the old pair is not back"
  wx certs acme hook --dir "$target" --status >status.log && die "the status says fine after lego's failed hook"
  mv hidden.pid broker.pid
fi

# --- the others at bad nonces, for the record: how many of three work (ours: 20 of 20, acme_test.sh) ------------------------------
pebble_stop
pebble_start PEBBLE_WFE_NONCEREJECT=15 || die "pebble does not start again"
good=0
for i in 1 2 3; do
  ! wx certs acme certbot "${server[@]}" --config-dir "n$i/etc" --work-dir "n$i/var" --logs-dir "n$i/log" --dir "n$i/out" \
    --domain "n$i.wx.test" --http-port "$acme_http" --http-address 127.0.0.1 --agree-tos --apply >nonce.log 2>&1 || good=$((good + 1))
done
echo "certbot at 15 % bad nonces: $good of 3"
echo "issued, renewed, rolled back, mended: $first -> $second -> $third -> $fourth -> $fifth"
