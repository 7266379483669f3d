#!/usr/bin/env bash
# What init makes is accepted by verifiers that others wrote, OpenSSL (strict), GnuTLS and NSS, with purpose and host name, also
# with other keys of authorities; revocation lists are read; and each wrong certificate is refused for its reason. The matrix of
# keys, purposes and names is in certs_verifiers_{openssl,gnutls,nss,go,chromium}_test.sh.
set -u
WXSEC=${WXSEC:?the binary}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }
need() { command -v "$1" >/dev/null || { echo "skip: $1 is not installed ($2)"; exit 77; }; }
need openssl openssl
need certtool gnutls-bin
need certutil libnss3-tools

dir=$work/certs
"$WXSEC" certs init --dir "$dir" --stations 2 >/dev/null || { echo "FAIL: init"; exit 1; }
root=$dir/ca.pem

nss=$work/nss
mkdir "$nss"
certutil -d "sql:$nss" -N --empty-password
certutil -d "sql:$nss" -A -t "CT,," -n root -i "$root"
certutil -d "sql:$nss" -A -t ",," -n issuing -i "$dir/issuing/current/cert.pem"

# check FOLDER PURPOSE HOST: all three accept it.
check() {
  local files=$1/current purpose=$2 host=$3 eku ssl usage
  if [ "$purpose" = server ]; then eku=1.3.6.1.5.5.7.3.1 ssl=sslserver usage=V
  else eku=1.3.6.1.5.5.7.3.2 ssl=sslclient usage=C; fi
  openssl verify -x509_strict -policy_check -purpose $ssl -verify_hostname "$host" -CAfile "$root" \
    -untrusted "$files/chain.pem" "$files/cert.pem" >"$work/out" 2>&1 || { cat "$work/out"; fail "openssl $1"; }
  certtool --verify --verify-profile=medium --verify-hostname "$host" --verify-purpose $eku \
    --load-ca-certificate "$root" --infile "$files/fullchain.pem" >"$work/out" 2>&1 || { cat "$work/out"; fail "certtool $1"; }
  certutil -d "sql:$nss" -A -t ",," -n leaf -i "$files/cert.pem"
  certutil -d "sql:$nss" -V -u $usage -e -n leaf >"$work/out" 2>&1 || { cat "$work/out"; fail "nss $1"; }
  certutil -d "sql:$nss" -D -n leaf
}

check "$dir/broker" server broker.wx.test
check "$dir/api" server api.wx.test
check "$dir/operator" client operator.wx.test
check "$dir/ingest" client ingest.wx.test
check "$dir/stations/station-0001" client station-0001.stations.wx.test
check "$dir/stations/station-0002" client station-0002.stations.wx.test

# Authorities with other keys.
for key in P-384 Ed25519 RSA-2048; do
  other=$work/other-$key
  "$WXSEC" certs init --dir "$other" --key $key --stations 1 --domain example.org >/dev/null || fail "init $key"
  openssl verify -x509_strict -purpose sslserver -verify_hostname broker.example.org -CAfile "$other/ca.pem" \
    -untrusted "$other/broker/current/chain.pem" "$other/broker/current/cert.pem" >/dev/null || fail "openssl $key"
  certtool --verify --verify-profile=medium --verify-hostname broker.example.org \
    --load-ca-certificate "$other/ca.pem" --infile "$other/broker/current/fullchain.pem" >/dev/null 2>&1 || fail "certtool $key"
done

# The revocation list, before and by strict readers.
openssl crl -in "$dir/crl.pem" -CAfile "$dir/issuing/current/cert.pem" -noout 2>&1 | grep -q "verify OK" || fail "crl signature"
openssl verify -x509_strict -crl_check_all -CRLfile "$dir/crl.pem" -CAfile "$root" \
  -untrusted "$dir/broker/current/chain.pem" "$dir/broker/current/cert.pem" >/dev/null || fail "crl check"

# Each wrong one is refused by openssl with its own reason, and by GnuTLS.
refused() {
  local profile=$1 words=$2
  "$WXSEC" certs issue --dir "$dir" --profile "$profile" "bad-$profile" >/dev/null || fail "issue $profile"
  local files=$dir/wrong/bad-$profile/current
  openssl verify -x509_strict -auth_level 2 -purpose sslserver -verify_hostname localhost -CAfile "$root" \
    -untrusted "$files/fullchain.pem" "$files/cert.pem" >"$work/out" 2>&1 && fail "openssl accepted $profile"
  grep -q "$words" "$work/out" || { cat "$work/out"; fail "$profile: not for '$words'"; }
  [ "$(grep -c '^error [0-9]' "$work/out")" = 1 ] || { cat "$work/out"; fail "$profile: more than one thing is wrong"; }
}
refused expired "certificate has expired"
refused not-yet "certificate is not yet valid"
refused wrong-name "hostname mismatch"
refused weak-key "EE certificate key too weak"
refused sha1 "CA signature digest algorithm too weak"
refused no-san "hostname mismatch"
refused wrong-eku "unsuitable certificate purpose"
refused self-signed "self-signed certificate"
refused other-ca "self-signed certificate in certificate chain"
certtool --verify --verify-profile=medium --verify-hostname localhost --load-ca-certificate "$root" \
  --infile "$dir/wrong/bad-expired/current/fullchain.pem" >/dev/null 2>&1 && fail "certtool accepted an expired one"

[ $failures = 0 ] && echo "all verifiers agree" || exit 1
