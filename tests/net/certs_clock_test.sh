#!/usr/bin/env bash
# The same moments of a life as the unit tests have them, by a clock that the whole process believes in (libfaketime).
set -u
WXSEC=${WXSEC:?the binary}
command -v faketime >/dev/null || { echo "skip: faketime is not installed"; exit 77; }
ldd "$WXSEC" | grep -q libasan && { echo "skip: faketime does not go with AddressSanitizer"; exit 77; }
unset WXSEC_DIR
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }
cd "$work" || exit 1
# at MOMENT COMMAND...
at() { local moment=$1; shift; TZ=UTC faketime -f "@$moment" "$WXSEC" "$@"; }
at "2026-01-01 00:00:00" certs init --stations 1 >/dev/null || { echo "FAIL: init under faketime"; exit 1; }
state() { at "$1" certs renew --dry-run --json broker | grep -o '"state": "[a-z-]*"' | cut -d'"' -f4; }
# 90 days from 2025-12-31T23:48Z
[ "$(state '2026-02-14 12:00:00')" = not-due ] || fail "due at 50 percent"
[ "$(state '2026-03-01 09:00:00')" = not-due ] || fail "due at 66 percent"
[ "$(state '2026-03-02 08:00:00')" = would-renew ] || fail "not due at 67 percent"
[ "$(state '2026-03-31 02:00:00')" = would-renew ] || fail "not due at 99 percent"
at '2026-03-31 23:47:58' certs check certs/broker/current/cert.pem >out; grep -q expired out && { cat out; fail "expired too early"; }
at '2026-03-31 23:48:01' certs check certs/broker/current/cert.pem >out; [ $? = 1 ] || fail "one second after its end it is fine"
grep -q expired out || { cat out; fail "one second after its end it is not called expired"; }
at '2026-03-31 23:48:01' certs renew broker >/dev/null 2>&1 || fail "an expired one is not renewed"
at '2026-03-31 23:48:02' certs check certs/broker/current/cert.pem >out || { cat out; fail "the new one is not fine"; }
[ "$(at '2026-03-31 23:48:02' certs renew --json broker 2>/dev/null | grep -o '"state": "[a-z-]*"' | cut -d'"' -f4)" = not-due ] || fail "renewed twice in a window"
# Across 2050, where UTCTime ends: openssl reads what we wrote.
at '2049-12-01 00:00:00' certs init --dir later --stations 0 >/dev/null || fail "init before 2050"
if command -v openssl >/dev/null; then
  openssl x509 -in later/broker/current/cert.pem -noout -enddate | grep -q 2050 || fail "no end in 2050"
  openssl asn1parse -in later/broker/current/cert.pem | grep -q GENERALIZEDTIME || fail "2050 is not written as GeneralizedTime"
  openssl asn1parse -in later/broker/current/cert.pem | grep -q UTCTIME || fail "2049 is not written as UTCTime"
fi
verified() {  # MOMENT: by others who believe that it is then
  openssl verify -x509_strict -purpose sslserver -attime "$(date -u -d "$1" +%s)" -CAfile later/ca.pem -untrusted later/broker/current/chain.pem \
    later/broker/current/cert.pem >out 2>&1 || { cat out; return 1; }
  ! command -v certtool >/dev/null || TZ=UTC faketime -f "@$1" certtool --verify --verify-profile=medium \
    --load-ca-certificate later/ca.pem --infile later/broker/current/fullchain.pem >out 2>&1 || { cat out; return 1; }
}
! command -v openssl >/dev/null || verified '2050-01-15 00:00:00' || fail "others refuse what was made in 2049 in 2050"
at '2050-02-20 00:00:00' certs renew --dir later broker >/dev/null 2>&1 || fail "renew in 2050"
at '2050-02-20 00:00:01' certs check --dir later later/broker/current/cert.pem >out || { cat out; fail "check in 2050"; }
! command -v openssl >/dev/null || verified '2050-03-15 00:00:00' || fail "others refuse what was made in 2050"
[ $failures = 0 ] && echo "right at every moment" || exit 1
