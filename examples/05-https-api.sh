#!/usr/bin/env bash
# Lesson 5: the API over HTTPS. Who is there, how do clients know, and what do they say when something is wrong?
. "$(dirname "$0")/lesson.lib.sh"
needs mosquitto curl openssl jq ip unshare
own_network "$@"
begin "Lesson 5: HTTPS for the API"

step "Broker, API and stations, all over TLS"
say "HTTPS is HTTP inside TLS: the same requests, but nobody in between reads or changes them, and the server proves its name."
run 'wxsec certs init --dir certs --domain wx.test --stations 3 >/dev/null'
claim "the certificates are there" test -s certs/api/current/fullchain.pem
start broker 'listening on' 'wxsec broker run --dir certs --out broker'
start api 'listening on' 'wxsec api serve --dir certs --db readings.db'
run 'wxsec station run --dir certs --count 3 --readings 2 --interval 100ms'
claim "three stations report" worked

step "Ask as a stranger"
run 'curl -sS https://localhost:8443/api/v1/stations'
claim "curl refuses: nobody it trusts vouches for this server (60)" exited 60
claim "and says so" says 'unable to get local issuer certificate'
say "The usual bad advice is -k. It makes curl talk to anybody, which is HTTP with more steps. Give it our authority instead:"
run 'curl -sS --cacert certs/ca.pem https://localhost:8443/api/v1/stations | jq -r ".items[] | .station"'
claim "with our authority the answer comes" worked_and_says '^station-0003$'
run 'curl -sS --cacert certs/ca.pem -H "Accept: text/csv" "https://localhost:8443/api/v1/stations/station-0001/readings?limit=2"'
claim "the readings as a table, for other programs" worked_and_says 'temperature_c'

step "Look at the certificate that the client receives"
run 'curl -sS --cacert certs/ca.pem -v -o /dev/null https://localhost:8443/healthz 2>&1 | grep -E "SSL connection|subject:|issuer:|expire|subjectAltName|verify ok"'
claim "curl: TLS 1.3, and the name matched" worked_and_says 'TLSv1\.3'
claim "and the chain was verified" says 'SSL certificate verify ok'
run 'openssl s_client -connect localhost:8443 -CAfile certs/ca.pem -verify_hostname localhost -verify_return_error -brief </dev/null'
claim "openssl: verified, for this very name" worked_and_says 'Verification: OK'
claim "and it names the peer" says 'Verified peername: localhost'
served() { openssl s_client -connect localhost:8443 </dev/null 2>/dev/null | openssl x509 -noout -serial; }
run 'openssl s_client -connect localhost:8443 </dev/null 2>/dev/null | openssl x509 -noout -serial; openssl x509 -in certs/api/current/cert.pem -noout -serial'
claim "what is served is what lies in the directory" test "$(served)" = "$(openssl x509 -in certs/api/current/cert.pem -noout -serial)"
run 'wxsec api get --dir certs /api/v1/stations/station-0001/latest'
claim "wxsec shows answer, protocol and certificate in one" worked_and_says 'TLSv?[ ]?1\.3'
claim "with the reading in it" says 'temperature_c'
run 'wxsec certs inspect https://localhost:8443 --dir certs'
claim "or the certificate alone" worked_and_says 'api\.wx\.test'

step "When it must fail, it must say why"
run 'curl -sS --cacert certs/ca.pem --resolve shop.example:8443:127.0.0.1 https://shop.example:8443/healthz'
claim "another name: curl refuses for the name" failed_and_says 'no alternative certificate subject name matches'
run 'wxsec api get --dir certs --host-name shop.example https://localhost:8443/healthz'
claim "wxsec too, and lists the names in the certificate" failed_and_says 'shop\.example'
claim "(it is in there)" says 'localhost'
run 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out other-ca.pem -subj "/CN=Some other CA" -days 1'
run 'curl -sS --cacert other-ca.pem https://localhost:8443/healthz'
claim "another authority: curl refuses for the issuer" failed_and_says 'unable to get local issuer certificate'
run 'wxsec api get --ca other-ca.pem https://localhost:8443/healthz'
claim "wxsec too" failed_and_says 'issue|trust|authorit'
run 'openssl s_client -connect localhost:8443 -tls1_1 -cipher DEFAULT@SECLEVEL=0 -brief </dev/null'
claim "a TLS of 2006: the server refuses with an alert" failed_and_says 'alert protocol version'

step "Plain HTTP on this port"
run 'curl -sS -i http://localhost:8443/api/v1/stations'
claim "is told to come back with HTTPS" says 'https|HTTPS'
claim "and gets not one reading" says_nothing_of 'temperature_c|station-0001'
run 'curl -sS -I --cacert certs/ca.pem https://localhost:8443/ | grep -iE "strict-transport|content-security|nosniff|^HTTP"'
claim "a browser that was here once will not even try HTTP again (HSTS)" says '[Ss]trict-[Tt]ransport-[Ss]ecurity: max-age='
say "In a browser: browser.md. With Postman: postman.md. More: wxsec explain https"
finish
