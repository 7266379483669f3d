#!/usr/bin/env bash
# One fault at a time, at every call by which wxsec changes files, in turn: SIGKILL before it and after it, a full disk,
# an input/output error; over issue, renew, revoke and the roll-over of the authority. After each: every pair is whole and
# trusted by what lies beside it, a reader that looks all the time sees no mix, an error says so with its exit code, and
# the same command without a fault completes the work. Judged by openssl.
#
#     WXSEC_FAULTS=1000 WXSEC=build/dev/wxsec bash tests/net/certs_faults_test.sh      how many; 60 unless told
set -u
WXSEC=${WXSEC:?the binary}
SOURCE=${SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
faults=${WXSEC_FAULTS:-60}
first=${WXSEC_FAULTS_FROM:-0}  # where in the sequence: a long run may be shared out
command -v openssl >/dev/null || { echo "skip: openssl is not installed"; exit 77; }
command -v cc >/dev/null || { echo "skip: no C compiler for the fault shim"; exit 77; }
unset WXSEC_DIR
# In memory where there is some: a thousand syncs of a whole disk are the machine's business, not the test's.
[ -w /dev/shm ] && export TMPDIR=/dev/shm
work=$(mktemp -d) || exit 1
reader=
trap 'touch "$work/stop"; [ -n "$reader" ] && wait "$reader" 2>/dev/null; rm -rf "$work"' EXIT
failures=0
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }
cd "$work" || exit 1
cc -shared -fPIC -O1 -o shim.so "$SOURCE/tests/support/fault_shim.c" -ldl 2>cc.log || { echo "skip: $(head -1 cc.log)"; exit 77; }
if ldd "$WXSEC" | grep -q libasan; then echo "skip: the shim does not go with AddressSanitizer"; exit 77; fi

whole() {  # whole DIR NAME: key and certificate of current match, and lead to DIR/ca.pem
  local g
  g=$1/$2/$(readlink "$1/$2/current") || { fail "$3: $1/$2 has no current"; return; }
  [ "$(openssl pkey -in "$g/privkey.pem" -pubout 2>&1)" = "$(openssl x509 -in "$g/fullchain.pem" -noout -pubkey 2>&1)" ] ||
    fail "$3: $g: key and certificate do not match"
  openssl verify -CAfile "$1/ca.pem" -untrusted "$g/chain.pem" "$g/cert.pem" >verify.out 2>&1 ||
    fail "$3: $g: $(cat verify.out)"
}

"$WXSEC" certs init --dir base --stations 1 >/dev/null || { echo "FAIL: init"; exit 1; }
cp -a base live
# A directory of its own, under a name of its own, for the turns that need a fresh one.
fresh() { rm -rf "$dir"; dir=turn-$turn; cp -a base "$dir"; echo "$dir" >turn.name; }
dir=turn-none; echo live >turn.name

cat >reader.sh <<'SH'
# Resolves the link once, as a service does, and compares.
until [ -e stop ]; do
  for dir in live $(cat turn.name); do
    g=$dir/broker/$(readlink $dir/broker/current 2>/dev/null) || continue
    k=$(openssl pkey -in "$g/privkey.pem" -pubout 2>&1); c=$(openssl x509 -in "$g/fullchain.pem" -noout -pubkey 2>&1)
    echo >>reader.count
    # One that was so slow that its generation was pruned, or the directory of that turn removed, proves nothing.
    [ -e "$g/privkey.pem" ] && [ -e "$g/fullchain.pem" ] || continue
    [ "$k" = "$c" ] || echo "$g: $k / $c" >>reader.bad
  done
  read -r -t 0.05 <> <(:)
done
SH
bash reader.sh & reader=$!

# count COMMAND...: how many calls a run without a fault makes.
count() { FAULT_COUNT=$work/calls LD_PRELOAD=$work/shim.so "$@" >/dev/null 2>count.err || fail "$*: $(cat count.err)"; cat calls; }
cp -a base tmp; issue_calls=$(count "$WXSEC" certs issue --dir tmp one)
renew_calls=$(count "$WXSEC" certs renew --dir tmp --all --force)
served_calls=$(count "$WXSEC" certs renew --dir tmp broker --force --reload broker=command:true)
revoke_calls=$(count "$WXSEC" certs revoke --dir tmp station-0001)
rotate_calls=$(count "$WXSEC" certs rotate-ca --dir tmp --automatic --untold)
rm -rf tmp
[ "$issue_calls" -gt 10 ] && [ "$renew_calls" -gt 20 ] && [ "$rotate_calls" -gt 40 ] || fail "the shim counts nothing"

