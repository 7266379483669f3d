# shellcheck shell=bash disable=SC2034
# {P-256, P-384, Ed25519, RSA-2048, RSA-3072} x {server, client, both} x {DNS, wildcard, IPv4, IPv6, URI, email, mixed}: 105
# certificates for the tests of other verifiers: `. certs_matrix.sh`, matrix_make, matrix_each FUNCTION, matrix_end. A test says
# how its verifier is asked:
#     verify CERT CHAIN PURPOSE ASKED    PURPOSE is server or client, ASKED kind:value; true if it accepts; words to $work/out
#     reason_of ASKED                    what its words match when it refuses for a name; for "purpose:", the purpose
WXSEC=${WXSEC:?the binary}
unset WXSEC_DIR
failures=0 checks=0 here=$(dirname "${BASH_SOURCE[0]}")
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }

matrix_need() {  # TOOL...: a visible skip where one is missing
  local tool
  for tool in openssl "$@"; do
    command -v "$tool" >/dev/null || { echo "skip: $tool is not installed"; exit 77; }
  done
  work=$(mktemp -d) || exit 1
  trap 'rm -rf "$work"' EXIT
  dir=${MATRIX:-$work}/certs
  root=$dir/ca.pem issuing=$dir/issuing/current
}

names_of() {  # NAME KIND: what is asked for at issue
  case $2 in
    dns) echo "DNS:$1.wx.test" ;;
    wildcard) echo "DNS:*.$1.wx.test" ;;
    ipv4) echo "IP:127.0.0.1" ;;
    ipv6) echo "IP:::1" ;;
    uri) echo "URI:urn:wx:$1" ;;
    email) echo "email:$1@wx.test" ;;
    mixed) for kind in dns wildcard ipv4 ipv6 uri email; do names_of "$1" $kind; done ;;
  esac
}
asked_of() {  # NAME KIND: what a verifier is asked for, and accepts
  case $2 in
    dns) echo "host:$1.wx.test" ;;
    wildcard) echo "host:x.$1.wx.test" ;;
    ipv4) echo "ip:127.0.0.1" ;;
    ipv6) echo "ip:::1" ;;
    uri) echo "uri:urn:wx:$1" ;;
    email) echo "email:$1@wx.test" ;;
    mixed) for kind in dns wildcard ipv4 ipv6 uri email; do asked_of "$1" $kind; done ;;
  esac
}
wrong_of() {  # NAME KIND: what it refuses
  echo "host:other.wx.test"
  case $2 in
    dns) echo "host:a.$1.wx.test" ;;
    wildcard) echo "host:$1.wx.test host:y.x.$1.wx.test" ;;
    ipv4 | mixed) echo "ip:127.0.0.2 ip:::2" ;;
    ipv6) echo "ip:127.0.0.1 ip:::2" ;;
    email) echo "email:other@wx.test" ;;
  esac
}
purposes_of() { case $1 in both) echo "server client" ;; *) echo "$1" ;; esac; }

# The 105, in $dir/NAME: made here, or once for several tests in $MATRIX (RSA keys take their time).
matrix_make() {
  local key profile kind
  [ -d "$dir" ] || matrix_issue_all
  certificates=()
  for key in P-256 P-384 Ed25519 RSA-2048 RSA-3072; do
    for profile in server client both; do
      for kind in dns wildcard ipv4 ipv6 uri email mixed; do
        certificates+=("$(name_for $profile $key $kind) $key $profile $kind")
      done
    done
  done
}
name_for() { echo "$1-$2-$3" | tr 'A-Z' 'a-z'; }
matrix_issue_all() {
  "$WXSEC" certs init --dir "$dir" --stations 0 >/dev/null || { fail "init"; exit 1; }
  matrix_make
  matrix_each matrix_issue
}
matrix_issue() {  # NAME KEY PROFILE KIND
  local names
  mapfile -t names < <(names_of "$1" "$4" | sed 's/^/--name=/')
  "$WXSEC" certs issue --dir "$dir" --profile "$3" --key "$2" "${names[@]}" "$1" >"$work/out" 2>&1 || { cat "$work/out"; fail "issue $1"; }
}
matrix_each() {  # FUNCTION: called with NAME KEY PROFILE KIND
  local each
  for each in "${certificates[@]}"; do "$1" $each; done  # words
}

ask() { checks=$((checks + 1)); verify "$@"; }
accepts() { ask "$@" || { cat "$work/out"; fail "refused: $*"; }; }
refuses() {  # WORDS, then as verify: refused, and for this reason
  local words=$1; shift
  if ask "$@"; then fail "accepted: $*"; return; fi
  grep -qE "$words" "$work/out" || { cat "$work/out"; fail "refused, but not for '$words': $*"; }
}
# Each purpose with each of its names, and with wrong ones; and the purpose that it is not for.
matrix_check() {  # NAME KEY PROFILE KIND
  local files=$dir/$1/current purpose asked wrong
  for purpose in $(purposes_of "$3"); do
    for asked in $(asked_of "$1" "$4"); do accepts "$files/cert.pem" "$files/chain.pem" "$purpose" "$asked"; done
    for wrong in $(wrong_of "$1" "$4"); do
      [ -z "$(reason_of "$wrong")" ] || refuses "$(reason_of "$wrong")" "$files/cert.pem" "$files/chain.pem" "$purpose" "$wrong"
    done
  done
  case $3 in
    server) refuses "$(reason_of purpose:)" "$files/cert.pem" "$files/chain.pem" client none: ;;
    client) refuses "$(reason_of purpose:)" "$files/cert.pem" "$files/chain.pem" server none: ;;
  esac
}

# What our program would not sign: a leaf with this subject and these names by the issuing key, as $work/NAME.pem.
matrix_forge() {  # NAME SUBJECT SAN PURPOSES
  printf 'subjectAltName=%s\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n' "$3" >"$work/forge.cnf"
  printf 'extendedKeyUsage=%s\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n' "$4" >>"$work/forge.cnf"
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/$1.key" -subj "$2" -out "$work/forge.csr" 2>/dev/null &&
    openssl x509 -req -in "$work/forge.csr" -CA "$issuing/cert.pem" -CAkey "$issuing/privkey.pem" -days 30 -extfile "$work/forge.cnf" \
      -out "$work/$1.pem" 2>/dev/null || fail "openssl cannot make $1"
}
# The names that the authority may not sign for are refused, although the signature is good.
matrix_outside() {  # WORDS
  local purpose
  matrix_forge outside-dns /CN=evil DNS:bank.example.com serverAuth,clientAuth
  matrix_forge outside-ip /CN=evil IP:192.0.2.1,DNS:evil.wx.test serverAuth,clientAuth
  matrix_forge inside /CN=good IP:127.0.0.1,DNS:good.wx.test serverAuth,clientAuth
  for purpose in server client; do
    accepts "$work/inside.pem" "$issuing/cert.pem" $purpose none:
    refuses "$1" "$work/outside-dns.pem" "$issuing/cert.pem" $purpose none:
    refuses "$1" "$work/outside-ip.pem" "$issuing/cert.pem" $purpose none:
  done
}
matrix_end() {  # WHO
  [ $failures = 0 ] || { echo "$failures failures"; exit 1; }
  echo "$1: ${#certificates[@]} certificates, $checks checks"
}
