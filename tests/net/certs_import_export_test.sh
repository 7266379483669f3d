#!/usr/bin/env bash
# Files of other programs in, files for other programs out. In: openssl's, GnuTLS's and NSS's keys, requests and PKCS#12, in every
# wrapping; each fault of a file has its own words. Out: PKCS#12 that openssl, GnuTLS, NSS and Java open, DER, and a C header that gcc
# compiles as C and as C++.
set -u
WXSEC=${WXSEC:?the binary}
for tool in openssl certtool pk12util gcc g++ python3; do
  command -v $tool >/dev/null || { echo "skip: $tool is not installed"; exit 77; }
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }
cd "$work" || exit 1
"$WXSEC" certs init --stations 1 >/dev/null || { echo "FAIL: init"; exit 1; }
broker=certs/broker/current
printf 'geheim\n' >pass
printf 'falsch\n' >wrong
# taken NAME FILES...: imported next to the authority, with the broker's own chain and key as the outcome.
taken() {
  local name=$1
  shift
  "$WXSEC" certs import "$name" "$@" >out 2>&1 || { cat out; fail "import $name: exit $?"; return; }
  cmp -s "certs/$name/current/fullchain.pem" $broker/fullchain.pem || fail "$name: another chain"
  openssl pkey -in "certs/$name/current/privkey.pem" -pubout 2>/dev/null | cmp -s - <(openssl pkey -in $broker/privkey.pem -pubout) || fail "$name: another key"
  [ "$(stat -c %a "certs/$name/current/privkey.pem")" = 600 ] || fail "$name: mode of the key"
}
# refused EXIT WORDS FILES...
refused() {
  local code=$1 words=$2
  shift 2
  "$WXSEC" certs import refused "$@" >out 2>&1
  local got=$?
  [ $got = "$code" ] || { cat out; fail "$words: exit $got"; }
  grep -q -- "$words" out || { cat out; fail "not told: $words"; }
  [ ! -e certs/refused ] || fail "$words: something was written"
}

# --- every wrapping of a key
key=$broker/privkey.pem cert=$broker/cert.pem
openssl pkey -in $key -traditional -out sec1.key
openssl pkey -in $key -outform DER -out pkcs8.der
openssl ec -in $key -outform DER -out sec1.der 2>/dev/null
openssl pkcs8 -topk8 -in $key -passout pass:geheim -out locked.key
openssl pkcs8 -topk8 -in $key -passout pass:geheim -scrypt -outform DER -out locked.der
openssl ec -in $key -aes256 -passout pass:geheim -out headers.key 2>/dev/null
openssl x509 -in $cert -outform DER -out cert.der
taken sec1 sec1.key $cert
taken sec1-der $cert sec1.der
taken pkcs8-der pkcs8.der cert.der
taken locked locked.key $cert --passphrase-file pass
taken locked-der locked.der cert.der --passphrase-fd 5 5<pass
P=geheim taken headers headers.key $cert --passphrase-env P
{ cat $key; echo; cat certs/ca.pem $broker/fullchain.pem; } >wild.pem
taken wild wild.pem
sed 's/$/\r/' wild.pem | sed '1s/^/\xef\xbb\xbf/' >windows.pem
taken windows windows.pem
iconv -f ASCII -t UTF-16 wild.pem >utf16.pem
taken utf16 utf16.pem
{ echo "From: somebody"; openssl x509 -in $cert -text; echo "-- "; cat sec1.key; echo tail; } >mail.txt
taken mail mail.txt
openssl genrsa -traditional -out rsa.key 2048 2>/dev/null
grep -q "BEGIN RSA PRIVATE KEY" rsa.key || fail "not PKCS#1"
openssl req -new -key rsa.key -subj /CN=rsa -out rsa.csr
"$WXSEC" certs sign --csr rsa.csr --profile server --out rsa.pem >out 2>&1 || { cat out; fail "sign rsa"; }
"$WXSEC" certs import rsa rsa.key rsa.pem >out 2>&1 || { cat out; fail "import PKCS#1"; }

# --- PKCS#12 of others
for how in "" "-legacy" "-descert -legacy" "-keypbe NONE -certpbe NONE"; do
  openssl pkcs12 -export $how -in $broker/fullchain.pem -inkey $key -passout pass:geheim -out in.p12 2>/dev/null || fail "openssl $how"
  taken "p12$(echo "$how" | tr -cd a-zA-Z)" in.p12 --passphrase-file pass
done
certtool --to-p12 --load-certificate $broker/fullchain.pem --load-privkey $key --p12-name x --password geheim --outder --outfile gnutls.p12 2>/dev/null
taken gnutls gnutls.p12 --passphrase-file pass
mkdir nss && certutil -d sql:nss -N --empty-password && pk12util -d sql:nss -i gnutls.p12 -W geheim >/dev/null &&
  pk12util -d sql:nss -o nss.p12 -n x -W geheim >/dev/null || fail "pk12util writes"
