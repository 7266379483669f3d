#!/usr/bin/env bash
# The matrix of certificates before NSS, with purpose (vfychain, by its older verifier and by PKIX: both must accept), host, address
# and mailbox. NSS 3.87 does not know Ed25519: as servers both verifiers refuse it, as clients PKIX does. Asserted here, so that we
# notice when it knows it.
set -u
. "$(dirname "$0")/../support/certs_matrix.sh"
matrix_need vfychain certutil python3
declare -A usage=([server]=1 [client]=0)

coproc NAMES { python3 "$here/nss_names.py" 2>"$work/names"; }
name_is_good() {  # CERT ASKED
  local answer=
  echo "$1 $2" >&"${NAMES[1]}" && read -r answer <&"${NAMES[0]}"
  [ "$answer" = yes ] && return 0
  echo "its names lack $2: $answer$(cat "$work/names")" >"$work/out"; return 1
}
verify() {  # CERT CHAIN PURPOSE ASKED
  local api
  for api in "" -pp; do
    vfychain -d "sql:$work/nss" $api -u "${usage[$3]}" -a "$1" "$2" >"$work/out" 2>&1 || return 1
  done
  case $4 in none: | uri:*) ;; *) name_is_good "$1" "$4" ;; esac
}
reason_of() { case $1 in purpose:*) echo "ERROR -8101: Certificate type not approved|ERROR -8102: Certificate key usage inadequate" ;; *) echo "its names lack .*: no$" ;; esac; }
declare -A no_ed25519=([server]="ERROR -8102: Certificate key usage inadequate" [client]="ERROR -8049: Unrecognized Object Identifier")
check() {  # NAME KEY PROFILE KIND
  local purpose
  [ "$2" = Ed25519 ] || { matrix_check "$@"; return; }
  for purpose in $(purposes_of "$3"); do
    refuses "${no_ed25519[$purpose]}" "$dir/$1/current/cert.pem" "$issuing/cert.pem" "$purpose" none:
  done
}

mkdir "$work/nss"
matrix_make
certutil -d "sql:$work/nss" -N --empty-password
certutil -d "sql:$work/nss" -A -t "CT,," -n root -i "$root" || fail "NSS does not take the root"
matrix_each check
matrix_outside "ERROR -8080: .*not permitted to issue a certificate with this name"
matrix_end NSS
