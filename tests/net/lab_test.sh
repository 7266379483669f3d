#!/usr/bin/env bash
# The main job, as people run it: twice in a row, as the user at hand and as an unprivileged one, interrupted and killed in
# the middle. Nothing may be left over; tshark, which is nobody of ours, must agree about both captures.
set -u
wxsec=${WXSEC:?}
unshare --user --map-root-user --net true 2>/dev/null || { echo "SKIPPED: this machine allows no user namespaces"; exit 77; }
dir=$(mktemp -d); chmod 755 "$dir"
trap 'rm -rf "$dir"' EXIT
failures=0
check() { if eval "$2"; then echo "ok: $1"; else echo "FAILED: $1 ($2)"; failures=$((failures + 1)); fi; }
# Processes of a lab that writes to $dir, whoever started them.
left_over() { pgrep -f "$dir" | grep -vx $$ | xargs -r ps -o pid=,args= -p | grep -v pgrep; }

# A proxy in the environment must not get between a station and its broker.
http_proxy=http://127.0.0.1:9 https_proxy= "$wxsec" lab --out "$dir/a" --json >"$dir/a.json" 2>"$dir/a.err"
check "the lab holds" "[ $? = 0 ]" || true
[ $failures = 0 ] || cat "$dir/a.err"
check "the JSON on stdout says so" "jq -e '.held and .expectations > 30 and (.steps | length) > 15' $dir/a.json >/dev/null"
# A machine that already does more than it has cores for says nothing about speed.
limit=15000; awk -v cores="$(nproc)" '{ exit !($1 > cores + 1) }' /proc/loadavg && { limit=60000; echo "note: this machine is overloaded; the limit is a minute"; }
check "it takes under $limit ms" "jq -e '.took_ms < $limit' $dir/a.json >/dev/null"
for file in report.html report.json plain.pcap tls.pcap renewal.pcap tls.keys; do check "$file is written" "[ -s $dir/a/$file ]"; done
check "keys are readable for their owner alone" "[ -z \"\$(find $dir/a -name '*.pem' -path '*privkey*' -perm /077)\" ]"
# What the table says, by itself: every cell rests on something, and the tiles agree with it.
cell() { jq -r --arg question "$1" '.comparison[] | select(.question == $question) | .'"$2" "$dir/a.json"; }
check "every cell names its evidence" "jq -e '[.comparison[] | .plaintext_evidence, .tls_evidence] | all(. != \"\")' $dir/a.json >/dev/null"
check "no cell says that something was not tried" "! grep -q 'not tried\|nothing to refuse it' $dir/a.json"
check "the tile of attempts that broke in agrees with the table" \
  "[ \$(jq '[.comparison[] | select(.plaintext == \"BROKEN\")] | length' $dir/a.json) = \$(grep -o 'tile bad\"><strong>[0-9]*' $dir/a/report.html | grep -o '[0-9]*\$') ]"
check "readings are counted once: read and stored agree" "cell 'Readings an eavesdropper reads' plaintext | grep -Eq '^([0-9]+) of \\1 stored\$'"
plain=$(cell 'Price: bytes per reading on connections that stand' plaintext); tls=$(cell 'Price: bytes per reading on connections that stand' tls)
check "a reading costs more with TLS, but not twice as much" "[ $plain -gt 300 ] && [ $tls -gt $plain ] && [ $tls -lt \$((2 * plain)) ]"
check "the handshake is a price of its own" "[ \$(cell 'Price: bytes to open a connection, once' tls) -gt 1500 ]"
check "the forged message was received by the witness" "jq -e '[.steps[] | select(.name == \"plain-attack\") | .expectations[].evidence[] | select(startswith(\"witness\"))] | length > 0 and all(contains(\"received wxsec-canary-\"))' $dir/a.json >/dev/null"
check "what can be typed by hand has no gaps" "! jq -r '.steps[].by_hand' $dir/a.json | grep -qF -e ' ...' -e pidof"
check "nothing is left running" "[ -z \"\$(left_over)\" ]"

"$wxsec" lab --out "$dir/a" >"$dir/again.txt" 2>&1
check "a second run in the same directory holds too" "[ $? = 0 ]"

