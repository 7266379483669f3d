#!/usr/bin/env bash
# The units of examples/systemd as systemd itself reads them, with the binary at hand in the installed one's place.
set -u
WXSEC=${WXSEC:?the binary}
SOURCE=${SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
command -v systemd-analyze >/dev/null || { echo "skip: systemd-analyze is not installed"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cp "$SOURCE"/examples/systemd/wxsec-*.service "$SOURCE"/examples/systemd/wxsec-*.timer "$work" || exit 1
sed -i "s#/usr/local/bin/wxsec#$(realpath "$WXSEC")#; s#^User=wxsec#User=root#" "$work"/*.service
failures=0
for unit in "$work"/wxsec-*; do
  said=$(systemd-analyze verify --man=no "$unit" 2>&1 | grep -F "$(basename "${unit%.*}")")
  [ -z "$said" ] || { echo "FAIL: $(basename "$unit"): $said"; failures=1; }
done
# The check itself must be able to fail.
sed 's/^Type=notify/Type=nothing/; s/^WatchdogSec=.*/WatchdogSec=soon/' "$work/wxsec-watch.service" >"$work/wxsec-broken.service"
systemd-analyze verify --man=no "$work/wxsec-broken.service" 2>&1 | grep -qE "wxsec-broken.service.*(Failed to parse|nothing|soon)" ||
  { echo "skip: systemd-analyze finds nothing wrong with a broken unit here"; exit 77; }
exit $failures