# Five operations, four faults each; a prime step walks through an operation's calls so that a short run samples evenly.
at() { echo $((1 + (turn / 20 * 7919 + turn % 4 * 31) % $1)); }
actions=(kill-before kill-after ENOSPC EIO)
killed=0 refused=0 survived=0
inject() {  # inject WHERE COMMAND...: with the fault of this turn; notes how it ended
  local where=$1 rc
  shift
  FAULT=$action FAULT_AT=$where LD_PRELOAD=$work/shim.so "$@" >out 2>err
  rc=$?
  what="$action at call $where of ${*:2}"
  case $rc in
    137) killed=$((killed + 1)) ;;
    0) survived=$((survived + 1)) ;;  # a call whose failure harms nothing: a lock file's mode, what is pruned
    1|3) refused=$((refused + 1)); grep -q "cannot " err || fail "$what: exit $rc without a word: $(cat err)" ;;
    *) fail "$what: exit $rc: $(cat err)" ;;
  esac
  return $rc
}
again() { "$@" >out 2>err || fail "$what, and then again: $(cat err)"; }

for ((turn = first; turn < first + faults; turn++)); do
  action=${actions[turn % 4]}
  case $((turn / 4 % 5)) in
    0) name=extra-$turn
       if ! inject "$(at "$issue_calls")" "$WXSEC" certs issue --dir live $name 2>/dev/null; then
         [ ! -e "live/stations/$name/current" ] || whole live stations/$name "$what"
         [ -e "live/stations/$name/current" ] || again "$WXSEC" certs issue --dir live $name
       fi
       whole live stations/$name "$what"
       rm -rf "live/stations/$name" ;;
    1) inject "$(at "$renew_calls")" "$WXSEC" certs renew --dir live --all --force 2>/dev/null
       whole live broker "$what"; whole live stations/station-0001 "$what"
       again "$WXSEC" certs renew --dir live --all --force ;;
    2) before=$(readlink live/broker/current)
       inject "$(at "$served_calls")" "$WXSEC" certs renew --dir live broker --force --reload broker=command:true 2>/dev/null
       rc=$?
       whole live broker "$what"
       [ $rc != 1 ] || [ "$(readlink live/broker/current)" = "$before" ] || fail "$what: failed, and the link moved"
       again "$WXSEC" certs renew --dir live broker --force ;;
    3) fresh
       inject "$(at "$revoke_calls")" "$WXSEC" certs revoke --dir "$dir" station-0001 2>/dev/null
       openssl crl -in "$dir/crl.pem" -noout -CAfile "$dir/issuing/current/fullchain.pem" >verify.out 2>&1 || fail "$what: $(cat verify.out)"
       again "$WXSEC" certs revoke --dir "$dir" station-0001
       openssl crl -in "$dir/crl.pem" -noout -text | grep -qi "serial number: $(openssl x509 -in "$dir/stations/station-0001/current/cert.pem" -noout -serial | cut -d= -f2)" ||
         fail "$what: the station is not on the list" ;;
    4) fresh
       inject "$(at "$rotate_calls")" "$WXSEC" certs rotate-ca --dir "$dir" --automatic --untold 2>/dev/null
       rc=$?
       whole "$dir" broker "$what"; whole "$dir" stations/station-0001 "$what"
       [ $rc = 0 ] || again "$WXSEC" certs rotate-ca --dir "$dir" --automatic --untold
       "$WXSEC" certs rotate-ca --dir "$dir" --status --json | grep -q '"under_way": false' || fail "$what: the roll-over is not over"
       [ "$(grep -c BEGIN "$dir/ca.pem")" = 1 ] || fail "$what: ca.pem holds the old authority"
       cmp -s "$dir/ca.pem" base/ca.pem && fail "$what: nothing was rolled over"
       whole "$dir" broker "$what"; whole "$dir" api "$what"; whole "$dir" operator "$what" ;;
  esac
done
touch stop
wait $reader
reader=
[ ! -e reader.bad ] || { head -3 reader.bad; fail "the reader saw a mixed pair"; }
[ "$(wc -l <reader.count)" -gt 5 ] || fail "the reader did not read"
"$WXSEC" certs renew --dir live --all --force >/dev/null 2>&1 || fail "renew at the end"
[ -z "$(find live turn-* -name '.new-*' -o -name '.current.*' -o -name '*.tmp' 2>/dev/null)" ] || fail "left-overs: $(find live turn-* -name '.new-*' -o -name '.current.*' -o -name '*.tmp')"
[ -z "$(find live turn-* -name privkey.pem ! -perm 0600)" ] || fail "a key is readable for others"
"$WXSEC" certs check live >out || { cat out; fail "check at the end"; }
echo "$faults faults: $killed killed, $refused told, $survived harmless; the reader looked $(wc -l <reader.count) times"
[ $failures = 0 ] && echo "no broken and no mixed pair" || exit 1