if command -v tshark >/dev/null; then
  readings() { tshark -r "$1" "${@:2}" -Y mqtt.msgtype==3 -T fields -e mqtt.msg 2>/dev/null | tr , '\n' | grep -c 74656d70657261747572655f63; }
  check "tshark reads the readings in plain.pcap" "[ \$(readings $dir/a/plain.pcap) -ge 15 ]"
  check "tshark reads none in tls.pcap" "[ \$(readings $dir/a/tls.pcap) = 0 ]"
  serials() { tshark -r "$dir/a/renewal.pcap" -Y tls.handshake.certificate -T fields -e x509af.serialNumber 2>/dev/null | tr ',' '\n' | tr -d ':' | sed 's/^0x//; s/^0*//' | tr A-F a-f; }
  jq -r '.steps[] | select(.name == "cert-renew") | .expectations[].evidence[] | select(startswith("serial before")) | gsub("serial before |now "; "") | gsub(", "; "\n")' "$dir/a/report.json" | sed 's/^0*//' >"$dir/expected"
  check "the report names four serials, old and new" "[ \$(sort -u $dir/expected | wc -l) = 4 ]"
  check "tshark finds each of them in renewal.pcap" "[ -z \"\$(sort -u $dir/expected | grep -vxF -f <(serials))\" ]"
  check "no byte of tls.pcap names a temperature, but in what the intruder sent himself" \
    "[ \$(tshark -r $dir/a/tls.pcap -Y 'tls.app_data contains \"temperature_c\"' 2>/dev/null | wc -l) = 0 ]"
  check "with the key log tshark reads the operator's subscription" \
    "[ \$(readings $dir/a/tls.pcap -o tls.keylog_file:$dir/a/tls.keys -d tcp.port==8883,tls -d tls.port==8883,mqtt) -ge 1 ]"
fi

if [ "$(id -u)" = 0 ] && id nobody >/dev/null 2>&1; then
  install -d -o nobody -m 755 "$dir/nobody"
  cp "$wxsec" "$dir/wxsec"; chmod 755 "$dir/wxsec"
  setpriv --reuid nobody --regid nogroup --clear-groups env HOME=/nonexistent "$dir/wxsec" lab --out "$dir/nobody/out" >"$dir/nobody.txt" 2>&1
  check "an unprivileged user can do it" "[ $? = 0 ]"
  [ $failures = 0 ] || tail -n 20 "$dir/nobody.txt"
fi

# Two at once: one directory is one lab's.
"$wxsec" lab --out "$dir/two" >"$dir/two.txt" 2>&1 & pid=$!
for _ in $(seq 200); do [ -s "$dir/two/plain/mosquitto.log" ] && break; sleep 0.05; done
"$wxsec" lab --out "$dir/two" >"$dir/too.txt" 2>&1
check "a second lab in the same directory is refused with 3" "[ $? = 3 ]"
check "and says why" "grep -q 'another lab is writing to' $dir/too.txt"
wait $pid
check "the first one goes on undisturbed" "[ $? = 0 ]"

# Interrupted and killed in the middle: wait until the broker of the first act is up, then strike.
wait_for_broker() { for _ in $(seq 200); do [ -s "$1/plain/mosquitto.log" ] && return 0; sleep 0.05; done; return 1; }
"$wxsec" lab --out "$dir/int" >/dev/null 2>&1 & pid=$!
wait_for_broker "$dir/int"; began=$(date +%s%N); kill -INT $pid; wait $pid; code=$?
took=$((($(date +%s%N) - began) / 1000000))
check "SIGINT ends it with 130" "[ $code = 130 ]"
check "within two seconds, though it waited for readings ($took ms)" "[ $took -lt 2000 ]"
check "and leaves no process" "[ -z \"\$(left_over)\" ]"
"$wxsec" lab --out "$dir/kill" >/dev/null 2>&1 & pid=$!
wait_for_broker "$dir/kill"; kill -KILL $pid; wait $pid 2>/dev/null
for _ in $(seq 100); do [ -z "$(left_over)" ] && break; sleep 0.05; done
check "SIGKILL leaves no process" "[ -z \"\$(left_over)\" ]"

unshare --user --map-root-user sh -c 'echo 0 >/proc/sys/user/max_net_namespaces 2>/dev/null && exec "$@"' sh "$wxsec" lab --out "$dir/no" >"$dir/no.txt" 2>&1
code=$?
if grep -q 'cannot make a network namespace' "$dir/no.txt"; then
  check "without the right to make namespaces: exit 3" "[ $code = 3 ]"
  check "and a hint" "grep -q 'hint:' $dir/no.txt"
  check "and no directory" "[ ! -e $dir/no ]"
else
  echo "note: namespaces could not be forbidden here; that case was not tried"
fi
[ $failures = 0 ]
