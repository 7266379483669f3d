#!/usr/bin/env bash
# Every certificate that wxsec makes is accepted by verifiers that others wrote: OpenSSL (strict),
# GnuTLS, NSS and Go, each with purpose and host name; and what must be refused is refused by them.
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
  case $1 in *ed25519) return ;; esac  # NSS 3.87 cannot read Ed25519 certificates at all
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

# Kinds of keys and of names, as servers and as clients.
for key in P-256 P-384 Ed25519 RSA-2048 RSA-3072; do
  for profile in server client both; do
    name=$(echo "$profile-$key" | tr 'A-Z' 'a-z')
    "$WXSEC" certs issue --dir "$dir" --profile $profile --key $key "$name" --name "DNS:$name.wx.test" \
      --name "DNS:*.$name.wx.test" --name IP:127.0.0.7 --name IP:::1 --name "URI:urn:wx:$name" \
      --name "email:$name@wx.test" >/dev/null || fail "issue $name"
    [ $profile = client ] || check "$dir/$name" server "$name.wx.test"
    [ $profile = client ] || check "$dir/$name" server "x.$name.wx.test"
    [ $profile = server ] || check "$dir/$name" client "$name.wx.test"
  done
done

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

# The constraint holds with verifiers of others: the issuing key signs for a name outside.
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/evil.key" -subj /CN=evil \
  -out "$work/evil.csr" 2>/dev/null
printf 'subjectAltName=DNS:bank.example.com\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n' >"$work/ext"
openssl x509 -req -in "$work/evil.csr" -CA "$dir/issuing/current/cert.pem" -CAkey "$dir/issuing/current/privkey.pem" \
  -days 30 -extfile "$work/ext" -out "$work/evil.pem" 2>/dev/null
openssl verify -CAfile "$root" -untrusted "$dir/issuing/current/cert.pem" "$work/evil.pem" 2>&1 | grep -q "permitted subtree violation" || fail "openssl ignores the constraint"
cat "$work/evil.pem" "$dir/issuing/current/cert.pem" >"$work/evilchain.pem"
certtool --verify --load-ca-certificate "$root" --infile "$work/evilchain.pem" >/dev/null 2>&1 && fail "certtool ignores the constraint"

if command -v go >/dev/null; then
  cat >"$work/verify.go" <<'GO'
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

func load(path string) []*x509.Certificate {
	data, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	var out []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			panic(err)
		}
		out = append(out, c)
	}
	return out
}

// verify ROOT then triples FULLCHAIN HOST server|client.
func main() {
	roots := x509.NewCertPool()
	roots.AddCert(load(os.Args[1])[0])
	bad := 0
	for i := 2; i+2 < len(os.Args); i += 3 {
		chain := load(os.Args[i])
		pool := x509.NewCertPool()
		for _, c := range chain[1:] {
			pool.AddCert(c)
		}
		use := x509.ExtKeyUsageServerAuth
		if os.Args[i+2] == "client" {
			use = x509.ExtKeyUsageClientAuth
		}
		_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: pool, DNSName: os.Args[i+1], KeyUsages: []x509.ExtKeyUsage{use}})
		if err != nil {
			fmt.Println(os.Args[i], err)
			bad = 1
		}
	}
	os.Exit(bad)
}
GO
  arguments=()
  for key in p-256 p-384 ed25519 rsa-2048 rsa-3072; do
    arguments+=("$dir/server-$key/current/fullchain.pem" "server-$key.wx.test" server)
    arguments+=("$dir/client-$key/current/fullchain.pem" "client-$key.wx.test" client)
    arguments+=("$dir/both-$key/current/fullchain.pem" "y.both-$key.wx.test" client)
  done
  if GOCACHE=${GOCACHE:-/tmp/wxsec-gocache} GOFLAGS=-mod=mod GO111MODULE=off go build -o "$work/verify" "$work/verify.go" 2>"$work/out"; then
    "$work/verify" "$root" "${arguments[@]}" || fail "go crypto/x509"
    "$work/verify" "$root" "$work/evilchain.pem" bank.example.com server >/dev/null && fail "go ignores the constraint"
  else
    cat "$work/out"; fail "go build"
  fi
else
  echo "note: go is not installed: its verifier was not asked"
fi

[ $failures = 0 ] && echo "all verifiers agree" || exit 1
