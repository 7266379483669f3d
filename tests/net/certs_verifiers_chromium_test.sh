#!/usr/bin/env bash
# Chromium loads a page from each server of the matrix of certificates by each name that it has, once `certs trust install` has
# run; refuses a wrong name, and a server with a URI or a mailbox alone by any name, for that reason and no other; and refuses all
# after `certs trust uninstall`. It does not offer Ed25519: asserted here, so that we notice when it does.
set -u
. "$(dirname "$0")/../support/certs_matrix.sh"
matrix_need chromium certutil python3
export HOME=$work/home
mkdir "$HOME"
shelf=
trap '[ -z "$shelf" ] || kill $shelf; rm -rf "$work"' EXIT
kWrongName=net::ERR_CERT_COMMON_NAME_INVALID

# What the shelf serves: NAME ADDRESS FOLDER.
shelve() {  # NAME KEY PROFILE KIND
  [ "$3" = client ] && return
  echo "$1 127.0.0.1 $dir/$1/current"
  case $4 in ipv6 | mixed) echo "$1@6 ::1 $dir/$1/current" ;; esac
}
shelve_wrong() {
  local profile
  cp -a "$dir" "$work/own"  # others may be reading $dir
  for profile in expired other-ca wrong-eku; do
    "$WXSEC" certs issue --dir "$work/own" --profile $profile --name DNS:$profile.wx.test $profile >"$work/out" || { cat "$work/out" >&2; exit 1; }
    echo "$profile 127.0.0.1 $work/own/wrong/$profile/current"
  done
  matrix_forge outside /CN=evil DNS:bank.example.com serverAuth
  mkdir "$work/outside"
  cat "$work/outside.pem" "$issuing/cert.pem" >"$work/outside/fullchain.pem"
  cp "$work/outside.key" "$work/outside/privkey.pem"
  echo "outside 127.0.0.1 $work/outside"
}

# Where a browser goes: HOST, and "yes" if it should come in.
hosts_of() {  # NAME KIND
  case $2 in
    dns) printf '%s\n' "$1.wx.test yes" "a.$1.wx.test no" ;;
    wildcard) printf '%s\n' "x.$1.wx.test yes" "$1.wx.test no" "y.x.$1.wx.test no" ;;
    ipv4) printf '%s\n' "127.0.0.1 yes" "$1.wx.test no" ;;  # the latter is its common name
    ipv6) printf '%s\n' "[::1] yes" "127.0.0.1 no" ;;
    mixed) printf '%s\n' "$1.wx.test yes" "x.$1.wx.test yes" "127.0.0.1 yes" "[::1] yes" "other.wx.test no" ;;
    *) printf '%s\n' "$1.wx.test no" "127.0.0.1 no" ;;
  esac
}
# URL, and what Chromium should make of it: the server's name or an error.
expect() {  # NAME KEY PROFILE KIND
  local host good at result
  [ "$3" = client ] && return
  while read -r host good; do
    case $host in "["*) at=$1@6 ;; *) at=$1 ;; esac
    result=$at
    [ "$good" = yes ] || result=$kWrongName
    [ "$2" != Ed25519 ] || result=net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH
    echo "https://$host:${ports[$at]}/ $result"
  done < <(hosts_of "$1" "$4")
}
expect_wrong() {
  echo "https://expired.wx.test:${ports[expired]}/ net::ERR_CERT_DATE_INVALID"
  echo "https://other-ca.wx.test:${ports[other-ca]}/ net::ERR_CERT_AUTHORITY_INVALID"
  echo "https://wrong-eku.wx.test:${ports[wrong-eku]}/ net::ERR_CERT_INVALID"
  echo "https://bank.example.com:${ports[outside]}/ net::ERR_CERT_INVALID"
}
look() {  # EXPECTED
  local seen=$work/seen
  cut -d' ' -f1 "$1" | python3 "$here/chromium_loads.py" "$work/profile" >"$seen" || fail "chromium"
  checks=$((checks + $(wc -l <"$1")))
  diff "$1" "$seen" >"$work/out" || { cat "$work/out"; fail "< is expected, > is what Chromium does"; }
}

matrix_make
declare -A ports
{ matrix_each shelve; shelve_wrong; } >"$work/shelf"
python3 "$here/tls_shelf.py" <"$work/shelf" >"$work/ports" 2>"$work/handshakes" & shelf=$!
until grep -qx ready "$work/ports"; do kill -0 $shelf || { cat "$work/handshakes"; exit 1; }; sleep 0.05; done
while read -r name port; do ports[$name]=${port:-}; done <"$work/ports"

"$WXSEC" certs trust install --dir "$dir" --browsers >"$work/out" 2>&1 || { cat "$work/out"; fail "trust install"; }
{ matrix_each expect; expect_wrong; } >"$work/trusted"
look "$work/trusted"
grep -q "server-ed25519-dns: .*NO_SUITABLE_SIGNATURE_ALGORITHM" "$work/handshakes" || fail "Ed25519 was refused for another reason"

"$WXSEC" certs trust uninstall --dir "$dir" --browsers >"$work/out" 2>&1 || { cat "$work/out"; fail "trust uninstall"; }
grep -v "net::" "$work/trusted" | sed 's/ .*/ net::ERR_CERT_AUTHORITY_INVALID/' >"$work/untrusted"
look "$work/untrusted"
matrix_end "Chromium: $(wc -l <"$work/untrusted") pages loaded, $(grep -c net:: "$work/trusted") refused, all refused after uninstall"
