#!/bin/bash
# What a cron job, Prometheus and Nagios get from `certs check`: exit codes for every kind of target, metrics that a
# strict parser (and promtool, where it is there) accepts, one line for Nagios, and many endpoints at once.
set -u
work=$(mktemp -d /tmp/wxsec-check.XXXXXX)
pids=()
trap 'for p in "${pids[@]}"; do kill "$p" 2> /dev/null; done; rm -rf "$work"' EXIT
cd "$work" || exit 1
fail() { echo "FAILED: $*"; exit 1; }
expect() { local want=$1; shift; "$@" > out.txt 2> err.txt; local got=$?; [ "$got" -eq "$want" ] || { cat out.txt err.txt; fail "exit $got, not $want: $*"; }; }

"$WXSEC" certs init --dir c > /dev/null || fail "init"
mkdir empty keys odd
cp c/broker/current/privkey.pem keys/only.pem
head -c 300 c/broker/current/cert.pem > odd/cut.pem
ln -s nowhere.pem odd/dangling.pem
cat c/broker/current/privkey.pem c/broker/current/fullchain.pem > keys-first.pem; chmod 600 keys-first.pem
"$WXSEC" certs issue --dir c --profile expired old > /dev/null || fail "an expired one"

expect 0 "$WXSEC" certs check c
expect 0 "$WXSEC" certs check c/broker/current/cert.pem
expect 0 "$WXSEC" certs check --dir c keys-first.pem
expect 1 "$WXSEC" certs check c --within 100%
expect 1 "$WXSEC" certs check c/broker/current/cert.pem --within 400d
expect 1 "$WXSEC" certs check --dir c c/wrong/old/current/cert.pem
expect 1 "$WXSEC" certs check odd/cut.pem
expect 3 "$WXSEC" certs check empty
expect 3 "$WXSEC" certs check keys
expect 3 "$WXSEC" certs check nowhere
expect 3 "$WXSEC" certs check odd/dangling.pem
expect 1 "$WXSEC" certs check odd
expect 3 "$WXSEC" certs check c/broker/current/cert.pem nowhere
expect 1 "$WXSEC" certs check c/wrong/old nowhere
grep -q '2 checked, 1 expired, 1 unreadable' out.txt || { cat out.txt; fail "one of two troubles hides the other"; }
expect 3 "$WXSEC" certs check https://127.0.0.1:1
expect 2 "$WXSEC" certs check c --within soon
expect 2 "$WXSEC" certs check c --json --nagios

# Parts of a directory are measured by its own authority, copies elsewhere by --dir or --ca, else by their dates alone, and
# that is said in every format.
"$WXSEC" certs init --dir other --stations 1 > /dev/null || fail "another directory"
cp -a other/stations/station-0001 c/stations/copied
expect 1 "$WXSEC" certs check c/stations
expect 1 "$WXSEC" certs check c/stations/copied
rm -r c/stations/copied
expect 0 "$WXSEC" certs check c/stations
expect 1 "$WXSEC" certs check c/wrong
cp -r other/stations two
expect 1 "$WXSEC" certs check --dir c two
expect 1 "$WXSEC" certs check --ca c/ca.pem two
expect 0 "$WXSEC" certs check --dir other two
expect 0 "$WXSEC" certs check two
grep -q 'by its dates alone' out.txt && grep -q '1 checked, 1 fine; 1 by dates alone' out.txt || { cat out.txt; fail "a stranger is plainly fine"; }
expect 0 "$WXSEC" certs check two --nagios
grep -q '^WXSEC OK - 1 fine (1 by dates alone)' out.txt || { cat out.txt; fail "a stranger is plainly OK"; }
expect 0 "$WXSEC" certs check two --json
grep -q '"dates_only": *true' out.txt || fail "a stranger in JSON"
expect 0 "$WXSEC" certs check two --prometheus
grep -q '^wxsec_certificate_dates_only{.*} 1$' out.txt || fail "a stranger in the metrics"

# Somebody who may not enter the authorities' folders, nor read a key, is told so.
chmod 755 "$work"
chmod 600 c/broker/current/privkey.pem
as_other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
[ "$(id -u)" = 0 ] || { as_other=(); chmod 000 c/root; chmod 000 c/broker/current/privkey.pem; }
expect 3 "${as_other[@]}" "$WXSEC" certs check c
grep -q 'unreadable *c/root ' out.txt || { cat out.txt; fail "a folder that may not be entered is left out in silence"; }
expect 0 "${as_other[@]}" "$WXSEC" certs check c/stations
! grep -q 'dates alone' out.txt || { cat out.txt; fail "who may not look into the authority's folder is not measured by it"; }
expect 3 "${as_other[@]}" "$WXSEC" certs check c
grep -q 'its key was not compared' out.txt || { cat out.txt; fail "a key that may not be read is left out in silence"; }
for command in lint inspect; do
  expect 3 "${as_other[@]}" "$WXSEC" certs $command c
  cat out.txt err.txt | grep -q 'cannot look into c/root: Permission denied' || { cat out.txt err.txt; fail "$command leaves out in silence what may not be entered"; }
