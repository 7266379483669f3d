#!/usr/bin/env bash
# `certs watch` as systemd would run it: says READY, keeps the watchdog fed, renews a certificate of seconds when it is
# due and tells its hook, looks again at a SIGHUP, ends at a SIGTERM.
set -u
WXSEC=${WXSEC:?the binary}
command -v python3 >/dev/null || { echo "skip: python3 is not installed"; exit 77; }
unset WXSEC_DIR
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
"$WXSEC" certs init --stations 1 >/dev/null || { echo "FAIL: init"; exit 1; }
"$WXSEC" certs renew broker --force --lifetime 6s >/dev/null 2>&1 || { echo "FAIL: a short-lived broker"; exit 1; }
cat >hook.sh <<'SH'
#!/bin/sh
echo told >>hook.out
SH
chmod +x hook.sh
python3 - "$WXSEC" <<'PY'
import os, signal, socket, subprocess, sys, time
def fail(words):
    child.kill()
    print("FAIL:", words, child.stderr.read().decode())
    sys.exit(1)
path = os.path.abspath("notify")
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(path)
listener.settimeout(60)
before = os.readlink("certs/broker/current")
child = subprocess.Popen([sys.argv[1], "certs", "watch", "--jitter", "0s", "--reload", "broker=command:./hook.sh"],
                         env=dict(os.environ, NOTIFY_SOCKET=path, WATCHDOG_USEC="400000"), stderr=subprocess.PIPE)
seen = []
def until(wanted):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            seen.append(listener.recv(4096).decode())
        except TimeoutError:
            break
        if wanted(seen[-1]):
            return seen[-1]
    fail(f"that did not come; got {seen}")
until(lambda m: m.startswith("READY=1\nSTATUS="))
until(lambda m: m == "WATCHDOG=1")
until(lambda m: m.startswith("STATUS=") and "1 of 6 renewed" in m or os.readlink("certs/broker/current") != before)
for _ in range(600):  # the hook is told in the same round
    if os.path.exists("hook.out"): break
    time.sleep(0.05)
if os.readlink("certs/broker/current") == before: fail("nothing was renewed")
if not os.path.exists("hook.out"): fail("the hook was not told")
child.send_signal(signal.SIGHUP)
until(lambda m: m.startswith("STATUS="))
child.send_signal(signal.SIGTERM)
until(lambda m: m == "STOPPING=1")
if child.wait(60) != 0: fail("it did not end with 0")
print("ready, watchdog, renewed, told, looked again, stopped")
PY
