#!/bin/bash
# make_tls.sh OUTDIR: one connection with TLS 1.2 and one with 1.3, an expired self-signed certificate; and their key logs.
set -eu
out=$(realpath "$1")
work=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null; rm -rf "$work"' EXIT
cd "$work"
faketime '2020-01-01 00:00:00' openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
  -subj '/O=Weather/CN=broker.wx.test' -addext 'subjectAltName=DNS:broker.wx.test' -keyout key.pem -out cert.pem 2> /dev/null
port=28899
for version in 1_2 1_3; do
  name=tls${version/_/}
  openssl s_server -accept 127.0.0.1:$port -cert cert.pem -key key.pem -tls$version -naccept 1 -www > /dev/null 2>&1 &
  tcpdump --immediate-mode -i lo -w "$out/$name.pcap" -U "tcp port $port" 2> tcpdump.log &
  capture=$!
  until grep -q listening tcpdump.log; do read -r -t 0.05 < <(:) || true; done
  until ss -ltn | grep -q ":$port "; do read -r -t 0.05 < <(:) || true; done
  printf 'GET /reading HTTP/1.1\r\nHost: broker.wx.test\r\nAuthorization: Bearer wx-token-12345\r\n\r\n' |
    openssl s_client -quiet -connect 127.0.0.1:$port -servername broker.wx.test -tls$version -alpn http/1.1 \
      -keylogfile "$out/$name.keys" > /dev/null 2>&1 || true
  sleep 0.5
  kill $capture
  wait $capture 2> /dev/null || true
  port=$((port + 1))
done
