#!/bin/bash
# A fleet whose run is killed at random moments and begun again: no gap, no second certificate, no mixed
# pair, and the ledger has exactly the serials that are there. Judged by openssl and sqlite3.
set -u
command -v openssl > /dev/null || { echo "skipped: openssl is not there"; exit 77; }
work=$(mktemp -d /tmp/wxsec-fleet.XXXXXX)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
fail() { echo "FAILED: $*"; exit 1; }

"$WXSEC" certs init --dir c > /dev/null || fail "init"
count=1500
kills=0
for attempt in $(seq 12); do
  "$WXSEC" certs issue --dir c --count "$count" field > /dev/null 2>&1 &
  pid=$!
  before=$(ls c/stations | wc -l)
  # Wait for progress, not for time: some hundred folders more, then the kill, wherever it is just then.
  for _ in $(seq 2000); do
    [ -d "/proc/$pid" ] || break
    [ $(($(ls c/stations | wc -l) - before)) -ge $((RANDOM % 200 + 20)) ] && break
  done
  kill -9 "$pid" 2> /dev/null && kills=$((kills + 1))
  wait "$pid" 2> /dev/null
done
echo "$kills runs killed"
[ "$kills" -ge 3 ] || fail "hardly a run was killed"
"$WXSEC" certs issue --dir c --count "$count" --json field > last.json || fail "the last run"

folders=$(ls -d c/stations/field-* | wc -l)
[ "$folders" -eq "$count" ] || fail "$folders folders"
stray=$(find c/stations -name '.new-*' -o -name '.current.*' | wc -l)
[ "$stray" -eq 0 ] || fail "$stray left-overs"
generations=$(find c/stations -mindepth 2 -maxdepth 2 -type d -path '*field-*' | wc -l)
[ "$generations" -eq "$count" ] || fail "$generations generations for $count identities"
python3 - <<'P' || fail "the ledger and the folders differ"
import glob, sqlite3, subprocess
rows = dict(sqlite3.connect("c/ledger.db").execute("select serial, name from issued where name like 'field-%'"))
names = sorted(rows.values())
assert len(rows) == 1500 and len(set(names)) == 1500, (len(rows), len(set(names)))
assert names[0] == "field-00001" and names[-1] == "field-01500", (names[0], names[-1])
keys = set()
for at, (serial, name) in enumerate(sorted(rows.items(), key=lambda row: row[1])):
    folder = f"c/stations/{name}/current/"
    text = open(folder + "privkey.pem").read()
    assert text not in keys, name
    keys.add(text)
    if at % 25: continue  # openssl is slow: every 25th
    said = subprocess.run(["openssl", "x509", "-in", folder + "cert.pem", "-noout", "-serial", "-pubkey"], capture_output=True, text=True).stdout
    public = subprocess.run(["openssl", "pkey", "-in", folder + "privkey.pem", "-pubout"], capture_output=True, text=True).stdout
    assert said.split("\n")[0].lower() == f"serial={serial}", (name, said)
    assert public in said, name
P
"$WXSEC" certs check c > check.txt || { tail -5 check.txt; fail "check"; }

# A table: its rows, and the line of what is wrong.
printf 'name,dns,lifetime\nhill,hill.stations.wx.test,90d\nlake,,\n' > good.csv
"$WXSEC" certs issue --dir c --from good.csv > /dev/null || fail "the table"
openssl x509 -in c/stations/hill/current/cert.pem -noout -ext subjectAltName | grep -q 'DNS:hill.stations.wx.test' || fail "the names of the table"
printf 'name,dns\nhill,x_y.wx.test\n' > bad.csv
"$WXSEC" certs issue --dir c --from bad.csv 2> bad.txt && fail "a bad table was taken"
grep -q 'bad.csv: line 2: column dns' bad.txt || { cat bad.txt; fail "the line of the error"; }
printf 'name,dns\nfar,far.example.org\n' > far.csv
"$WXSEC" certs issue --dir c --from far.csv 2> far.txt && fail "a forbidden name was signed"
grep -q 'name constraints' far.txt || { cat far.txt; fail "the reason of the refusal"; }
"$WXSEC" certs list --dir c 'field-*' --json | python3 -c '
import json, sys
report = json.load(sys.stdin)
assert len(report["identities"]) == 1500 and not report["missing"]
assert all(one["recorded"] and one["profile"] == "station" for one in report["identities"])' || fail "list"
echo "fine"