taken nss nss.p12 --passphrase-file pass
refused 3 "does not fit the PKCS#12 file" in.p12 --passphrase-file wrong
refused 3 "needs a passphrase" in.p12
python3 - <<'PY' || fail "in.p12 does not end with the rounds of its MAC"
data = open('in.p12', 'rb').read()
assert data.endswith(b'\x02\x02\x08\x00')
open('endless.p12', 'wb').write(data[:-2] + b'\xff\x00')
PY
refused 3 "rounds of computing" endless.p12 --passphrase-file pass

# --- each fault by its name
refused 3 "there is no private key" $cert
refused 3 "there is no certificate" $key
refused 3 "the private key is encrypted" $cert locked.key
refused 3 "the passphrase does not fit" $cert locked.key --passphrase-file wrong
refused 3 "belongs to none of the certificates" $cert certs/api/current/privkey.pem
head -c 400 $cert >cut.pem
refused 3 "it has no END line" cut.pem $key
head -c 300 cert.der >cut.der
refused 3 "this is not a certificate" cut.der $key
refused 3 "nonexistent" nonexistent $key
: >empty
refused 3 "the file is empty" empty
refused 3 "no certificate, key, request" /etc/passwd
refused 3 "cannot read /nonexistent: No such file" $cert locked.key --passphrase-file /nonexistent
refused 2 "the passphrase is empty" $cert locked.key --passphrase-file empty
"$WXSEC" certs import --dir other open $cert $key >out 2>&1
[ $? = 1 ] && grep -q "nobody here knows its issuer" out || { cat out; fail "an open chain is told"; }

# --- a passphrase typed at a terminal: it does not echo, and Ctrl-C leaves the terminal as it was
python3 - "$WXSEC" "$cert" <<'PY' || fail "the prompt"
import os, pty, sys, termios
def ask(typed, name):
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(sys.argv[1], [sys.argv[1], "certs", "import", name, sys.argv[2], "locked.key", "--ask-passphrase"])
    seen = b""
    while b": " not in seen:
        seen += os.read(fd, 100)
    os.write(fd, typed)
    try:
        while True:
            part = os.read(fd, 4096)
            if not part: break
            seen += part
    except OSError:
        pass
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen
code, seen = ask(b"gehXX\x7f\x7feim\n", "typed")
assert code == 0 and b"gehXX" not in seen and b"geheim" not in seen, (code, seen)
code, seen = ask(b"gehe\x03", "interrupted")
assert code == 130, (code, seen)
PY

# --- out: PKCS#12
"$WXSEC" certs export broker --passphrase-file pass >out 2>&1 || { cat out; fail "export"; }
[ "$(stat -c %a broker.p12)" = 600 ] || fail "mode of broker.p12"
openssl pkcs12 -in broker.p12 -passin pass:geheim -info -nodes >info 2>&1 || { cat info; fail "openssl opens it"; }
grep -q "MAC: sha256, Iteration 600000" info || fail "MAC"
[ "$(grep -c "PBES2, PBKDF2, AES-256-CBC, Iteration 600000, PRF hmacWithSHA256" info)" = 2 ] || { cat info; fail "encryption"; }
[ "$(grep -c "BEGIN CERTIFICATE" info)" = 3 ] || fail "leaf, issuer and root are not in it"
certtool --p12-info --inder --infile broker.p12 --password geheim >info 2>&1 || fail "certtool opens it"
grep -q "MAC: SHA256" info && grep -q "Cipher: AES-256-CBC" info || { cat info; fail "certtool sees something else"; }
mkdir nss2 && certutil -d sql:nss2 -N --empty-password && pk12util -d sql:nss2 -i broker.p12 -W geheim >out 2>&1 || { cat out; fail "NSS opens it"; }
certutil -d sql:nss2 -K 2>/dev/null | grep -q broker || fail "NSS has no key"
if command -v keytool >/dev/null; then
  keytool -list -keystore broker.p12 -storetype PKCS12 -storepass geheim 2>&1 | grep -q "broker, .*PrivateKeyEntry" || fail "Java opens it"
fi
"$WXSEC" certs export broker --passphrase-file pass >out 2>&1
[ $? = 3 ] || fail "an export is overwritten"
"$WXSEC" certs export broker --out x.p12 >out 2>&1
[ $? = 2 ] && [ ! -e x.p12 ] || fail "PKCS#12 without a passphrase"
"$WXSEC" certs export broker --passphrase-file pass --out weak.p12 --legacy-weak-encryption >out 2>&1 && grep -q "warning: 3DES" out || { cat out; fail "weak, without a warning"; }
openssl pkcs12 -in weak.p12 -passin pass:geheim -info -nokeys 2>&1 | grep -q "pbeWithSHA1And3-KeyTripleDES-CBC" || fail "weak is not weak"
"$WXSEC" certs inspect weak.p12 --passphrase-file pass 2>&1 | grep -q "weakly encrypted" || fail "inspect does not see it"

