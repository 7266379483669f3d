#!/usr/bin/env bash
# {P-256, P-384, Ed25519, RSA-2048, RSA-3072} x {server, client, both} x {DNS, wildcard, IPv4, IPv6, URI, email, mixed}: each
# of the 105 certificates is accepted by OpenSSL (strict), GnuTLS, NSS and Go, for its purpose and its name; for another
# purpose, and for a wrong name, it is refused. NSS 3.87 cannot read Ed25519: asserted below, so that we notice when it can.
set -u
WXSEC=${WXSEC:?the binary}
for tool in openssl certtool certutil; do
  command -v $tool >/dev/null || { echo "skip: $tool is not installed"; exit 77; }
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }
dir=$work/certs
"$WXSEC" certs init --dir "$dir" --stations 0 >/dev/null || { echo "FAIL: init"; exit 1; }
root=$dir/ca.pem
nss=$work/nss
mkdir "$nss"
certutil -d "sql:$nss" -N --empty-password
certutil -d "sql:$nss" -A -t "CT,," -n root -i "$root"
certutil -d "sql:$nss" -A -t ",," -n issuing -i "$dir/issuing/current/cert.pem"

declare -A oid=([server]=1.3.6.1.5.5.7.3.1 [client]=1.3.6.1.5.5.7.3.2) nss_usage=([server]=V [client]=C)
openssl_checks=0 certtool_checks=0 nss_checks=0
go_list=()

names_of() {  # NAME KIND
  case $2 in
    dns) echo "DNS:$1.wx.test" ;;
    wildcard) echo "DNS:*.$1.wx.test" ;;
    ipv4) echo "IP:127.1.2.3" ;;
    ipv6) echo "IP:::1" ;;
    uri) echo "URI:urn:wx:$1" ;;
    email) echo "email:$1@wx.test" ;;
    mixed) for kind in dns wildcard ipv4 ipv6 uri email; do names_of "$1" $kind; done ;;
  esac
}
asked_of() {  # NAME KIND: what a verifier is asked for, as kind:value
  case $2 in
    dns) echo "host:$1.wx.test" ;;
    wildcard) echo "host:x.$1.wx.test" ;;
    ipv4) echo "ip:127.1.2.3" ;;
    ipv6) echo "ip:::1" ;;
    uri) echo "none:" ;;
    email) echo "email:$1@wx.test" ;;
    mixed) for kind in dns wildcard ipv4 ipv6 email; do asked_of "$1" $kind; done ;;
  esac
}
wrong_of() {  # a name of the same kind that it is not for
  case $1 in
    host:x.*) echo "host:y.${1#host:}" ;;
    host:*) echo "host:a.${1#host:}" ;;
    ip:*) echo "ip:127.3.2.1" ;;
    email:*) echo "email:other@wx.test" ;;
    none:) echo "" ;;
  esac
}
by_openssl() {  # FOLDER PURPOSE KIND:VALUE
  local asked=()
  case $3 in
    host:*) asked=(-verify_hostname "${3#host:}") ;;
    ip:*) asked=(-verify_ip "${3#ip:}") ;;
    email:*) asked=(-verify_email "${3#email:}") ;;
  esac
  openssl_checks=$((openssl_checks + 1))
  openssl verify -x509_strict -policy_check -purpose "ssl$2" "${asked[@]}" -CAfile "$root" -untrusted "$1/chain.pem" "$1/cert.pem" \
    >"$work/out" 2>&1
}
by_certtool() {
  local asked=()
  case $3 in
    host:* | ip:*) asked=(--verify-hostname "${3#*:}") ;;
    email:*) asked=(--verify-email "${3#email:}") ;;
  esac
  certtool_checks=$((certtool_checks + 1))
  certtool --verify --verify-profile=medium --verify-purpose "${oid[$2]}" "${asked[@]}" --load-ca-certificate "$root" \
    --infile "$1/fullchain.pem" >"$work/out" 2>&1
}
by_nss() {  # NICKNAME PURPOSE
  nss_checks=$((nss_checks + 1))
  certutil -d "sql:$nss" -V -u "${nss_usage[$2]}" -e -n "$1" >"$work/out" 2>&1
}
must() { "$@" || { cat "$work/out"; fail "refused: $*"; }; }
must_not() { "$@" && fail "accepted: $*"; }
go_ask() {  # FOLDER PURPOSE KIND:VALUE accept|refuse
  case $3 in email:* | none:) go_list+=("$1/fullchain.pem" "" "$2" "$4") ;; *) go_list+=("$1/fullchain.pem" "${3#*:}" "$2" "$4") ;; esac
}

