#!/usr/bin/env bash
# The passphrase of an encrypted authority, asked for at a terminal: by every command that signs, without echo; one Ctrl-C or SIGTERM
# ends it at once, with exit 130 and the terminal as it was.
set -u
WXSEC=${WXSEC:?the binary}
for tool in openssl python3; do
  command -v $tool >/dev/null || { echo "skip: $tool is not installed"; exit 77; }
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset WXSEC_CA_PASSPHRASE
printf 'geheim\n' >pass
"$WXSEC" certs init --stations 1 --ca-passphrase-file pass >/dev/null || { echo "FAIL: init"; exit 1; }
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout device.key -subj /CN=device-7 -out device.csr 2>/dev/null
python3 - "$WXSEC" <<'PY'
import os, pty, select, signal, sys, termios, time
ECHO = termios.ECHO | termios.ICANON | termios.ISIG
def run(words, typed=b"", by_signal=0, lines=1):
    """Exit code, what was shown, seconds from the last key to the end, local modes of the terminal afterwards."""
    primary, secondary = pty.openpty()
    pid = os.fork()
    if pid == 0:
        os.login_tty(secondary) if hasattr(os, "login_tty") else (os.setsid(), __import__("fcntl").ioctl(secondary, termios.TIOCSCTTY, 0), [os.dup2(secondary, n) for n in (0, 1, 2)])
        os.execv(sys.argv[1], [sys.argv[1], "certs"] + words)
    seen, asked, start, end = b"", 0, None, time.monotonic() + 20
    while time.monotonic() < end:
        if select.select([primary], [], [], 0.02)[0]:
            seen += os.read(primary, 4096)
        while asked < lines and seen.count(b": ") > asked:
            asked += 1
            start = time.monotonic()
            os.write(primary, typed)
            if by_signal:
                os.kill(pid, by_signal)
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            while select.select([primary], [], [], 0)[0]:
                seen += os.read(primary, 4096)
            return os.waitstatus_to_exitcode(status), seen, time.monotonic() - (start or 0), termios.tcgetattr(secondary)[3]
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise SystemExit("FAIL: %s did not end: %r" % (words, seen))
def expect(code, words, **how):
    got, seen, seconds, modes = run(words, **how)
    assert got == code, (words, how, got, seen)
    assert b"geheim" not in seen, ("echo", words, seen)
    assert modes & ECHO == ECHO, ("the terminal is not as it was", words, how)
    return seconds
expect(0, ["sign", "--csr", "device.csr"], typed=b"geheim\n")
expect(0, ["issue", "asked"], typed=b"gehXX\x7f\x7feim\n")
expect(0, ["issue", "told-to-ask", "--ask-ca-passphrase"], typed=b"geheim\n")
expect(0, ["crl", "--ca-passphrase-prompt"], typed=b"geheim\n")
expect(3, ["issue", "mistyped"], typed=b"falsch\n")
expect(0, ["init", "--dir", "new", "--stations", "1", "--ca-passphrase-prompt"], typed=b"geheim\n", lines=2)
for words in (["sign", "--csr", "device.csr"], ["issue", "n"], ["renew", "broker", "--force"], ["revoke", "station-0001"], ["crl"], ["rotate-ca"]):
    assert expect(130, words, typed=b"ge\x03") < 2, words
assert expect(130, ["sign", "--csr", "device.csr"], by_signal=signal.SIGINT) < 2
assert expect(130, ["renew", "broker", "--force"], by_signal=signal.SIGTERM) < 2
PY
code=$?
[ $code = 0 ] || { echo "FAIL: the prompt"; exit 1; }
head -1 new/root/current/privkey.pem | grep -q ENCRYPTED || { echo "FAIL: a passphrase typed twice encrypts"; exit 1; }
echo "ok"
