# A host out of scope gets no packet, and no name server is asked about it: not one network socket
# is opened before the refusal.
set -u
command -v strace >/dev/null || { echo "skip: strace is not installed"; exit 77; }
trace=$(mktemp)
trap 'rm -f "$trace"' EXIT
strace -f -e trace=socket,connect,sendto,sendmsg -o "$trace" "$WXSEC" attack all \
  --broker mqtts://broker.wx.invalid --api https://api.wx.invalid 2>/dev/null
code=$?
[ $code -eq 5 ] || { echo "exit code $code, not 5"; exit 1; }
grep -q 'exited with 5' "$trace" || { echo "skip: strace may not trace here"; exit 77; }
if grep -E 'socket\(|connect\(|send' "$trace"; then
  echo "something was opened or sent"
  exit 1
fi
# The control: an allowed target opens sockets, so the trace would have shown them.
strace -f -e trace=socket -o "$trace" "$WXSEC" attack plain-publish --broker mqtts://127.0.0.1:9 >/dev/null 2>&1
grep -q 'socket(AF_INET' "$trace" || { echo "the control opened no socket"; exit 1; }
echo "no socket before the refusal"
