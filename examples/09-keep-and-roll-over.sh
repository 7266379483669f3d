#!/usr/bin/env bash
# Lesson 8: where keys live, how trust is taken back, and how a whole authority is replaced without an outage.
. "$(dirname "$0")/lesson.lib.sh"
needs mosquitto mosquitto_pub openssl curl ip unshare
own_network "$@"
begin "Lesson 9: keep keys, revoke, roll over"

step "The authority's key, encrypted"
say "Whoever has the authority's key can be anybody in the network. So it lies encrypted on the disk, and its passphrase is
never typed into a command line, which every user of the machine can read in /proc."
run '(umask 077; openssl rand -base64 24 >passphrase)'
run 'wxsec certs init --dir certs --domain wx.test --stations 2 --ca-passphrase-file passphrase >/dev/null'
run 'head -1 certs/issuing/current/privkey.pem; openssl asn1parse -in certs/issuing/current/privkey.pem | grep -oE "PBES2|scrypt|id-scrypt|aes-256-cbc" | sort -u'
claim "PKCS#8, PBES2 with AES-256 and scrypt, which makes every guess cost memory and time" says 'aes-256-cbc'
run 'wxsec certs issue --dir certs station-0003'
claim "without the passphrase nobody signs anything" failed_and_says 'encrypted'
run 'wxsec certs issue --dir certs station-0003 --ca-passphrase-file passphrase >/dev/null && echo issued'
claim "with it one does" worked_and_says 'issued'
run 'openssl pkey -in certs/issuing/current/privkey.pem -passin file:passphrase -noout && echo openssl can read it, too'
claim "it is no format of our own" worked_and_says 'too'

step "The root's key, somewhere else"
say "The root signs once in years. Its key belongs on a medium in a drawer: what is not on the machine cannot be stolen from it."
run 'mkdir drawer && mv certs/root/current/privkey.pem drawer/'
run 'wxsec certs renew --dir certs --all --force --ca-passphrase-file passphrase'
claim "the day's work goes on without it" worked
run 'wxsec certs check certs'
claim "and the check is content" worked

step "Taking trust back"
start broker 'listening on' 'wxsec broker run --dir certs --out broker'
start api 'listening on' 'wxsec api serve --dir certs --broker none --client-auth require'
pub() { printf 'mosquitto_pub -h localhost -p 8883 --cafile certs/ca.pem --cert %s/fullchain.pem --key %s/privkey.pem -q 1 -t wx/x -m 1' "$1" "$1"; }
get() { printf 'curl -sS -o /dev/null -w "%%{http_code}\\n" --cacert certs/ca.pem --cert %s/fullchain.pem --key %s/privkey.pem https://localhost:8443/healthz' "$1" "$1"; }
stolen=certs/stations/station-0001/current
run "$(pub $stolen)"
claim "station-0001 is let in by the broker" worked
run "$(get $stolen)"
claim "and by the API" worked_and_says '^200$'
say "The station is stolen, and its key with it. A list says so, signed by the authority; it counts when the services have read it."
services="--reload broker=pid:$(pid_of broker) --verify broker=mqtts://localhost:8883 \\
       --reload api=pid:$(pid_of api) --verify api=https://localhost:8443"
run "wxsec certs revoke --dir certs station-0001 --reason key-compromise --ca-passphrase-file passphrase \\
       $services"
claim "revoked, told, and proven: the stolen identity itself knocked at both" worked_and_says 'proven'
run "$(pub $stolen)"
claim "the broker refuses it" failed
run "$(get $stolen)"
claim "the API, too" failed
run "$(pub certs/stations/station-0002/current)"
claim "the other station is let in: it was not the broker that was down" worked

step "A new authority: A, A+B, B"
say "Authorities end, and keys of authorities leak. Replaced in one go, every device that is not reached at that moment is
shut out. So for a while both are trusted: first the trust is extended, then everybody gets a new certificate, then the
old trust goes."
cp -rL certs/stations/station-0002/current old-pair
old_root=$(openssl x509 -in certs/ca.pem -noout -fingerprint)
run "wxsec certs rotate-ca --dir certs --ca-passphrase-file passphrase \\
       $services"
claim "step 1: both are trusted" worked_and_says 'A\+B'
claim "and it says what to do before the next" says 'bring certs/ca.pem to every device'
run 'grep -c BEGIN certs/ca.pem'
claim "ca.pem holds two roots" says '^2$'
run "wxsec certs rotate-ca --dir certs --ca-passphrase-file passphrase \\
       $services"
claim "step 2: all identities have moved, broker and API proven by what they serve" worked_and_says 'moved to the new authority'
run "$(pub old-pair)"
claim "a device that has not got its new certificate yet is still let in" worked
run "$(pub certs/stations/station-0002/current)"
claim "one that has, as well" worked
run "wxsec certs rotate-ca --dir certs --ca-passphrase-file passphrase \\
       $services"
claim "step 3: the old authority is out" worked_and_says 'trusted here: B'
run "$(pub old-pair)"
claim "its clients are refused by the broker" failed
run "$(get old-pair)"
claim "and by the API" failed
run "$(pub certs/stations/station-0002/current)"
claim "the new ones are let in" worked
claim "the root is another one" test "$old_root" != "$(openssl x509 -in certs/ca.pem -noout -fingerprint)"
say "Why each of these is best practice: examples/keeping-certificates.md"
finish
