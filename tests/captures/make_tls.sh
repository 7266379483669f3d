#!/bin/bash
# make_tls.sh OUTDIR [NAME...]: one capture for each thing that decryption must follow, made by real programs on loopback
# (openssl s_server and s_client, mosquitto, nginx, curl), with the key log beside it. Needs the right to capture.
# The certificate expired in 2020 and is self-signed, so that both can be found on the wire.
set -eu
out=$(realpath "$1")
shift
wanted=" $* "
work=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null; rm -rf "$work"' EXIT
cd "$work"
faketime '2020-01-01 00:00:00' openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
  -subj '/O=Weather/CN=broker.wx.test' -addext 'subjectAltName=DNS:broker.wx.test' -keyout key.pem -out cert.pem 2> /dev/null
chmod 644 key.pem
port=28899
request='GET /reading HTTP/1.1\r\nHost: broker.wx.test\r\nAuthorization: Bearer wx-token-12345\r\n\r\n'

wait_for() { # COMMAND...: until it succeeds, 10 s at most
  for _ in $(seq 200); do
    "$@" && return
    read -r -t 0.05 < <(sleep 1) || true
  done
  echo "make_tls.sh: gave up waiting for: $*" >&2
  exit 1
}
listening() { ss -ltn | grep -q ":$port "; }

begin() { # NAME: capture
  name=$1
  port=$((port + 1))
  rm -f "$out/$name.keys"
  tcpdump --immediate-mode -i lo -w "$out/$name.pcap" -U "tcp port $port" 2> tcpdump.log &
  capture=$!
  wait_for grep -q listening tcpdump.log
}
server() { # OPTIONS...: s_server
  openssl s_server -accept "127.0.0.1:$port" -cert cert.pem -key key.pem "$@" > /dev/null 2>&1 &
  peer=$!
  wait_for listening
}
client() { # OPTIONS...: s_client, standard input goes to the server
  openssl s_client -connect "127.0.0.1:$port" -servername broker.wx.test -keylogfile "$out/$name.keys" "$@" > client.log 2>&1 || true
}
both_closed() { [ "$(ss -tnH "sport = :$port or dport = :$port" | grep -vc TIME-WAIT)" = 0 ]; }
finish() {
  wait_for both_closed
  sleep 0.2
  kill "$capture" "$peer" 2> /dev/null || true
  wait "$capture" "$peer" 2> /dev/null || true
}
is_wanted() { [ "$wanted" = "  " ] || [[ $wanted == *" $1 "* ]]; }

future() { # the certificate begins in ten years
  faketime '+10 years' openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
    -subj '/O=Weather/CN=broker.wx.test' -keyout key.pem -out cert.pem 2> /dev/null
}

simple() { # NAME OPTIONS...: a request with these options on both sides
  is_wanted "$1" || return 0
  begin "$1"
  shift
  server -naccept 1 -www "$@"
  printf "$request" | client -quiet "$@" -alpn http/1.1
  finish
}

simple tls12 -tls1_2
simple tls13 -tls1_3
simple tls12_chacha -tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305
simple tls12_ccm -tls1_2 -cipher ECDHE-ECDSA-AES128-CCM
simple tls12_ccm8 -tls1_2 -cipher ECDHE-ECDSA-AES256-CCM8:@SECLEVEL=0
simple tls12_cbc_etm -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256
simple tls12_cbc_mte -tls1_2 -cipher ECDHE-ECDSA-AES256-SHA384 -no_etm
simple tls12_cbc_sha1 -tls1_2 -cipher ECDHE-ECDSA-AES256-SHA -no_etm
simple tls12_aria -tls1_2 -cipher ECDHE-ECDSA-ARIA256-GCM-SHA384
simple tls12_camellia -tls1_2 -cipher ECDHE-ECDSA-CAMELLIA128-SHA256
simple tls12_null -tls1_2 -cipher ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0
rm -f "$out/tls12_null.keys" # it hides nothing
simple tls11_cbc -tls1_1 -cipher ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0
simple tls10_cbc -tls1 -cipher ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0
simple tls13_chacha -tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256
simple tls13_aes128 -tls1_3 -ciphersuites TLS_AES_128_GCM_SHA256

if is_wanted tls13_hrr; then # the client guesses a group that the server does not take
  begin tls13_hrr
  server -naccept 1 -www -tls1_3 -groups P-256
  printf "$request" | client -quiet -tls1_3 -groups X25519:P-256
  finish
fi
if is_wanted tls13_keyupdate; then # K: new keys for both directions, k: for our own
  begin tls13_keyupdate
  server -naccept 1 -rev -tls1_3
  get() { sleep 0.3; printf 'GET /%s HTTP/1.1\r\nHost: broker.wx.test\r\n\r\n' "$1"; sleep 0.3; }
  { get before; printf 'K\n'; get between; printf 'k\n'; get after; printf 'Q\n'; } | client -tls1_3
  finish
fi
if is_wanted tls12_resume; then
  begin tls12_resume
  server -naccept 2 -www -tls1_2
  printf "$request" | client -quiet -tls1_2 -sess_out session.pem
  printf "$request" | client -quiet -tls1_2 -sess_in session.pem
  finish
