#!/usr/bin/env bash
# The matrix of certificates before OpenSSL at its strictest, with purpose, host, address and mailbox; and each has exactly the
# names that were asked for.
set -u
. "$(dirname "$0")/../support/certs_matrix.sh"
matrix_need

verify() {  # CERT CHAIN PURPOSE ASKED
  local asked=()
  case $4 in
    host:*) asked=(-verify_hostname "${4#*:}") ;;
    ip:*) asked=(-verify_ip "${4#*:}") ;;
    email:*) asked=(-verify_email "${4#*:}") ;;
  esac
  openssl verify -x509_strict -policy_check -purpose "ssl$3" "${asked[@]}" -CAfile "$root" -untrusted "$2" "$1" >"$work/out" 2>&1
}
reason_of() {
  case $1 in
    host:*) echo "error 62 .*hostname mismatch" ;;
    ip:*) echo "error 64 .*IP address mismatch" ;;
    email:*) echo "error 63 .*email address mismatch" ;;
    purpose:*) echo "error 26 .*unsuitable certificate purpose" ;;
  esac
}
# "DNS:a, IP Address:0:0:0:0:0:0:0:1" as openssl writes it, against what was asked for.
exactly() {  # NAME KEY PROFILE KIND
  local wanted found
  wanted=$(names_of "$1" "$4" | sed 's/^IP:::1$/IP Address:0:0:0:0:0:0:0:1/; s/^IP:/IP Address:/' | sort)
  found=$(openssl x509 -in "$dir/$1/current/cert.pem" -noout -ext subjectAltName | sed 1d | sed 's/^ *//; s/, /\n/g' | sort)
  [ "$wanted" = "$found" ] || fail "$1 has the names: $found"
}

matrix_make
[ ${#certificates[@]} = 105 ] || fail "${#certificates[@]} certificates instead of 105"
matrix_each exactly
matrix_each matrix_check
matrix_outside "error 47 .*permitted subtree violation"
matrix_end OpenSSL
