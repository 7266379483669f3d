#!/usr/bin/env bash
# Why a certificate without a DNS name has the common name that it has. Below an authority that is constrained to domains, other
# verifiers take a common name for a host: GnuTLS a server's, NSS a server's that has no address either, OpenSSL one with a dot.
# The table is what they say to certificates that openssl made; what `certs issue` makes in their place is accepted by all.
set -u
. "$(dirname "$0")/../support/certs_matrix.sh"
unset MATRIX
matrix_need certtool vfychain certutil python3
"$WXSEC" certs init --dir "$dir" --stations 0 >/dev/null || { echo "FAIL: init"; exit 1; }
mkdir "$work/nss"
certutil -d "sql:$work/nss" -N --empty-password
certutil -d "sql:$work/nss" -A -t "CT,," -n root -i "$root" || fail "NSS does not take the root"
declare -A oid=([server]=1.3.6.1.5.5.7.3.1 [client]=1.3.6.1.5.5.7.3.2) usage=([server]=1 [client]=0)

openssl_says() {  # CERT PURPOSE
  openssl verify -x509_strict -policy_check -purpose "ssl$2" -CAfile "$root" -untrusted "$issuing/cert.pem" "$1"
}
gnutls_says() {
  cat "$1" "$issuing/cert.pem" | certtool --verify --verify-profile=medium --verify-purpose "${oid[$2]}" --load-ca-certificate "$root"
}
nss_says() { vfychain -d "sql:$work/nss" -pp -u "${usage[$2]}" -a "$1" "$issuing/cert.pem"; }
verdicts() {  # CERT PURPOSE: as in the table, "+ - +"
  local who text=
  for who in openssl gnutls nss; do
    if ${who}_says "$1" "$2" >"$work/said-$who" 2>&1; then text+=" +"; else text+=" -"; fi
  done
  echo "${text# }"
}

# SUBJECT NAMES PURPOSES-IN-IT ASKED-PURPOSE, then OpenSSL GnuTLS NSS
table='
/CN=gauge          IP:127.0.0.1       serverAuth             server  + - +
/CN=gauge          IP:::1             serverAuth             server  + - +
/CN=gauge          URI:urn:wx:gauge   serverAuth             server  + - -
/CN=gauge          email:a@wx.test    serverAuth             server  + - -
/CN=gauge          IP:127.0.0.1       serverAuth,clientAuth  client  + - +
/CN=gauge          IP:127.0.0.1       clientAuth             client  + + +
/CN=gauge          URI:urn:wx:gauge   clientAuth             client  + + +
/CN=gauge          email:a@wx.test    clientAuth             client  + + +
/CN=alice.smith    email:a@wx.test    clientAuth             client  - + +
/CN=gauge          DNS:gauge.wx.test  serverAuth             server  + + +
/CN=gauge.wx.test  IP:127.0.0.1       serverAuth             server  + + +
/CN=gauge.wx.test  IP:::1             serverAuth             server  + + +
/CN=gauge.wx.test  URI:urn:wx:gauge   serverAuth             server  + + +
/CN=gauge.wx.test  email:a@wx.test    serverAuth             server  + + +
/CN=gauge.wx.test  email:a@wx.test    serverAuth,clientAuth  client  + + +
/UID=gauge         URI:urn:wx:gauge   serverAuth             server  + + +
'
while read -r subject names purposes asked expected; do
  [ -n "$subject" ] || continue
  matrix_forge shape "$subject" "$names" "$purposes"
  seen=$(verdicts "$work/shape.pem" "$asked") checks=$((checks + 3))
  [ "$seen" = "$expected" ] || { cat "$work"/said-*; fail "$subject $names $purposes as $asked: $seen instead of $expected"; }
done <<<"$table"

# What we issue instead, and that it is said. PROFILE NAME SAN, then the common name.
while read -r profile name san common; do
  "$WXSEC" certs issue --dir "$dir" --profile "$profile" --name "$san" "$name" >"$work/out" || { cat "$work/out"; fail "issue $name"; continue; }
  cert=$dir/$name/current/cert.pem
  [ "$(openssl x509 -in "$cert" -noout -subject)" = "subject=CN = $common" ] || { openssl x509 -in "$cert" -noout -subject; fail "$name is not $common"; }
  told=$(grep -c "^common name $common, .*not $name: without a DNS name" "$work/out")
  [ "$told" = "$([ "$name" = "$common" ] && echo 0 || echo 1)" ] || { cat "$work/out"; fail "issue does not say what $name is called"; }
  for purpose in $(purposes_of "$profile"); do
    checks=$((checks + 3))
    [ "$(verdicts "$cert" "$purpose")" = "+ + +" ] || { cat "$work"/said-*; fail "$name is refused as $purpose"; }
  done
done <<'ISSUED'
server gauge IP:127.0.0.1 gauge.wx.test
both gate email:ops@wx.test gate.wx.test
client device URI:urn:wx:device device
client alice.smith email:alice@wx.test alice.smith.wx.test
server named DNS:named.wx.test named
ISSUED

# Who takes the common name for a host where there is no DNS name, as certs/README.md says. Go and Chromium do not, see theirs.
takes_for_host() {  # CERT HOST: "openssl gnutls nss", those that do
  local text=
  openssl verify -verify_hostname "$2" -CAfile "$root" -untrusted "$issuing/cert.pem" "$1" >/dev/null 2>&1 && text+=" openssl"
  cat "$1" "$issuing/cert.pem" | certtool --verify --verify-hostname "$2" --load-ca-certificate "$root" >/dev/null 2>&1 && text+=" gnutls"
  [ "$(echo "$1 host:$2" | python3 "$here/nss_names.py")" = yes ] && text+=" nss"
  echo "${text# }"
}
while read -r san expected; do
  matrix_forge shape /CN=gauge.wx.test "$san" serverAuth
  seen=$(takes_for_host "$work/shape.pem" gauge.wx.test) checks=$((checks + 3))
  [ "$seen" = "$expected" ] || fail "beside $san the common name is a host to '$seen', not to '$expected'"
done <<'HOSTS'
IP:127.0.0.1 openssl nss
URI:urn:wx:gauge openssl nss
email:a@wx.test openssl gnutls nss
DNS:other.wx.test
HOSTS
[ $failures = 0 ] && [ $checks -ge 75 ] && echo "$checks verdicts as expected" || exit 1
