#!/usr/bin/env bash
# `certs check` judges what is served, not only what lies in cert.pem: endpoints by the revocation list and by what Debian's
# clients refuse, identities by their fullchain.pem, key and link. Each fault by itself, beside the same directory without it.
set -u
WXSEC=${WXSEC:?the binary}
command -v openssl >/dev/null || { echo "skip: openssl is not installed"; exit 77; }
unset WXSEC_DIR
SOURCE=${SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/support/expect.sh
. "$SOURCE/tests/support/expect.sh"
work=$(mktemp -d) || exit 1
pids=()
trap '[ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null; wait; rm -rf "$work"' EXIT
cd "$work" || exit 1
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
serve() { # serve FOLDER: what a server shows, until the end; sets url
  local port i
  port=$(free_port)
  openssl s_server -accept "127.0.0.1:$port" -cipher ALL:@SECLEVEL=0 -cert "$1/cert.pem" -cert_chain "$1/chain.pem" \
    -key "$1/privkey.pem" -quiet >server.log 2>&1 </dev/null &
  pids+=($!)
  url=https://localhost:$port
  for ((i = 0; i < 100; i++)); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>server.try && return
    sleep 0.05
  done
  die "s_server does not listen"
}
"$WXSEC" certs init --dir d --stations 1 >out || die "init"
expect 0 'fine' "$WXSEC" certs check d

# --- a pair is more than cert.pem -------------------------------------------------------------------------------------
cp -a d swapped && cp swapped/api/current/fullchain.pem swapped/broker/current/fullchain.pem
expect 1 'fullchain.pem, which services load, holds another' "$WXSEC" certs check swapped
cp -a d gone && rm gone/broker/current/fullchain.pem
expect 1 'fullchain.pem, which services load, is missing' "$WXSEC" certs check gone
cp -a d alone && cp alone/broker/current/cert.pem alone/broker/current/fullchain.pem
expect 1 'lacks the authority above' "$WXSEC" certs check alone
cp -a d empty && : >empty/api/current/privkey.pem
expect 1 'is no key: empty or damaged' "$WXSEC" certs check empty
cp -a d cut && rm cut/ingest/current
expect 1 'the link is gone' "$WXSEC" certs check cut
bash -c "$(grep -o 'ln -s .*' out)" || die "the remedy does not run"
expect 0 'fine' "$WXSEC" certs check cut

# --- what `export` makes, and a leaf alone where its issuer is known ----------------------------------------------------
"$WXSEC" certs export broker --dir d --format der --out der >out 2>&1 || die "export"
expect 0 '3 checked, 3 fine' "$WXSEC" certs check der --dir d
expect 0 '3 files, 0 errors, 0 warnings' "$WXSEC" certs lint der
cp d/broker/current/cert.pem leaf.pem
expect 0 'fine' "$WXSEC" certs check leaf.pem --dir d

# --- revoked, at an endpoint and with --ca ----------------------------------------------------------------------------
serve d/api/current
expect 0 'fine' "$WXSEC" certs check "$url" --dir d
"$WXSEC" certs revoke api --dir d >out 2>&1 || die "revoke api"
"$WXSEC" certs revoke station-0001 --dir d >out 2>&1 || die "revoke station-0001"
expect 1 'was revoked' "$WXSEC" certs check "$url" --dir d
expect 1 'was revoked' "$WXSEC" certs inspect "$url" --dir d
expect 1 'was revoked' "$WXSEC" certs check d/stations/station-0001 --ca d/ca.pem
cp -rL d/stations/station-0001/current elsewhere
expect 0 'whether it was revoked is not known' "$WXSEC" certs check elsewhere/cert.pem --ca d/ca.pem
expect 0 '"revocation_unknown": true' "$WXSEC" certs check elsewhere/cert.pem --ca d/ca.pem --json
cat d/ca.pem d/crl.pem >both.pem
expect 1 'was revoked' "$WXSEC" certs check elsewhere/cert.pem --ca both.pem

# --- what clients on Debian refuse -----------------------------------------------------------------------------------
for profile in weak-key sha1 ca-true; do
  "$WXSEC" certs issue --dir d --profile $profile "lesson-$profile" --name DNS:localhost >out 2>&1 || die "issue $profile"
  folder=$(find d -path "*lesson-$profile/current")
  serve "$folder"
  expect 1 'broken' "$WXSEC" certs check "$url" --dir d
  expect 1 'broken' "$WXSEC" certs check "$folder/cert.pem" --dir d
done
echo "what is served is what is judged"
