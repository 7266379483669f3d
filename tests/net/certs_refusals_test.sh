#!/usr/bin/env bash
# What must not happen by the way: each is refused with its cause, and the directory is as it was.
set -u
WXSEC=${WXSEC:?the binary}
for tool in openssl python3 setpriv; do
  command -v $tool >/dev/null || { echo "skip: $tool is not installed"; exit 77; }
done
unset WXSEC_DIR
SOURCE=${SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/support/expect.sh
. "$SOURCE/tests/support/expect.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
certs() { "$WXSEC" certs "$@"; }
state() { find "${1:-d}" \( -type f -o -type l \) -not -name '*.db*' -not -name .lock -printf '%p %l %s\n' | sort | sha256sum; }
untouched() { [ "$(state)" = "$before" ] || die "$1 changed something"; }
certs init --dir d --stations 1 >out || die "init"

# --- import: a certificate that was tampered with ---------------------------------------------------------------------
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout own.key -out own.pem -days 9 -subj /CN=own.wx.test \
  -addext subjectAltName=DNS:good.wx.testXevil.com 2>openssl.log || die "openssl"
openssl x509 -in own.pem -outform der -out own.der
python3 -c '
data = open("own.der", "rb").read()
open("nul.der", "wb").write(data.replace(b"testXevil", b"test\0evil"))
open("other.der", "wb").write(data.replace(b"testXevil", b"testYevil"))'
before=$(state)
expect 3 'control character' certs import --dir d imported nul.der own.key
untouched import
expect 1 'signature' certs import --dir d imported other.der own.key  # taken over, and told that all will refuse it

# --- rollback: to what nobody takes --------------------------------------------------------------------------------------
certs renew --dir d broker --force >out 2>&1 || die "renew"
certs revoke --dir d broker >out 2>&1 || die "revoke"
certs issue --dir d --replace --profile server broker >out 2>&1 || die "issue --replace"
before=$(state)
expect 2 'was revoked' certs rollback --dir d broker
expect 2 'was revoked' certs rollback --dir d broker --to 0001
certs renew --dir d api --force --lifetime 1s >out 2>&1 || die "a short one"
certs renew --dir d api --force --lifetime 30d >out 2>&1 || die "a long one"
sleep 1.1
before=$(state)
expect 2 'expired' certs rollback --dir d api
untouched rollback

# --- names ---------------------------------------------------------------------------------------------------------------
long=$(printf 'n%.0s' {1..64})
expect 2 '63 letters' certs issue --dir d "$long"
[ ! -e "d/stations/$long" ] || die "a folder was made for a name that is too long"
for name in issuing root acme api; do
  mkdir -p "live/$name"
  cp d/operator/current/*.pem "live/$name/"
done
for name in issuing root acme; do
  expect 2 "$name" certs acme hook --dir d --lineage "$work/live/$name"
done
expect 1 "own authority" certs acme hook --dir d --lineage "$work/live/api"
expect 3 "own authority" certs acme obtain --dir d --server https://localhost:1/dir --domain api.wx.test --name api --agree-tos
expect 2 acme certs import --dir d acme own.pem own.key
untouched "a reserved name"

# --- a table that was changed afterwards ---------------------------------------------------------------------------------
printf 'name,dns\nhill,hill.stations.wx.test\n' >table.csv
certs issue --dir d --from table.csv >out 2>&1 || die "the table: $(cat table.csv)"
printf 'name,dns\nhill,dale.stations.wx.test\n' >table.csv
expect 0 '1 that were there already have other names' certs issue --dir d --from table.csv
expect 0 '"other_names": 1' certs issue --dir d --from table.csv --json

# --- the list behind a link, a file that may not grow, an authority that may not be read ----------------------------------
cp -a d linked && mv linked/crl.pem linked/real.pem && ln -s real.pem linked/crl.pem
before=$(state linked)
expect 3 'is a link' certs revoke --dir linked station-0001
[ "$(state linked)" = "$before" ] || die "a refused revocation changed something"
cp -a d full
before=$(state full)
(ulimit -f 1; trap '' PIPE; "$WXSEC" certs renew --dir full ingest --force >out 2>&1; echo $? >code)
[ "$(cat code)" = 1 ] || [ "$(cat code)" = 3 ] || die "a file that may not grow: exit $(cat code)"
[ "$(readlink full/ingest/current)" = "$(readlink d/ingest/current)" ] || die "a pair of half a file is in use"
if [ "$(id -u)" = 0 ]; then
  cp -a d closed && chmod 755 "$work" && chmod -R a+rX closed && chmod 700 closed/issuing
  expect 3 'ermission denied' setpriv --reuid=65534 --regid=65534 --clear-groups "$WXSEC" certs renew --dir "$work/closed" --dry-run --force
  expect 0 'listed' setpriv --reuid=65534 --regid=65534 --clear-groups "$WXSEC" certs list --dir "$work/closed"
  chmod 700 closed/stations/station-0001
  expect 3 'cannot look into .*/station-0001' setpriv --reuid=65534 --regid=65534 --clear-groups "$WXSEC" certs list --dir "$work/closed"
  grep -q 'not in use' out && die "a folder that may not be read is said to be out of use"
fi
echo "refused, each with its cause"
