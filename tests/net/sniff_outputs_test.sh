#!/bin/bash
# What `wxsec sniff` prints and writes, besides JSON lines' content: schema, page, exit codes, hexdump, one flow, filters,
# compressed input, hostile text in every output, files that carry their keys, and a key log that grows while capturing.
set -u
captures="$SOURCE/tests/captures"
work=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
chmod 755 . # root's sniffer becomes somebody else once it captures, and that one must get at the key log
failed=0
fail() {
  echo "FAIL $*"
  failed=1
}
has() { grep -qF -- "$2" "$1" || fail "$1 lacks: $2"; }
lacks() { ! grep -qF -- "$2" "$1" || fail "$1 has: $2"; }
sniff() { # OUTFILE OPTIONS...: text goes to OUTFILE and OUTFILE.err, the exit code into $code
  local out=$1
  shift
  "$WXSEC" sniff "$@" > "$out" 2> "$out.err"
  code=$?
}

python3 "$SOURCE/tests/net/sniff_schema.py" "$WXSEC" "$SOURCE" || failed=1

# Exit codes: 1 only where something at this level leaked.
for level in info low medium high critical; do
  sniff out -r "$captures/mqtt311_every_packet.pcap" --fail-on $level
  [ $code = 1 ] || fail "--fail-on $level exits $code for a password in clear"
done
sniff out -r "$captures/mqtt311_every_packet.pcap"
[ $code = 0 ] || fail "without --fail-on it exits $code"
sniff out -r "$captures/tls13.pcap" --fail-on info
[ $code = 0 ] || fail "TLS 1.3 exits $code with --fail-on info"
sniff out -r "$captures/tls13.pcap" --keylog "$captures/tls13.keys" --fail-on info
[ $code = 0 ] || fail "what only the key log shows made it exit $code"
sniff out -r "$captures/tls_static_rsa.pcap" --fail-on critical
[ $code = 0 ] || fail "a medium finding exits $code with --fail-on critical"
sniff out -r "$captures/tls13.pcap" --fail-on loud
[ $code = 2 ] || fail "an unknown level exits $code"
sniff out -r "$work/absent.pcap"
[ $code = 3 ] || fail "a missing file exits $code"

# A capture is not overwritten while it is read.
cp "$captures/tls13.pcap" same.pcap
ln same.pcap alias.pcap
sniff out -r same.pcap -w alias.pcap
[ $code = 2 ] || fail "-r and -w of one file exits $code"
cmp -s same.pcap "$captures/tls13.pcap" || fail "-w destroyed the capture that was read"

# Nor is any other file of a run, by whichever name.
cp "$captures/tls13.keys" same.keys
ln -s same.keys alias.keys
for options in "--html same.pcap" "--html ./alias.pcap" "--keylog same.keys -w alias.keys" "--keylog same.keys --html same.keys" \
  "-w new.pcap --html $work/new.pcap"; do
  # shellcheck disable=SC2086
  sniff out -r same.pcap $options
  [ $code = 2 ] || fail "$options exits $code"
  has out.err 'are the same file'
done
cmp -s same.pcap "$captures/tls13.pcap" || fail "the capture that was read is not what it was"
cmp -s same.keys "$captures/tls13.keys" || fail "the key log that was read is not what it was"
[ ! -e new.pcap ] || fail "a refused run wrote something"

# Options that contradict each other, or are out of any range.
for options in "--snap-length 96" "--promiscuous" "--buffer-bytes 1000000" "--write-max-bytes 1000" "-w x.pcap --write-max-files 2" \
  "-w -" "--html -" "--fail-on="; do
  # shellcheck disable=SC2086
  sniff out -r same.pcap $options
  [ $code = 2 ] && grep -q 'hint:' out.err || fail "$options exits $code: $(cat out.err)"
done
for options in "--snap-length -5" "--snap-length 0" "--snap-length 99999999999" "--buffer-bytes 1"; do
  # shellcheck disable=SC2086
  sniff out -i lo $options -c 1
  [ $code = 2 ] || fail "$options exits $code"
done

# What was found is told: with its message, in the numbers at the end, and to programs with the bytes.
sniff out -r "$captures/http_secrets.pcap"
has out 'WX-HTTP-002 critical'
has out.err 'explain WX-HTTP-002'
sniff out -r "$captures/http_secrets.pcap" --json
python3 - out << 'CHECK' || fail "a finding lacks something"
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
found = [line for line in lines if line["type"] == "finding"]
assert {"WX-HTTP-002", "WX-HTTP-003"} <= {line["id"] for line in found}
for line in found:
    assert line["packet"] > 0 and line["time"] and line["excerpt"] and line["severity"], line
