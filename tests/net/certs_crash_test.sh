#!/usr/bin/env bash
# SIGKILL at random moments, many times: key and certificate of every identity belong together at
# every moment, a reader in between never sees a mixed pair, and the next run completes the work.
# Judged by openssl, not by us. Also: modes under umask 000, and two renewals at once.
set -u
WXSEC=${WXSEC:?the binary}
command -v openssl >/dev/null || { echo "skip: openssl is not installed"; exit 77; }
work=$(mktemp -d) || exit 1
reader=
trap '[ -n "$reader" ] && kill "$reader" 2>/dev/null; rm -rf "$work"' EXIT
failures=0
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }

# pair FOLDER: the generation that current names is whole and of one piece.
pair() {
  local generation
  generation=$1/$(readlink "$1/current") || { fail "$1 has no current"; return; }
  local of_key of_cert
  of_key=$(openssl pkey -in "$generation/privkey.pem" -pubout 2>&1)
  of_cert=$(openssl x509 -in "$generation/cert.pem" -noout -pubkey 2>&1)
  [ "$of_key" = "$of_cert" ] || fail "$generation: key and certificate do not match: $of_key / $of_cert"
}

# 1. init, killed early, then run to its end.
for i in $(seq 1 15); do
  dir=$work/init-$i
  { timeout -s KILL "0.0$((RANDOM % 80 + 10))" "$WXSEC" certs init --dir "$dir" --stations 2; } >/dev/null 2>&1
  "$WXSEC" certs init --dir "$dir" --stations 2 >/dev/null || fail "init after a kill ($i)"
  "$WXSEC" certs check "$dir" >"$work/out" || { cat "$work/out"; fail "check after a kill ($i)"; }
  pair "$dir/broker"
done
[ -z "$(find "$work" -name '.new-*' -o -name '.current.*')" ] || fail "left-overs of killed runs remain"

# 2. renew, killed at random, with a reader that compares all the time.
dir=$work/certs
(umask 000; "$WXSEC" certs init --dir "$dir" --stations 3 >/dev/null) || fail init
cat >"$work/reader.sh" <<'SH'
for round in $(seq 1 400); do
  [ -e "$1/stop" ] && exit 0
  g=$1/certs/broker/$(readlink "$1/certs/broker/current") || { echo "no link" >>"$1/bad"; continue; }
  k=$(openssl pkey -in "$g/privkey.pem" -pubout 2>&1); c=$(openssl x509 -in "$g/fullchain.pem" -noout -pubkey 2>&1)
  # A reader so slow that five renewals overtook it finds its generation pruned: gone, not mixed.
  [ -e "$g/privkey.pem" ] && [ -e "$g/fullchain.pem" ] || continue
  [ "$k" = "$c" ] || echo "$g: $k $c" >>"$1/bad"
done
SH
bash "$work/reader.sh" "$work" & reader=$!
for i in $(seq 1 40); do
  { (umask 000; timeout -s KILL "0.0$((RANDOM % 90 + 10))" "$WXSEC" certs renew --dir "$dir" --all --force); } >/dev/null 2>&1
  pair "$dir/broker"
  pair "$dir/stations/station-000$((RANDOM % 3 + 1))"
done
touch "$work/stop"
wait $reader
reader=
[ -e "$work/bad" ] && { cat "$work/bad"; fail "the reader saw a mixed pair"; }
"$WXSEC" certs renew --dir "$dir" --all --force >/dev/null 2>&1 || fail "renew after the kills"
"$WXSEC" certs check "$dir" >"$work/out" || { cat "$work/out"; fail "check after the kills"; }
[ -z "$(find "$dir" -name '.new-*' -o -name '.current.*')" ] || fail "left-overs remain after a good run"
[ -z "$(find "$dir" -name privkey.pem ! -perm 0600)" ] || fail "a key is readable for others"
[ "$(find "$dir/broker" -mindepth 1 -maxdepth 1 -type d | wc -l)" -le 5 ] || fail "old generations pile up"