# --- out: DER and a header
"$WXSEC" certs export station-0001 --format der >out 2>&1 || { cat out; fail "export der"; }
openssl x509 -inform DER -in station-0001-der/cert.der -noout && openssl pkey -inform DER -in station-0001-der/key.der -noout || fail "DER"
[ "$(stat -c %a station-0001-der/key.der)" = 600 ] || fail "mode of key.der"
"$WXSEC" certs export station-0001 --format c-header --out device.h >out 2>&1 || { cat out; fail "export header"; }
cat >use.c <<'C'
#include <stdio.h>
#include "device.h"
#include "device.h"
int main(void) {
  fputs(wxsec_cert, stdout);
  fputs(wxsec_ca, stdout);
  fputs(wxsec_key, stderr);
  return sizeof wxsec_ca < 100;
}
C
cp use.c use.cpp
station=certs/stations/station-0001/current
for compiler in "gcc -std=c99 use.c" "g++ -std=c++11 use.cpp"; do
  $compiler -Wall -Wextra -Werror -pedantic -o use || { fail "$compiler"; continue; }
  ./use >shown 2>shown.key || fail "$compiler: exit"
  cat $station/fullchain.pem certs/ca.pem | cmp -s - shown || fail "$compiler: another chain"
  cmp -s $station/privkey.pem shown.key || fail "$compiler: another key"
done

# --- requests of others; nothing of the key is ever here
openssl req -new -newkey ed25519 -nodes -keyout d.key -subj /CN=device-7 -out device.csr 2>/dev/null
"$WXSEC" certs sign --csr device.csr >out 2>&1 || { cat out; fail "sign"; }
openssl verify -x509_strict -purpose sslclient -CAfile certs/ca.pem -untrusted certs/stations/device-7/current/chain.pem \
  certs/stations/device-7/current/cert.pem >out 2>&1 || { cat out; fail "openssl on the answer"; }
[ ! -e certs/stations/device-7/current/privkey.pem ] || fail "a key from nowhere"
certtool --generate-privkey --outfile g.key 2>/dev/null
printf 'cn = "device-8"\ndns_name = "device-8.stations.wx.test"\ntls_www_client\n' >template
certtool --generate-request --load-privkey g.key --template template --outfile g.csr 2>/dev/null
"$WXSEC" certs sign --csr g.csr --json >out 2>&1 || { cat out; fail "sign GnuTLS's request"; }
"$WXSEC" certs inspect device.csr | grep -q "proven: whoever made it holds the key" || fail "inspect of a request"
"$WXSEC" certs check certs >out || { cat out; fail "check with identities without keys"; }
"$WXSEC" certs export device-7 --passphrase-file pass >out 2>&1
[ $? = 3 ] && grep -q "is not here" out || { cat out; fail "PKCS#12 without a key"; }
"$WXSEC" certs export device-7 --format c-header >out 2>&1 && ! grep -q "wxsec_key\[\]" device-7.h || fail "a header without a key"
sed -i 's/MII/MIJ/' device.csr
"$WXSEC" certs sign --csr device.csr >out 2>&1
[ $? = 3 ] || fail "a damaged request"

# --- inspect, and what must not confuse it
"$WXSEC" certs inspect certs --json >out || { fail "inspect certs"; }
python3 -c 'import json; assert len(json.load(open("out"))["files"]) >= 9' || fail "inspect of a directory"
for file in windows.pem in.p12 certs/crl.pem rsa.csr locked.key cert.der; do
  "$WXSEC" certs inspect $file --passphrase-file pass >out 2>&1 || [ $? = 1 ] || { cat out; fail "inspect $file"; }
  "$WXSEC" certs inspect $file --passphrase-file pass --json 2>/dev/null | python3 -m json.tool >/dev/null || fail "inspect $file --json"
done
python3 - <<'PY'
names = ",".join(f"DNS:host-{i:05d}.a-rather-long-name.wx.test" for i in range(26000))
open("big.cnf", "w").write(f"[req]\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\n[v3]\nsubjectAltName={names}\n")
PY
openssl req -x509 -config big.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=big -days 9 -out big.pem 2>/dev/null || fail "openssl makes a big one"
[ "$(stat -c %s big.pem)" -gt 1000000 ] || fail "not 1 MB"
"$WXSEC" certs inspect big.pem >out 2>&1 || fail "inspect of 26000 names"
grep -q "and 25980 more" out && [ "$(wc -c <out)" -lt 5000 ] || { head -c 2000 out; fail "26000 names fill the screen"; }
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=nul -days 9 \
  -addext "subjectAltName=DNS:bankX.wx.test" -outform DER -out nul.der 2>/dev/null
sed -i 's/bankX/bank\x00/' nul.der
"$WXSEC" certs inspect nul.der >out 2>&1
grep -q 'DNS:bank\\x00.wx.test' out && cmp -s <(tr -d '\000' <out) out || { cat -v out; fail "NUL in a name"; }
size=$(stat -c %s cert.der)
for cut in 0 1 2 3 4 50 $((size / 2)) $((size - 1)); do
  head -c "$cut" cert.der >cut.der
  "$WXSEC" certs inspect cut.der >out 2>&1
  [ $? = 3 ] && grep -q "^wxsec: error: cut.der: " out || { cat out; fail "$cut bytes of a certificate"; }
done

[ $failures = 0 ] && echo "files of others in, files for others out" || exit 1
