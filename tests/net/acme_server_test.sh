# shellcheck shell=bash
# The built-in ACME client and servers that do more than pebble (renewal information, profiles), or what no server should:
# a small proxy before a real pebble (tests/support/acme_proxy.py). Everything on loopback, in a temporary directory.
set -u
# shellcheck source=tests/support/pebble.sh
. "$SOURCE/tests/support/pebble.sh"
acme_programs
acme_work
wx() { timeout 60 "$WXSEC" "$@"; }
mode() { echo "$1" >mode; }
serial() { openssl x509 -in d/a.wx.test/current/cert.pem -noout -serial; }
last_order() { tail -n 1 orders.jsonl | python3 -c 'import json,sys; print(json.load(sys.stdin).get(sys.argv[1], ""))' "$1"; }
window() { # window FROM TO: hours from now
  python3 -c 'import datetime as d, json, sys
t = lambda h: (d.datetime.now(d.timezone.utc) + d.timedelta(hours=float(h))).strftime("%Y-%m-%dT%H:%M:%SZ")
print(json.dumps({"suggestedWindow": {"start": t(sys.argv[1]), "end": t(sys.argv[2])}, "explanationURL": "https://ca.test/why\u001b[31m"}))' "$1" "$2" >window.json
}
must_fail() { # must_fail CODE PATTERN COMMAND...
  local code=$1 pattern=$2
  shift 2
  "$@" >fail.log 2>&1
  local got=$?
  [ $got = "$code" ] || die "exit $got instead of $code: $*"
  grep -q -- "$pattern" fail.log || die "'$pattern' is not in: $(cat fail.log)"
  ! grep -q $'\x1b' fail.log || die "an escape sequence of the server reached the terminal"
}

mode none && window 48 96 && : >orders.jsonl
pebble_start || die "pebble does not answer"
port=$(free_ports 1)
python3 "$SOURCE/tests/support/acme_proxy.py" "$port" "$acme_port" "$acme_ca" pebble-key.pem "$work" >proxy.log 2>&1 &
pids+=($!)
acme_url=https://localhost:$port/dir
soon pebble_answers || die "the proxy does not answer"
obtain() { wx certs acme obtain --server "$acme_url" --ca-file "$acme_ca" --http-port "$acme_http" --dir d --domain a.wx.test "$@"; }
renew() { wx certs acme renew --dir d "$@"; }

# --- profiles -------------------------------------------------------------------------------------------------------
must_fail 2 'it offers: classic, shortlived' obtain --profile tlsserver
[ ! -s orders.jsonl ] || die "an order was made for a profile that is not there"
obtain --profile shortlived >issue.log 2>&1 || die "cannot issue"
[ "$(last_order profile)" = shortlived ] && [ -z "$(last_order replaces)" ] || die "the order is $(tail -1 orders.jsonl)"

# --- renewal information: later than now, then past ---------------------------------------------------------------------
first=$(serial)
renew >renew.log 2>&1 || die "renew fails"
grep -q not-due renew.log && [ "$(serial)" = "$first" ] || die "renewed before the server's window"
grep -q 'https://ca.test/why\\x1b' renew.log || die "the explanation is not shown, or not escaped"
# RFC 9773 4.1, worked out by OpenSSL and the shell: key identifier and serial in base64url.
url64() { xxd -r -p | base64 -w0 | tr '+/' '-_' | tr -d =; }
expected=$(openssl x509 -in d/a.wx.test/current/cert.pem -noout -ext authorityKeyIdentifier | tail -1 | tr -cd 0-9A-F | url64)
number=$(openssl x509 -in d/a.wx.test/current/cert.pem -noout -serial | cut -d= -f2)
case $number in [89A-F]*) number=00$number ;; esac
expected=$expected.$(printf %s "$number" | url64)
[ "$(cat asked)" = "$expected" ] || die "asked for $(cat asked) instead of $expected"
window -96 -48
renew >renew.log 2>&1 || die "renew fails in the server's window"
[ "$(serial)" != "$first" ] || die "not renewed although the server wishes it"
[ "$(last_order replaces)" = "$expected" ] || die "the order replaces '$(last_order replaces)'"
# Replaced elsewhere: ordered without saying so. No renewal information, or a broken one: by its age.
second=$(serial) && mode replaced
renew --force >renew.log 2>&1 || die "alreadyReplaced is the end"
[ "$(serial)" != "$second" ] && [ -z "$(last_order replaces)" ] || die "not renewed without replaces"
mode none && second=$(serial) && echo '{"suggestedWindow":7}' >window.json
renew -v >renew.log 2>&1 || die "a broken window keeps it from working"
grep -q 'going by its age' renew.log && [ "$(serial)" = "$second" ] || die "a broken window decides"
mode no-ari && renew --force >renew.log 2>&1 || die "not without renewal information"
[ -z "$(last_order replaces)" ] || die "replaces is sent to a server that does not know it"
window 48 96

# --- busy once; rate limited -------------------------------------------------------------------------------------------------
mode busy && obtain --force >busy.log 2>&1 || die "a busy server is not asked again"
mode limited
must_fail 3 'rateLimited' obtain --force
grep -q 'hint: .*--staging.*2 hours' fail.log || die "no word of what to do: $(cat fail.log)"

# --- what no server should do ----------------------------------------------------------------------------------------------------
third=$(serial)
mode redirect && must_fail 3 'redirects are not followed' obtain --force
mode garbage && must_fail 3 'no ACME directory' obtain --force
mode huge && must_fail 3 'too large' obtain --force
mode foreign && must_fail 3 'elsewhere.test.*is not https:// on localhost' obtain --force --contact a@wx.test
mode swapped && must_fail 3 'is for another key' obtain --force
[ "$(serial)" = "$third" ] && [ "$(find d/a.wx.test -name '.new*' | wc -l)" = 0 ] || die "something was changed"
mode none && obtain --force >last.log 2>&1 || die "an honest server does not work afterwards"
echo "renewal information, profiles and $(grep -c . orders.jsonl) orders; faults told, nothing changed by them"