# 3. Two renewals at once: both end well, one after the other.
"$WXSEC" certs renew --dir "$dir" --all --force >/dev/null 2>"$work/e1" & first=$!
"$WXSEC" certs renew --dir "$dir" --all --force >/dev/null 2>"$work/e2" || fail "second renewal: $(cat "$work/e2")"
wait $first || fail "first renewal: $(cat "$work/e1")"
pair "$dir/broker"

# 4. A full disk: clear error, old pair intact.
"$WXSEC" certs check "$dir" >/dev/null || fail "check before the full disk"
before=$(readlink "$dir/broker/current")
report=$(trap '' XFSZ; ulimit -f 0; "$WXSEC" certs renew --dir "$dir" broker --force 2>&1)
[ $? = 1 ] || fail "a renewal without room did not exit with 1: $report"
grep -q "cannot write .*privkey.pem" <<<"$report" || fail "it does not say what could not be written: $report"
[ "$(readlink "$dir/broker/current")" = "$before" ] || fail "the link moved though nothing could be written"
pair "$dir/broker"

# 5. A symbolic link in the folder's place: somebody wants the key elsewhere. Refused, and nothing is written there.
mkdir "$work/elsewhere"
cp -a "$dir/api" "$work/elsewhere/api" && mv "$dir/api" "$dir/api.kept" && ln -s "$work/elsewhere/api" "$dir/api"
report=$("$WXSEC" certs renew --dir "$dir" api --force 2>&1)
[ $? = 1 ] || fail "a renewal through a symbolic link did not exit with 1: $report"
grep -q "symbolic link" <<<"$report" || fail "it does not say that a link is there: $report"
diff -r "$dir/api.kept" "$work/elsewhere/api" >/dev/null || fail "something was written through the link"
rm "$dir/api" && mv "$dir/api.kept" "$dir/api"

# 6. A real full disk and a real read-only one, in a mount namespace of our own.
cat >"$work/disks.sh" <<'SH'
set -u
mkdir small && mount -t tmpfs -o size=2m tmpfs small && cp -a certs small/ || exit 77
mkdir still && mount --bind certs still && mount -o remount,ro,bind still || exit 77
before=$(readlink small/certs/broker/current)
head -c 4000000 /dev/zero >small/filler 2>/dev/null
"$WXSEC" certs renew --dir small/certs --all --force >full.out 2>&1; echo "full $?" >disks.out
[ "$(readlink small/certs/broker/current)" = "$before" ] && echo "full kept" >>disks.out
rm small/filler
"$WXSEC" certs renew --dir small/certs broker --force >again.out 2>&1; echo "again $?" >>disks.out
"$WXSEC" certs renew --dir still --all --force >still.out 2>&1; echo "still $?" >>disks.out
exit 0
SH
export WXSEC
(cd "$work" && unshare --user --map-root-user --mount bash disks.sh) 2>"$work/disks.err"
case $? in
  0) grep -q "^full 1$" "$work/disks.out" || { cat "$work/full.out"; fail "on a full disk it did not exit with 1"; }
     grep -q "No space left on device" "$work/full.out" || { cat "$work/full.out"; fail "a full disk is not named"; }
     grep -q "^full kept$" "$work/disks.out" || fail "on a full disk the link moved"
     grep -q "^again 0$" "$work/disks.out" || { cat "$work/again.out"; fail "with room again it does not go on"; }
     grep -q "^still 3$" "$work/disks.out" || { cat "$work/still.out"; fail "a read-only directory did not end in exit 3"; }
     grep -q "Read-only file system" "$work/still.out" || { cat "$work/still.out"; fail "a read-only directory is not named"; } ;;
  *) echo "note: no mount namespace here, a real full and a read-only disk were not tried: $(head -1 "$work/disks.err")" ;;
esac

[ $failures = 0 ] && echo "no broken and no mixed pair" || exit 1