response = next(line for line in found if line["packet"] == 6)
assert response["src"] == "192.0.2.1:8080", response
CHECK

# A capture of a kind that we cannot read is no innocent one.
python3 -c 'import struct, sys; sys.stdout.buffer.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 105) + struct.pack("<IIII", 1, 0, 4, 4) + bytes(4))' > wifi.pcap
sniff out -r wifi.pcap
[ $code = 3 ] && grep -q 'link type 105' out.err || fail "a capture of an unknown link type exits $code: $(cat out.err)"

# Packets that are written without their secrets: said, since nothing opens them later.
sniff out -r "$captures/tls13.pcap" --keylog "$captures/tls13.keys" -w bare.pcap
has out.err 'without the secrets'
sniff out -r "$captures/tls13.pcap" --keylog "$captures/tls13.keys" -w both.PCAPNG
sniff again -r both.PCAPNG
has again 'HTTP (decrypted)'

# A page with passwords is for its owner; one that was there stays until there is something new.
sniff out -r "$captures/http_secrets.pcap" --html open.html --show-secrets
[ "$(stat -c %a open.html)" = 600 ] || fail "a page with passwords has mode $(stat -c %a open.html)"
printf 'old' > kept.html
sniff out -r "$work/absent.pcap" --html kept.html
[ "$(cat kept.html)" = old ] || fail "a run that failed emptied the page"

# Hexdump, masked; and shown on request, with a warning.
sniff dump -r "$captures/mqtt311_every_packet.pcap" -x
has dump '00 04 4d 51 54 54 04'
lacks dump 'hunter2!'
sniff dump -r "$captures/mqtt311_every_packet.pcap" -x --show-secrets
has dump 'hunter2!'
has dump.err 'prints passwords as they are'

sniff dump -r "$captures/mqtts.pcap" --keylog "$captures/mqtts.keys" -x
has dump 'with the key'
has dump 'on the wire'
has dump '4d 51 54 54'
lacks dump 'hunter2!'

# One flow, whole.
sniff all -r "$captures/every_secret.pcap"
sniff one -r "$captures/every_secret.pcap" --follow 3
[ "$(grep -c 'end of flow' one)" = 1 ] || fail "--follow 3 shows more than one flow"
has one 'end of flow 3'
[ "$(grep -c 'end of flow' all)" -gt 10 ] || fail "the capture has too few flows for this test"
sniff one -r "$captures/every_secret.pcap" --follow 999
[ $code = 3 ] && grep -q 'there is no flow 999' one.err || fail "--follow 999 exits $code: $(cat one.err)"
sniff one -r "$captures/every_secret.pcap" --follow 0
[ $code = 2 ] || fail "--follow 0 exits $code"

# Filters apply to files; gzip is read as it is; standard input, too.
sniff json -r "$captures/every_secret.pcap" --json
gzip -c "$captures/every_secret.pcap" > packed.pcap.gz
sniff unpacked -r packed.pcap.gz --json
cmp -s json unpacked || fail "a gzipped capture reads differently"
"$WXSEC" sniff -r - --json < "$captures/every_secret.pcap" > piped 2> /dev/null
cmp -s json piped || fail "standard input reads differently"
sniff filtered -r "$captures/every_secret.pcap" --json tcp port 4711
[ "$(grep -c '"type":"flow"' filtered)" = 1 ] || fail "the filter lets other flows through"
sniff filtered -r "$captures/every_secret.pcap" --json 'tcp portt 1'
[ $code = 2 ] || fail "a wrong filter exits $code"

# The summary tells its counters, once, and so does everything else.
sniff summary -r "$captures/http_secrets.pcap" --summary
[ "$(cat summary summary.err | grep -c 'packets received')" = 1 ] || fail "--summary tells its counters $(cat summary summary.err | grep -c 'packets received') times"
sniff lines -r "$captures/http_secrets.pcap"
[ "$(cat lines lines.err | grep -c 'packets received')" = 1 ] || fail "lines do not tell the counters once"
sniff quiet -r "$captures/tls12.pcap"
sniff every -r "$captures/tls12.pcap" --records
lacks quiet 'handshake record'
has every 'handshake record'