check() {  # NAME KEY KIND PURPOSE
  local folder=$dir/$1/current other wrong asked
  for asked in $(asked_of "$1" "$3"); do
    must by_openssl "$folder" "$4" "$asked"
    [ "$3" = mixed ] || must by_certtool "$folder" "$4" "$asked"
    go_ask "$folder" "$4" "$asked" accept
  done
  [ "$3" = mixed ] && must by_certtool "$folder" "$4" "host:x.$1.wx.test"
  wrong=$(wrong_of "$asked")
  if [ -n "$wrong" ]; then
    must_not by_openssl "$folder" "$4" "$wrong"
    case $wrong in email:*) ;; *) go_ask "$folder" "$4" "$wrong" refuse ;; esac
  fi
  if [ "$2" = Ed25519 ]; then return; fi
  must by_nss "$1" "$4"
}
refuse_purpose() {  # NAME KEY PURPOSE
  must_not by_openssl "$dir/$1/current" "$3" none:
  must_not by_certtool "$dir/$1/current" "$3" none:
  go_ask "$dir/$1/current" "$3" none: refuse
  [ "$2" = Ed25519 ] || must_not by_nss "$1" "$3"
}

for key in P-256 P-384 Ed25519 RSA-2048 RSA-3072; do
  for profile in server client both; do
    for kind in dns wildcard ipv4 ipv6 uri email mixed; do
      name=$(echo "$profile-$key-$kind" | tr 'A-Z' 'a-z')
      options=()
      for san in $(set -f; names_of "$name" $kind); do options+=(--name "$san"); done
      "$WXSEC" certs issue --dir "$dir" --profile $profile --key $key "$name" "${options[@]}" >"$work/out" 2>&1 ||
        { cat "$work/out"; fail "issue $name"; continue; }
      if [ $key != Ed25519 ]; then certutil -d "sql:$nss" -A -t ",," -n "$name" -i "$dir/$name/current/cert.pem" || fail "nss reads $name"; fi
      [ $profile = client ] || check "$name" $key $kind server
      [ $profile = server ] || check "$name" $key $kind client
      [ $kind = dns ] || continue
      [ $profile = server ] && refuse_purpose "$name" $key client
      [ $profile = client ] && refuse_purpose "$name" $key server
    done
  done
done
certutil -d "sql:$nss" -A -t ",," -n ed -i "$dir/server-ed25519-dns/current/cert.pem" 2>/dev/null &&
  by_nss ed server && fail "NSS reads Ed25519 now: take it into the matrix"
for wrong in ip:127.3.2.1 host:a.b.both-p-256-wildcard.wx.test host:both-p-256-wildcard.wx.test; do
  must_not by_certtool "$dir/both-p-256-wildcard/current" server $wrong
done

if command -v go >/dev/null; then
  cat >"$work/verify.go" <<'GO'
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

func load(path string) (out []*x509.Certificate) {
	data, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			panic(err)
		}
		out = append(out, c)
	}
	return out
}

// verify ROOT, then FULLCHAIN NAME server|client accept|refuse, repeated.
func main() {
	roots := x509.NewCertPool()
	roots.AddCert(load(os.Args[1])[0])
	bad := 0
	for i := 2; i+3 < len(os.Args); i += 4 {
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
		if (err == nil) != (os.Args[i+3] == "accept") {
			fmt.Println(os.Args[i:i+4], err)
			bad = 1
		}
	}
	os.Exit(bad)
}
GO
  if GOCACHE=${GOCACHE:-/tmp/wxsec-gocache} GO111MODULE=off go build -o "$work/verify" "$work/verify.go" 2>"$work/out"; then
    "$work/verify" "$root" "${go_list[@]}" || fail "go crypto/x509"
    go_checks=$((${#go_list[@]} / 4))
  else
    cat "$work/out"; fail "go build"
  fi
else
  echo "note: go is not installed: its verifier was not asked"
fi
count=$(ls -d "$dir"/{server,client,both}-*/ | wc -l)
[ "$count" = 105 ] || fail "$count certificates instead of 105"
[ $failures = 0 ] && echo "$count certificates; openssl $openssl_checks, certtool $certtool_checks, nss $nss_checks, go ${go_checks:-0} checks" || exit 1