fi
if is_wanted tls13_early; then # resumption by pre-shared key, with a request that does not wait for the handshake
  begin tls13_early
  openssl s_server -accept "127.0.0.1:$port" -cert cert.pem -key key.pem -naccept 2 -tls1_3 -early_data > /dev/null 2>&1 < <(sleep 4) &
  peer=$!
  wait_for listening
  { printf 'first\n'; sleep 0.5; printf 'Q\n'; } | client -tls1_3 -sess_out session.pem
  printf 'GET /early HTTP/1.1\r\nHost: broker.wx.test\r\n\r\n' > early.txt
  { sleep 0.3; printf 'late\n'; sleep 0.5; printf 'Q\n'; } | client -tls1_3 -sess_in session.pem -early_data early.txt
  finish
fi
if is_wanted tls13_early_refused; then # the same ticket a second time; the server answers the request that follows
  begin tls13_early_refused
  mkfifo answer
  openssl s_server -accept "127.0.0.1:$port" -cert cert.pem -key key.pem -naccept 3 -tls1_3 -early_data > /dev/null 2>&1 < answer &
  peer=$!
  exec 9> answer
  wait_for listening
  { printf 'first\n'; sleep 0.5; printf 'Q\n'; } | client -tls1_3 -sess_out session.pem
  printf 'HEAD /early HTTP/1.1\r\nHost: broker.wx.test\r\n\r\n' > early.txt
  { sleep 0.3; printf 'late\n'; sleep 0.5; printf 'Q\n'; } | client -tls1_3 -sess_in session.pem -early_data early.txt
  { sleep 0.3; printf 'GET /late HTTP/1.1\nHost: broker.wx.test\n\n'; sleep 0.3
    printf 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello\n' >&9; sleep 0.5; printf 'Q\n'; } | client -tls1_3 -sess_in session.pem -early_data early.txt
  exec 9>&-
  finish
fi
if is_wanted tls13_early_retry; then # refused by a HelloRetryRequest
  begin tls13_early_retry
  openssl s_server -accept "127.0.0.1:$port" -cert cert.pem -key key.pem -naccept 2 -tls1_3 -early_data -groups P-521:X25519 > /dev/null 2>&1 < <(sleep 4) &
  peer=$!
  wait_for listening
  { printf 'first\n'; sleep 0.5; printf 'Q\n'; } | client -tls1_3 -groups X25519 -sess_out session.pem
  printf 'POST /early HTTP/1.1\r\nHost: broker.wx.test\r\nContent-Length: 300\r\n\r\npart' > early.txt
  { sleep 0.3; printf 'GET /late HTTP/1.1\n\n'; sleep 0.5; printf 'Q\n'; } | client -tls1_3 -groups P-256:P-521 -sess_in session.pem -early_data early.txt
  finish
fi
if is_wanted mqtts; then # s_client speaks MQTT to a real broker: it writes the key log that mosquitto does not
  begin mqtts
  printf 'per_listener_settings false\nallow_anonymous true\nuser root\nlistener %s 127.0.0.1\ncertfile %s\nkeyfile %s\n' \
    "$port" "$work/cert.pem" "$work/key.pem" > mosquitto.conf
  mosquitto -c mosquitto.conf 2> /dev/null &
  peer=$!
  wait_for listening
  { printf '\x10\x23\x00\x04MQTT\x04\xc2\x00\x3c\x00\x07station\x00\x04wxu1\x00\x08hunter2!'; sleep 0.2
    printf '\x82\x09\x00\x01\x00\x04wx/#\x01'; sleep 0.2
    printf '\x32\x22\x00\x0awx/reading\x00\x02{"temperature_c":21}'; sleep 0.3
    printf '\xe0\x00'; sleep 0.2; } | client -quiet -tls1_3
  finish
fi
if is_wanted nginx_curl; then # two requests on one connection, gzip
  begin nginx_curl
  mkdir -p root
  printf '{"station": "wx-1", "temperature_c": 21.5, "again": "%0200d"}' 7 > root/reading.json
  printf 'daemon off;\nmaster_process off;\nerror_log stderr;\npid %s/nginx.pid;\nevents {}\nhttp {\naccess_log off;\ndefault_type application/json;\n
    client_body_temp_path %s/b; proxy_temp_path %s/p; fastcgi_temp_path %s/f; uwsgi_temp_path %s/u; scgi_temp_path %s/s;\n
    gzip on; gzip_types application/json; gzip_min_length 20;\nserver { listen 127.0.0.1:%s ssl; ssl_certificate %s/cert.pem;
    ssl_certificate_key %s/key.pem; root %s/root; } }\n' \
    "$work" "$work" "$work" "$work" "$work" "$work" "$port" "$work" "$work" "$work" > nginx.conf
  nginx -c "$work/nginx.conf" 2> nginx.log &
  peer=$!
  wait_for listening
  SSLKEYLOGFILE="$out/$name.keys" curl -ks --noproxy '*' --compressed --http1.1 -u station:hunter2! \
    "https://127.0.0.1:$port/reading.json" "https://127.0.0.1:$port/reading.json?token=abcdef" -o one -o two
  finish
fi
if is_wanted tls12_not_yet; then # last, since it changes the certificate
  future
  simple tls12_not_yet -tls1_2
fi