# A page that stands alone, and in which nothing of the network is markup.
sniff out -r "$captures/hostile_text.pcap" --html page.html
has page.html '&lt;script&gt;'
lacks page.html '<script'
has page.html 'prefers-color-scheme'
has page.html "default-src 'none'"
! grep -qE '(src|href)="?(https?:)?//' page.html || fail "the page loads something"
! grep -qP '\xe2\x80\xae|\x1b' page.html || fail "the page has control characters of the network"
sniff out -r "$captures/http_secrets.pcap" --html page.html
lacks page.html 's3cret'
lacks page.html 'k-12345'
has page.html 'WX-HTTP-002'
sniff out -r "$captures/hostile_text.pcap" --html "$work/no/such/page.html"
[ $code = 3 ] || fail "an unwritable page exits $code"

# Hostile text: no output may hold an escape, a bell, or a mark that turns the writing direction.
for options in "" "-x" "--json" "--summary" "--summary --json" "--follow 1" "--show-secrets -x"; do
  # shellcheck disable=SC2086
  sniff hostile -r "$captures/hostile_text.pcap" $options
  [ $code = 0 ] || fail "hostile text exits $code with $options"
  ! grep -qP '\x1b|\x07|\xe2\x80\xae' hostile || fail "hostile text gets through with '$options'"
done
sniff hostile -r "$captures/hostile_text.pcap" --json
python3 -c 'import json, sys; [json.loads(line) for line in open("hostile")]' || fail "hostile text breaks JSON"

# A file that carries its keys opens for us and for tshark without a second file.
for name in tls12_cbc_mte tls13_keyupdate; do
  rm -f with.pcapng
  sniff out -r "$captures/$name.pcap" --keylog "$captures/$name.keys" -w with.pcapng
  sniff again -r with.pcapng
  has again 'HTTP (decrypted)'
  if command -v tshark > /dev/null; then
    port=$(tshark -n -r with.pcapng -T fields -e tcp.dstport -c 1 2> /dev/null)
    tshark -n -r with.pcapng -d "tcp.port==$port,tls" -d "tls.port==$port,http" -Y http.request 2> /dev/null > shark
    [ -s shark ] || fail "tshark cannot decrypt $name with the keys in the file"
  else
    echo "skipped: tshark is not installed, the file with keys was read by ourselves only"
  fi
done
sniff out -r "$captures/tls13.pcap" --keylog "$work/absent.keys"
[ $code = 3 ] || fail "a missing key log of a file exits $code"

sniff out -r "$captures/tls13.pcap" --keylog "$work"
[ $code = 3 ] || fail "a directory as key log exits $code"
printf '%s' "$(cat "$captures/tls13.keys")" > unended.keys # without the newline at its end
sniff out -r "$captures/tls13.pcap" --keylog "$captures/tls13.keys"
sniff again -r "$captures/tls13.pcap" --keylog unended.keys
cmp -s out again || fail "the last line of a key log without a newline is lost"
sniff out -r "$captures/tls13.pcap" --keylog "$captures/tls12.keys"
has out.err 'opened nothing'

