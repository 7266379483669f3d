#!/usr/bin/env bash
# Lesson 3: certificates. First by hand with openssl, to see what one is made of, then a whole set with wxsec.
. "$(dirname "$0")/lesson.lib.sh"
needs openssl
begin "Lesson 3: certificates"

step "An authority of our own"
say "A certificate says: this public key belongs to this name, and an authority has signed it. For machines that
we own, we are the authority. Its key never leaves this directory; its certificate goes to every client."
cat >empty.cnf <<'CNF'
[req]
distinguished_name = dn
[dn]
CNF
run 'openssl req -x509 -config empty.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt \
       -days 365 -subj "/CN=Lesson CA" -addext basicConstraints=critical,CA:TRUE,pathlen:0 \
       -addext keyUsage=critical,keyCertSign,cRLSign -addext subjectKeyIdentifier=hash'
run 'openssl x509 -in ca.crt -noout -subject -issuer -ext basicConstraints,keyUsage'
claim "it vouches for itself, and may sign others" says 'CA:TRUE, pathlen:0'

step "A certificate for the broker"
say "What clients compare with the name they dialled is the subject alternative name (SAN), and nothing else. The
extended key usage says what the key may do: be a server."
run 'openssl req -x509 -config empty.cnf -CA ca.crt -CAkey ca.key -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
       -keyout broker.key -out broker.crt -days 90 -subj "/CN=broker.wx.test" \
       -addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature \
       -addext extendedKeyUsage=serverAuth -addext subjectAltName=DNS:broker.wx.test,DNS:localhost,IP:127.0.0.1 \
       -addext subjectKeyIdentifier=hash -addext authorityKeyIdentifier=keyid'
run 'openssl x509 -in broker.crt -noout -issuer -dates -ext subjectAltName,extendedKeyUsage'
claim "the authority signed it" says 'issuer=CN = Lesson CA'
claim "it is made out to the names that clients will dial" says 'DNS:broker.wx.test, DNS:localhost, IP Address:127.0.0.1'

step "What a client checks"
say "Signature up to an authority that it trusts, dates, purpose, name. Each of them must be able to say no."
run 'openssl verify -x509_strict -CAfile ca.crt -purpose sslserver -verify_hostname broker.wx.test broker.crt'
claim "with the right name it is accepted" worked_and_says 'broker.crt: OK'
run 'openssl verify -x509_strict -CAfile ca.crt -purpose sslserver -verify_hostname evil.wx.test broker.crt'
claim "with another name it is refused for the name" failed_and_says 'ostname mismatch'
run 'openssl verify -x509_strict -CAfile ca.crt -purpose sslclient broker.crt'
claim "as a client's certificate it is refused for the purpose" failed_and_says '(unsuitable|unsupported) certificate purpose'
run 'openssl verify -x509_strict -CAfile ca.crt -attime $(( $(date +%s) + 100 * 86400 )) broker.crt'
claim "in 100 days it is refused for the date" failed_and_says 'certificate has expired'
run 'openssl verify -no-CAfile -no-CApath -no-CAstore broker.crt'
claim "without our authority it is refused for the issuer" failed_and_says 'unable to get local issuer certificate'

step "The same for a whole network"
say "Root authority, issuing authority, and an identity each for broker, API, operator, ingest and three stations."
run 'wxsec certs init --dir certs --domain wx.test --stations 3'
claim "wxsec made the set" worked_and_says 'broker/ +created'
run 'ls certs certs/broker/current/ certs/stations'
claim "the files have certbot's names, so that other software's instructions fit" says 'fullchain.pem'
run 'wxsec certs init --dir certs --domain wx.test --stations 3'
claim "a second run keeps what is there" worked_and_says 'nothing was changed'
run 'wxsec certs inspect certs/broker/current/fullchain.pem'
claim "inspect shows the names in it" worked_and_says 'broker\.wx\.test'

step "Would somebody else's verifier agree?"
for who in broker api; do
  run "openssl verify -x509_strict -CAfile certs/ca.pem -untrusted certs/$who/current/chain.pem -purpose sslserver -verify_hostname $who.wx.test certs/$who/current/cert.pem"
  claim "openssl accepts the $who as a server of that name" worked_and_says 'cert.pem: OK'
done
run 'openssl verify -x509_strict -CAfile certs/ca.pem -untrusted certs/stations/station-0001/current/chain.pem -purpose sslclient certs/stations/station-0001/current/cert.pem'
claim "and station-0001 as a client" worked_and_says 'cert.pem: OK'
run 'openssl verify -x509_strict -CAfile certs/ca.pem -untrusted certs/stations/station-0001/current/chain.pem -purpose sslserver certs/stations/station-0001/current/cert.pem'
claim "but not as a server: a stolen station cannot pose as the broker" failed_and_says '(unsuitable|unsupported) certificate purpose'
run 'openssl x509 -in certs/issuing/current/cert.pem -noout -ext nameConstraints'
claim "the authority can sign for our names only, so a stolen CA key is no key to the rest of the world" says 'Permitted:'

step "Keep the keys to yourself"
say "A certificate is public. Its private key is the identity: whoever has the file is the broker."
run "find certs -name privkey.pem -printf '%m %P\n'"
claim "every private key is readable by its owner alone (0600)" test "$(find certs -name privkey.pem ! -perm 600 | wc -l)" = 0
run "diff <(openssl pkey -in certs/broker/current/privkey.pem -pubout) <(openssl x509 -in certs/broker/current/cert.pem -noout -pubkey) && echo same key"
claim "key and certificate belong together" worked_and_says '^same key$'

step "How long still?"
run 'wxsec certs check certs --within 10d'
claim "check finds nothing to complain about" worked
run 'wxsec certs check certs --within 3650d'
claim "asked for ten years ahead it says so, with exit code 1 for a cron job" exited 1
run 'openssl x509 -in certs/broker/current/cert.pem -noout -checkend 864000'
claim "openssl sees the same" worked_and_says 'will not expire'
finish
