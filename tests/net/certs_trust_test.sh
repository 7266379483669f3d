#!/usr/bin/env bash
# The trust stores: NSS in a HOME of its own (Chromium's, and two Firefox profiles), Debian's in a mount namespace whose store
# is a copy. Only our certificate comes and goes, also beside a stranger's with the same subject.
set -u
WXSEC=$(realpath "${WXSEC:?the binary}")
for tool in openssl certutil; do
  command -v $tool >/dev/null || { echo "skip: $tool is not installed"; exit 77; }
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }
cd "$work" || exit 1
export HOME=$work/home
mkdir -p "$HOME/.mozilla/firefox/one.default" "$HOME/.mozilla/firefox/two.esr" "$HOME/.mozilla/firefox/Crash Reports"
"$WXSEC" certs init --stations 0 >/dev/null || { echo "FAIL: init"; exit 1; }
stores=("$HOME/.mozilla/firefox/one.default" "$HOME/.mozilla/firefox/two.esr")
for store in "${stores[@]}"; do certutil -d "sql:$store" -N --empty-password; done
stores+=("$HOME/.pki/nssdb")
ours=$(openssl x509 -in certs/ca.pem -noout -fingerprint -sha256)
name=$(openssl x509 -in certs/ca.pem -noout -subject -nameopt multiline | sed -n 's/.*commonName *= //p')
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj "/O=wxsec/CN=$name" -days 9 -out twin.pem 2>/dev/null

# in_store DATABASE FINGERPRINT
in_store() {
  certutil -d "sql:$1" -L 2>/dev/null | sed -n 's/ *[pPcCTuwg]*,[pPcCTuwg]*,[pPcCTuwg]* *$//p' | while read -r nickname; do
    certutil -d "sql:$1" -L -n "$nickname" -a 2>/dev/null
  done | awk '/BEGIN/ {n++} {print > ("part." n ".pem")}'
  for part in part.*.pem; do
    [ -e "$part" ] && openssl x509 -in "$part" -noout -fingerprint -sha256 2>/dev/null
  done | grep -qxF "$2"
  local found=$?
  rm -f part.*.pem
  return $found
}
"$WXSEC" certs trust status --browsers >out 2>&1
[ $? = 1 ] || { cat out; fail "status before"; }
[ ! -e "$HOME/.pki" ] || fail "status made a database"
twin=$(openssl x509 -in twin.pem -noout -fingerprint -sha256)
certutil -d "sql:${stores[0]}" -A -n twin -t "CT,C," -a -i twin.pem
before=$(certutil -d "sql:${stores[0]}" -L)
for round in 1 2 3; do  # which of two with one subject certutil takes is not always the same
  "$WXSEC" certs trust install --browsers >out 2>&1 || { cat out; fail "install"; }
  for store in "${stores[@]}"; do in_store "$store" "$ours" || fail "not in $store"; done
  "$WXSEC" certs trust status --browsers >out 2>&1 || { cat out; fail "status after"; }
  "$WXSEC" certs trust install --browsers --json >out 2>&1 || fail "install twice"
  grep -q '"changed": true' out && fail "the second install changed something"
  "$WXSEC" certs trust uninstall --browsers >out 2>&1 || { cat out; fail "uninstall"; }
  for store in "${stores[@]}"; do in_store "$store" "$ours" && fail "still in $store"; done
  in_store "${stores[0]}" "$twin" || fail "the twin went, too"
  [ "$(certutil -d "sql:${stores[0]}" -L)" = "$before" ] || { certutil -d "sql:${stores[0]}" -L; fail "the store is not as it was"; }
done
# A database that needs a password is told, and the others are done.
echo secret >password
certutil -d "sql:${stores[1]}" -W -f /dev/null -@ password >/dev/null 2>&1
"$WXSEC" certs trust install --browsers >out 2>&1 </dev/null
code=$?
in_store "${stores[0]}" "$ours" || fail "one store that fails stops the others"
in_store "${stores[1]}" "$ours" || [ $code = 3 ] || { cat out; fail "a locked store, and exit $code"; }
[ -n "$(find "$HOME" ! -user "$(id -un)")" ] && fail "files of somebody else in HOME"

# Not root: exit 3, and nothing done.
if [ "$(id -u)" = 0 ]; then drop=(setpriv --reuid=65534 --regid=65534 --clear-groups); else drop=(); fi
chmod -R a+rX "$work" 2>/dev/null
"${drop[@]}" "$WXSEC" certs trust install --system >out 2>&1
code=$?
if [ $code = 126 ] || [ $code = 127 ]; then echo "note: the binary cannot be run as nobody here: not asked as another user"
else [ $code = 3 ] && grep -q "by root only" out || { cat out; fail "the system's store without root: exit $code"; }; fi

# Debian's store, as root of a namespace where it is a copy in memory.
cat >inside.sh <<'SH'
set -u
store=/etc/ssl/certs local=/usr/local/share/ca-certificates
cp -a $store copy && mount -t tmpfs none $store && cp -a copy/. $store/ && mkdir -p $local && mount -t tmpfs none $local || exit 77
cp twin.pem $local/wxsec-someone.crt
update-ca-certificates >/dev/null 2>&1
before=$(ls $store | sha256sum; sha256sum <$store/ca-certificates.crt)
accepted() { openssl verify -CApath $store -untrusted certs/issuing/current/cert.pem certs/broker/current/cert.pem >/dev/null 2>&1; }
accepted && { echo "FAIL: trusted before"; exit 1; }
"$WXSEC" certs trust install --system || { echo "FAIL: install"; exit 1; }
accepted || { echo "FAIL: openssl does not trust it"; exit 1; }
openssl verify -CAfile $store/ca-certificates.crt -untrusted certs/issuing/current/cert.pem certs/broker/current/cert.pem || { echo "FAIL: not in the bundle"; exit 1; }
"$WXSEC" certs trust status --system || { echo "FAIL: status"; exit 1; }
"$WXSEC" certs trust uninstall --system || { echo "FAIL: uninstall"; exit 1; }
accepted && { echo "FAIL: still trusted"; exit 1; }
[ "$(ls $local)" = wxsec-someone.crt ] || { ls $local; echo "FAIL: a stranger's file went"; exit 1; }
[ "$(ls $store | sha256sum; sha256sum <$store/ca-certificates.crt)" = "$before" ] || { echo "FAIL: the store is not as it was"; exit 1; }
SH
export WXSEC
if command -v update-ca-certificates >/dev/null && unshare --user --map-root-user --mount true 2>/dev/null; then
  unshare --user --map-root-user --mount bash inside.sh >out 2>&1
  code=$?
  if [ $code = 77 ]; then echo "note: no mounts in a namespace here: Debian's store was not tried"
  elif [ $code != 0 ]; then cat out; fail "Debian's store"; fi
else
  echo "note: no namespaces or no update-ca-certificates here: Debian's store was not tried"
fi
[ $failures = 0 ] && echo "trust comes and goes, alone" || exit 1
