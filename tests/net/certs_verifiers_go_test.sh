#!/usr/bin/env bash
# The matrix of certificates before Go's crypto/x509, with purpose, host, address, URI and mailbox.
set -u
. "$(dirname "$0")/../support/certs_matrix.sh"
matrix_need go
GOCACHE=${GOCACHE:-/tmp/wxsec-gocache} GO111MODULE=off go build -o "$work/x509_verify" "$here/x509_verify.go" || { fail "go build"; exit 1; }

verify() { "$work/x509_verify" "$root" "$2" "$1" "$3" "$4" >"$work/out" 2>&1; }  # CERT CHAIN PURPOSE ASKED
reason_of() {
  case $1 in
    host:* | ip:*) echo "x509: certificate is (valid for|not valid for any names)|doesn't contain any (IP|DNS) SANs|not valid for any names" ;;
    email:*) echo "no such name" ;;
    purpose:*) echo "certificate specifies an incompatible key usage" ;;
  esac
}

not_by_common_name() {  # NAME KEY PROFILE KIND
  case $3-$4 in server-ipv4 | server-uri | server-email) ;; *) return ;; esac
  refuses "$(reason_of host:)" "$dir/$1/current/cert.pem" "$issuing/cert.pem" server "host:$1.wx.test"
}

matrix_make
matrix_each matrix_check
matrix_each not_by_common_name
matrix_outside "is not permitted by any constraint"
matrix_end Go
