#!/usr/bin/env bash
# Native ACME issue against certbot's, at the same pebble, in one alternating run: a new account and a certificate each time.
#     WXSEC=build/release/wxsec tests/bench/acme.sh [ROUNDS]
# Prints each round, the medians, and the ratio of wall-clock and of CPU time; exit 1 where ours is not at least four times as
# fast (wall). Lego runs along where it is installed.
set -u
cd "$(dirname "$0")/../.." || exit 3
WXSEC=$(realpath "${WXSEC:-build/release/wxsec}")
rounds=${1:-5}
# shellcheck source=tests/support/pebble.sh
. tests/support/pebble.sh
acme_programs certbot
acme_work
pebble_start || { echo "pebble does not answer"; exit 3; }

ours() { "$WXSEC" certs acme obtain --server "$acme_url" --ca-file "$acme_ca" --domain "$1.wx.test" --http-port "$acme_http" --dir "ours-$1"; }
certbots() {
  REQUESTS_CA_BUNDLE=$acme_ca certbot certonly -n --standalone --http-01-address 127.0.0.1 --http-01-port "$acme_http" --server "$acme_url" \
    -d "$1.wx.test" --agree-tos --register-unsafely-without-email --key-type ecdsa --elliptic-curve secp256r1 \
    --config-dir "$work/c-$1/etc" --work-dir "$work/c-$1/var" --logs-dir "$work/c-$1/log"
}
legos() {
  LEGO_CA_CERTIFICATES=$acme_ca lego --server "$acme_url" --accept-tos --email a@wx.test --path "lego-$1" --http --http.port "127.0.0.1:$acme_http" \
    --domains "$1.wx.test" run
}
# timed WHO NAME: appends "wall cpu" in seconds to WHO.times.
timed() {
  local TIMEFORMAT='%R %U %S' line
  line=$({ time "$1" "$2" >"$1.log" 2>&1 || echo failed; } 2>&1)
  case $line in *failed*) echo "$1 fails:"; tail -5 "$1.log"; exit 3 ;; esac
  echo "$line" | awk '{print $1, $2 + $3}' >>"$1.times"
  printf '  %-9s %s\n' "$1" "$(tail -1 "$1.times" | awk '{printf "%.3f s wall, %.3f s CPU", $1, $2}')"
}
peers=(ours certbots)
! command -v lego >/dev/null || peers+=(legos)
for ((round = 1; round <= rounds; round++)); do
  echo "round $round"
  for who in "${peers[@]}"; do timed "$who" "b$round"; done
done
median() { sort -n | awk '{v[NR] = $1} END {print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2}'; }
column() { cut -d' ' -f"$2" "$1.times" | median; }
status=0
for who in "${peers[@]:1}"; do
  awk -v who="$who" -v a="$(column ours 1)" -v b="$(column "$who" 1)" -v c="$(column ours 2)" -v d="$(column "$who" 2)" 'BEGIN {
    printf "median: ours %.3f s, %s %.3f s: %.1f times as fast; CPU %.3f s against %.3f s: %.1f times less\n", a, who, b, b / a, c, d, d / c
    exit who == "certbots" && b < 4 * a }' || status=1
done
exit $status
