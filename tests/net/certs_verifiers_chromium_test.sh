#!/usr/bin/env bash
# Chromium, with a profile and a trust store of its own, believes our servers once `certs trust install` has run, for each
# kind of key and of name; refuses a wrong name, an expired one and a stranger's; and refuses all after `certs trust uninstall`.
# Ed25519 is the exception: browsers do not offer it in the handshake, which the server's own words prove.
set -u
WXSEC=${WXSEC:?the binary}
for tool in openssl chromium certutil; do
  command -v $tool >/dev/null || { echo "skip: $tool is not installed"; exit 77; }
done
work=$(mktemp -d) || exit 1
servers=()
stop_all() { for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null; done; wait 2>/dev/null; rm -rf "$work"; }
trap stop_all EXIT
failures=0
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }
export HOME=$work/home
mkdir "$HOME"
dir=$work/certs
"$WXSEC" certs init --dir "$dir" --stations 0 >/dev/null || { echo "FAIL: init"; exit 1; }

# serve NAME ADDRESS: an openssl server with the identity in $folder; sets $port.
serve() {
  openssl s_server -accept "$2:0" -cert "$folder/cert.pem" -cert_chain "$folder/chain.pem" -key "$folder/privkey.pem" -www \
    >"$work/$1.log" 2>&1 &
  servers+=($!)
  for _ in $(seq 500); do
    port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$work/$1.log")
    [ -n "$port" ] && return 0
    kill -0 "${servers[-1]}" 2>/dev/null || break
    sleep 0.02
  done
  cat "$work/$1.log"; fail "no server for $1"; return 1
}

good=() bad=()
for key in p-256 p-384 rsa-2048 rsa-3072 ed25519; do
  "$WXSEC" certs issue --dir "$dir" --profile server --key $key "$key" --name "DNS:$key.wx.test" --name "DNS:*.$key.wx.test" \
    --name IP:127.0.0.1 --name IP:::1 >/dev/null || fail "issue $key"
  folder=$dir/$key/current
  serve "$key" 127.0.0.1 || continue
  if [ $key = ed25519 ]; then bad+=("https://$key.wx.test:$port/"); continue; fi
  good+=("https://$key.wx.test:$port/" "https://x.$key.wx.test:$port/" "https://127.0.0.1:$port/")
  bad+=("https://wrong.wx.test:$port/" "https://y.x.$key.wx.test:$port/")
  serve "$key-6" '[::1]' && good+=("https://[::1]:$port/")
done
for profile in expired other-ca wrong-eku; do
  "$WXSEC" certs issue --dir "$dir" --profile $profile $profile --name DNS:$profile.wx.test >/dev/null || fail "issue $profile"
  folder=$dir/wrong/$profile/current
  serve $profile 127.0.0.1 && bad+=("https://$profile.wx.test:$port/")
done

# look: every URL in one page; prints "URL accepted" or "URL refused".
look() {
  local list
  list=$(printf '"%s",' "${good[@]}" "${bad[@]}")
  cat >"$work/page.html" <<PAGE
<html><body><pre id=out></pre><script>
Promise.all([$list].map(u => fetch(u, {mode: 'no-cors'}).then(() => u + ' accepted', () => u + ' refused')))
  .then(all => { document.getElementById('out').textContent = all.join('\n'); });
</script></body></html>
PAGE
  timeout 120 chromium --headless=new --no-sandbox --disable-gpu --no-proxy-server --no-first-run --user-data-dir="$work/profile-$1" \
    --disable-features=LocalNetworkAccessChecks --host-resolver-rules='MAP *.wx.test 127.0.0.1' --virtual-time-budget=60000 \
    --dump-dom "file://$work/page.html" 2>"$work/chromium.log" | sed 's/.*<pre id="out">//; s/<\/pre>.*//' | grep -E '^https.* (accepted|refused)$' >"$work/seen-$1"
  [ "$(wc -l <"$work/seen-$1")" = $((${#good[@]} + ${#bad[@]})) ] || { tail -5 "$work/chromium.log"; fail "$1: chromium did not answer for all"; }
}
expect() { grep -qxF "$2 $3" "$work/seen-$1" || fail "$1: not '$3': $2"; }

"$WXSEC" certs trust install --dir "$dir" --browsers >"$work/out" 2>&1 || { cat "$work/out"; fail "trust install"; }
look trusted
for url in "${good[@]}"; do expect trusted "$url" accepted; done
for url in "${bad[@]}"; do expect trusted "$url" refused; done
# Mentioned in README: a server with Ed25519 alone finds no signature algorithm in common with Chromium.
grep -q "no suitable signature algorithm\|no shared signature algorithms\|no shared cipher" "$work/ed25519.log" ||
  { cat "$work/ed25519.log"; fail "Ed25519 was refused for another reason"; }

"$WXSEC" certs trust uninstall --dir "$dir" --browsers >"$work/out" 2>&1 || { cat "$work/out"; fail "trust uninstall"; }
look untrusted
for url in "${good[@]}"; do expect untrusted "$url" refused; done

[ $failures = 0 ] && echo "chromium: ${#good[@]} accepted, ${#bad[@]} refused, all refused after uninstall" || exit 1