# Live: the key log is created and grows while we capture.
live() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -keyout key.pem -out cert.pem 2> /dev/null
  coproc SERVER { exec openssl s_server -accept 127.0.0.1:0 -cert cert.pem -key key.pem -www 2>&1; }
  local line port=
  while read -r -t 10 line <&"${SERVER[0]}"; do
    case $line in *ACCEPT*:*) port=${line##*:}; break ;; esac
  done
  [ -n "$port" ] || { fail "s_server does not say where it listens"; return; }
  "$WXSEC" sniff -i lo --keylog live.keys --json -w live.pcapng "tcp port $port" > live.json 2> live.err &
  local sniffer=$!
  for _ in $(seq 200); do
    grep -qs capturing live.err && break
    kill -0 $sniffer 2> /dev/null || break
    read -r -t 0.05 < <(sleep 1)
  done
  if ! grep -qs capturing live.err; then
    echo "skipped: live capture: $(cat live.err)"
    return
  fi
  printf '# of a program that is gone\n' > live.keys
  read -r -t 0.2 < <(sleep 1)
  rm live.keys # a new file by the same name is followed
  printf 'GET /while-it-grows HTTP/1.1\r\n\r\n' | openssl s_client -quiet -connect "127.0.0.1:$port" -keylogfile live.keys > /dev/null 2>&1
  for _ in $(seq 200); do
    grep -q while-it-grows live.json && break
    read -r -t 0.05 < <(sleep 1)
  done
  kill -INT $sniffer
  wait $sniffer
  has live.json '"decrypted":true'
  has live.json '"target":"/while-it-grows"'
  sniff again -r live.pcapng --json
  has again '"target":"/while-it-grows"'
  kill "$SERVER_PID" 2> /dev/null
}
# timeout(1) interrupts the process and its group: that is one interrupt, and everything is still told.
twice() {
  timeout -s INT 1.5 "$WXSEC" sniff -i lo --html twice.html "tcp port 1" > twice.txt 2> twice.err
  grep -qs capturing twice.err || { echo "skipped: live capture: $(cat twice.err)"; return; }
  has twice.err 'packets received'
  [ -s twice.html ] || fail "an interrupt left an empty page"
}
# A ring of root's: its files belong to one user, who can go round.
ring() {
  [ "$(id -u)" = 0 ] || { echo "skipped: a ring of root's: this is not root"; return; }
  mkdir -m 777 ring closed
  chmod 755 closed
  "$WXSEC" sniff -i lo -w ring/r.pcap --write-max-bytes 2000 --write-max-files 2 -c 60 "udp port 9" > ring.txt 2> ring.err &
  local sniffer=$!
  for _ in $(seq 200); do
    grep -qs capturing ring.err && break
    kill -0 $sniffer 2> /dev/null || break
    read -r -t 0.05 < <(sleep 1)
  done
  grep -qs capturing ring.err || { echo "skipped: live capture: $(cat ring.err)"; return; }
  python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); [s.sendto(bytes(300), ("127.0.0.1", 9)) for _ in range(60)]'
  wait $sniffer
  code=$?
  [ $code = 0 ] || fail "root's ring exits $code: $(cat ring.err)"
  [ "$(ls ring | wc -l)" = 2 ] || fail "root's ring has the files $(ls ring)"
  [ "$(stat -c %U ring/* | sort -u | wc -l)" = 1 ] || fail "root's ring belongs to $(stat -c %U ring/*)"
  sniff out -i lo -w closed/r.pcap --write-max-bytes 2000 -c 1
  [ $code = 3 ] && grep -q 'may not make' out.err || fail "a ring where its user may not write exits $code: $(cat out.err)"
  [ -z "$(ls closed)" ] || fail "a refused ring left $(ls closed)"
}
# Live on a wire that is never silent: a line must not wait for a pause or for a full buffer.
busy() {
  cat > talker.py << 'TALKER'
import socket, sys, time
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
taken, _ = server.accept()
print(server.getsockname()[1], flush=True)
sys.stdin.readline()
client.sendall(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04busy")
for i in range(1500):  # six seconds, four milliseconds apart
    client.sendall(b"\x30\x09\x00\x04wx/b%03d" % (i % 1000))
    taken.recv(4096)
    time.sleep(0.004)
TALKER
  mkfifo go
  python3 talker.py < go > port.txt &
  local talker=$!
  exec 9> go
  for _ in $(seq 200); do
    [ -s port.txt ] && break
    read -r -t 0.05 < <(sleep 1)
  done
  "$WXSEC" sniff -i lo "tcp port $(cat port.txt)" > busy.txt 2> busy.err &
  local sniffer=$!
  for _ in $(seq 200); do
    grep -qs capturing busy.err && break
    kill -0 $sniffer 2> /dev/null || break
    read -r -t 0.05 < <(sleep 1)
  done
  if ! grep -qs capturing busy.err; then
    echo "skipped: live capture: $(cat busy.err)"
    kill $talker
    return
  fi
  echo go >&9
  local seen=no
  while kill -0 $talker 2> /dev/null; do
    if grep -q PUBLISH busy.txt; then
      seen=yes
      break
    fi
    read -r -t 0.05 < <(sleep 1)
  done
  [ $seen = yes ] || fail "no line was printed while the wire was busy"
  kill $talker 2> /dev/null
  kill -INT $sniffer
  wait $sniffer
  exec 9>&-
}
twice
ring
busy
if command -v openssl > /dev/null; then live; fi
[ $failed = 0 ] && echo "outputs: all as they should be"
exit $failed