done
[ "$(id -u)" = 0 ] || { chmod 700 c/root; chmod 600 c/broker/current/privkey.pem; }

# Labels with everything that must be escaped, and the same target twice.
cp c/broker/current/fullchain.pem 'odd"name\with.pem'
"$WXSEC" certs check --dir c c 'odd"name\with.pem' 'odd"name\with.pem' nowhere --prometheus > metrics.prom
[ $? -eq 3 ] || fail "exit code with --prometheus"
python3 - <<'P' || fail "the metrics are not well-formed"
import re
seen, types, order, last = set(), {}, [], None
for line in open("metrics.prom", encoding="utf-8"):
    assert line.endswith("\n"), line
    line = line[:-1]
    if line.startswith("# HELP "): continue
    if line.startswith("# TYPE "):
        _, _, name, kind = line.split(" ")
        assert name not in types and kind == "gauge", line
        types[name] = kind
        continue
    m = re.fullmatch(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (-?[0-9]+(?:\.[0-9]+)?)', line)
    assert m, line
    assert m[1] in types, line
    if m[1] != last: assert m[1] not in order, line; order.append(m[1]); last = m[1]
    assert (m[1], m[2]) not in seen, "twice: " + line
    seen.add((m[1], m[2]))
assert sum(1 for name, _ in seen if name == "wxsec_certificate_state") > 9
P
if command -v promtool > /dev/null; then promtool check metrics < metrics.prom || fail "promtool"; fi

expect 0 "$WXSEC" certs check c --nagios
[ "$(wc -l < out.txt)" -eq 1 ] || fail "Nagios wants one line"
grep -qE "^WXSEC OK - [0-9]+ fine; first to end: .* \| 'fine'=[0-9]+;;;0; .*'first_end'=[0-9]+s;;;;$" out.txt || { cat out.txt; fail "the line for Nagios"; }
expect 1 "$WXSEC" certs check c --within 100% --nagios
grep -q '^WXSEC WARNING - ' out.txt || fail "WARNING"
expect 3 "$WXSEC" certs check nowhere --nagios
grep -q '^WXSEC UNKNOWN - ' out.txt || fail "UNKNOWN"
expect 1 "$WXSEC" certs check c/wrong/old nowhere --nagios
grep -q '^WXSEC WARNING - 1 expired, 1 unreadable; c/wrong/old/' out.txt || { cat out.txt; fail "the worst first"; }
expect 1 "$WXSEC" certs check c --within 100% --nagios --critical
expect 2 "$WXSEC" certs check c/wrong/old --critical
expect 2 "$WXSEC" certs check c/wrong/old nowhere --nagios --critical
grep -q '^WXSEC CRITICAL - 1 expired, 1 unreadable; c/wrong/old/' out.txt || { cat out.txt; fail "CRITICAL, the worst first"; }
expect 3 "$WXSEC" certs check c --within soon --nagios
grep -q '^WXSEC UNKNOWN - ' out.txt || fail "UNKNOWN where the plugin is called wrongly"
expect 3 "$WXSEC" certs check https://127.0.0.1:1 --nagios
[ "$(grep -o '127.0.0.1:1' out.txt | wc -l)" -eq 1 ] || { cat out.txt; fail "the URL is doubled"; }

# Forty URLs at once: one server, each asked for itself.
command -v openssl > /dev/null || { echo "skipped the endpoints: openssl is not there"; exit 0; }
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
openssl s_server -accept "127.0.0.1:$port" -cert c/broker/current/cert.pem -key c/broker/current/privkey.pem \
  -cert_chain c/broker/current/chain.pem -quiet > /dev/null 2>&1 &
pids+=($!)
for _ in $(seq 200); do (echo > "/dev/tcp/127.0.0.1/$port") 2> /dev/null && break; sleep 0.05; done
urls=(); for i in $(seq 40); do urls+=("mqtts://127.0.0.1:$port"); done
expect 0 "$WXSEC" certs check --dir c --timeout 20s --json "${urls[@]}"
python3 -c 'import json; r = json.load(open("out.txt")); assert r["fine"] == 40 and len(r["items"]) == 40, r' || fail "forty endpoints"
echo "fine"
