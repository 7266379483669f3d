#!/usr/bin/env bash
# The matrix of certificates before GnuTLS, with purpose, host, address and mailbox.
set -u
. "$(dirname "$0")/../support/certs_matrix.sh"
matrix_need certtool
declare -A oid=([server]=1.3.6.1.5.5.7.3.1 [client]=1.3.6.1.5.5.7.3.2)

verify() {  # CERT CHAIN PURPOSE ASKED
  local asked=()
  case $4 in
    host:* | ip:*) asked=(--verify-hostname "${4#*:}") ;;
    email:*) asked=(--verify-email "${4#*:}") ;;
  esac
  cat "$1" "$2" >"$work/presented.pem"
  certtool --verify --verify-profile=medium --verify-purpose "${oid[$3]}" "${asked[@]}" --load-ca-certificate "$root" \
    --infile "$work/presented.pem" >"$work/out" 2>&1
}
reason_of() { case $1 in purpose:*) echo "does not match the intended purpose" ;; *) echo "name in the certificate does not match" ;; esac; }

matrix_make
matrix_each matrix_check
matrix_outside "violates the signer's constraints"
matrix_end GnuTLS
