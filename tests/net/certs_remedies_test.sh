#!/usr/bin/env bash
# What is wrong is said by its first cause, and the remedy, pasted as it stands, mends it.
set -u
WXSEC=${WXSEC:?the binary}
for tool in openssl faketime ssh-keygen; do
  command -v $tool >/dev/null || { echo "skip: $tool is not installed"; exit 77; }
done
unset WXSEC_DIR
SOURCE=${SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/support/expect.sh
. "$SOURCE/tests/support/expect.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
PATH=$work:$PATH
ln -s "$WXSEC" wxsec
pasted() { # pasted PATTERN: runs the command at the end of the first hint or remedy that matches
  local line
  line=$(grep -E 'hint:|remedy:' out | grep -m 1 -- "$1") || die "no remedy with '$1'"
  line="wxsec certs${line##*wxsec certs}"
  eval "$line" >out 2>&1 || die "the remedy fails: $line"
}
fine() { wxsec certs check "$1" >out 2>&1 || die "$1 is not fine"; }

# A name stands for one identity, wherever it lies.
wxsec certs init --dir d --stations 1 >out || die "init"
wxsec certs issue --dir d hut >out || die "issue"
wxsec certs revoke --dir d hut >out 2>&1 || die "revoke"
expect 1 'was revoked' wxsec certs renew --dir d hut
pasted '--replace hut'
[ -d d/stations/hut ] && [ ! -d d/hut ] || die "a second hut was made"
fine d
expect 3 'is there already' wxsec certs issue --dir d --profile server hut
wxsec certs issue --dir d --profile server mast >out || die "issue mast"
printf 'name\nmast\n' >rows.csv
expect 3 'a name stands for one identity' wxsec certs issue --dir d --from rows.csv
[ ! -d d/stations/mast ] || die "a station took the name of a server"
cp -a d twice && cp -a twice/stations/hut twice/hut
expect 1 'has the same name' wxsec certs check twice
[ "$(wxsec certs list --dir twice --json | grep -c '"name": "hut"')" = 1 ] || die "one identity is listed twice"

# Who was revoked: a new key lets him in again, and an older list does not.
cp d/crl.pem older.pem
wxsec certs revoke --dir d station-0001 >out 2>&1 || die "revoke"
expect 1 'was revoked' wxsec certs check d/stations/station-0001
cp older.pem d/crl.pem
expect 1 'was revoked' wxsec certs check d/stations/station-0001
expect 1 'an older list came back' wxsec certs check d
pasted 'certs crl'
openssl verify -crl_check -CAfile d/ca.pem -CRLfile d/crl.pem -untrusted d/stations/station-0001/current/chain.pem \
  d/stations/station-0001/current/cert.pem >out 2>&1 && die "the renewed list lets it in"
expect 1 'was revoked' wxsec certs check d
pasted '--replace station-0001'
fine d

# Expired with its list: the certificate's own end counts.
expect 1 'broker expired' faketime -f +95d wxsec certs check d
grep -q 'broken .*broker' out && die "an expired certificate is said to be broken"
# What no renewal can make longer.
expect 1 'rotate-ca --dir d' faketime -f +1300d wxsec certs check d/issuing d/crl.pem
cp -a d late
expect 1 'rotate-ca' faketime -f +1830d wxsec certs renew --dir late --force broker

# A key that was there and is gone; one that was never here.
cp -a d lost && rm lost/api/current/privkey.pem
expect 1 'private key is gone' wxsec certs check lost/api
pasted '--replace api'
fine lost
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout own.key -subj /CN=device -out own.csr 2>/dev/null
wxsec certs sign --dir d --csr own.csr --name device >out 2>&1 || die "sign"
expect 0 'holder keeps the key' wxsec certs check d

# A root's list that ends before the authority below it, as an older wxsec made it: the root alone can sign another.
wxsec certs init --dir short --stations 0 >out || die "init"
printf '[ca]\ndefault_ca=a\n[a]\ndatabase=index\ndefault_md=sha256\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n' >ca.cnf
: >index
openssl ca -config ca.cnf -gencrl -crldays 90 -keyfile short/root/current/privkey.pem -cert short/root/current/cert.pem \
  -out root.crl >out 2>&1 || die "openssl makes no list"
openssl crl -in short/crl.pem -out issuing.crl && cat issuing.crl root.crl >short/crl.pem
expect 1 'begin-anew' faketime -f +95d wxsec certs check short
expect 3 'out of date since' faketime -f +95d wxsec certs crl --dir short
grep -q 'good until' out && die "what is past is called good"
grep -q 'hint: .*certs crl --dir short --begin-anew' out || die "no remedy"
expect 0 'good until' faketime -f +95d wxsec certs crl --dir short --begin-anew
expect 0 '4 of 4 renewed' faketime -f +95d wxsec certs renew --dir short
expect 0 '8 checked, 8 fine' faketime -f +96d wxsec certs check short

# Profiles of the directory decide what init makes, and may not make it something else.
mkdir -p p/profiles
cp "$SOURCE"/certs/profiles/{root,issuing,server}.toml p/profiles/
sed -i 's/P-256/P-384/' p/profiles/root.toml
sed -i 's/P-256/RSA-2048/' p/profiles/server.toml
wxsec certs init --dir p --stations 0 >out || die "init with profiles"
openssl x509 -in p/root/current/cert.pem -noout -text | grep -q 'secp384r1' || die "the root's profile is not heeded"
openssl x509 -in p/broker/current/cert.pem -noout -text | grep -q '2048 bit' || die "the server's profile is not heeded"
refused() { # refused NAME TEXT PATTERN: a profile with that text is none that init takes
  rm -rf q && mkdir -p q/profiles && printf '%b' "$2" >"q/profiles/$1.toml"
  expect 2 "$3" wxsec certs init --dir q --stations 0
  [ ! -d q/root ] || [ "$1" = server ] || die "$1: something was made all the same"
}
refused root "lifetime = '90d'\nclient = true\n" 'ca = true'
refused root "lifetime = '900d'\nca = true\npath_length = 0\n" 'path_length'
refused server "lifetime = '90d'\nclient = true\n" 'server = true'

# Keys of other ways: the cause is the way, not the passphrase.
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out k.pem 2>/dev/null
openssl req -x509 -key k.pem -subj /CN=a.wx.test -days 9 -out c.pem
(umask 077; echo abc >pass)
if openssl pkcs8 -topk8 -v1 PBE-MD5-DES -provider legacy -provider default -in k.pem -out old.pem -passout pass:abc 2>/dev/null; then
  expect 3 'no longer offered' wxsec certs import --dir d strange c.pem old.pem --passphrase-file pass
fi
ssh-keygen -q -t ed25519 -N '' -f ssh.key
expect 3 'OpenSSH' wxsec certs import --dir d strange c.pem ssh.key
echo "every remedy mends what it was given for"
