#!/bin/bash
# A live capture needs CAP_NET_RAW to begin, and keeps nothing: no thread has a capability left once it says that it
# is capturing; its files belong to whom it became. In namespaces of its own; what needs root is skipped visibly.
set -u
dir=$(mktemp -d "${TMPDIR:-/tmp}/wxsec-privileges.XXXXXX")
chmod 755 "$dir"
cp "$WXSEC" "$dir/wxsec"  # where nobody may read it, too
WXSEC=$dir/wxsec
pid=""
trap '[ -n "$pid" ] && kill "$pid" 2> /dev/null; rm -rf "$dir"' EXIT
failed=0
check() {
  if [ "$2" = "$3" ]; then echo "ok: $1"; else echo "FAIL: $1: '$2' instead of '$3'"; failed=1; fi
}
if ! unshare --map-root-user --net true 2> /dev/null; then
  echo "skipped: this system lets nobody make a network namespace"
  exit 77
fi

# capture NAME COMMAND...: runs it in the background in a namespace where lo is up, and waits until it captures.
capture() {
  name=$1
  shift
  mkfifo "$dir/$name.pid"
  "$@" > "$dir/$name.out" 2> "$dir/$name.err" &
  pid=$!
  for _ in $(seq 600); do
    grep -q "capturing on" "$dir/$name.err" 2> /dev/null && return 0
    kill -0 "$pid" 2> /dev/null || break
    sleep 0.05
  done
  echo "FAIL: $name does not capture:"
  cat "$dir/$name.err"
  failed=1
  return 1
}
# The process that captures: the youngest descendant of $pid.
sniffer() {
  local current=$pid next
  while next=$(pgrep -P "$current" | head -1) && [ -n "$next" ]; do current=$next; done
  echo "$current"
}
# every FIELD of every thread, once.
threads() { cat /proc/"$1"/task/*/status | awk -v f="$2:" '$1 == f { print $2 }' | sort -u | tr '\n' ' '; }
finish() {
  kill -INT "$(sniffer)"
  wait "$pid"
  pid=""
}

if capture namespace unshare --map-root-user --net bash -c "ip link set lo up; '$WXSEC' sniff -i lo -w '$dir/out.pcap'"; then
  process=$(sniffer)
  check "there are several threads" "$([ "$(ls /proc/"$process"/task | wc -l)" -ge 2 ] && echo yes)" "yes"
  check "no thread has a capability" "$(threads "$process" CapEff)" "0000000000000000 "
  check "no thread may have one again" "$(threads "$process" CapPrm)$(threads "$process" NoNewPrivs)" "0000000000000000 1 "
  nsenter --user --net --preserve-credentials -t "$process" bash -c 'for i in 1 2 3; do echo x > /dev/tcp/127.0.0.1/9; done' 2> /dev/null
  finish
  check "counters are shown" "$(grep -c 'packets received, 0 dropped by the kernel' "$dir/namespace.err")" "1"
  check "what was captured can be read" "$("$WXSEC" sniff -r "$dir/out.pcap" 2>&1 | grep -c '[1-9][0-9]* packets received')" "1"
fi

if [ "$(id -u)" != 0 ]; then
  echo "skipped: the cases of root and of CAP_NET_RAW alone need root"
  exit $failed
fi
mkdir "$dir/of-nobody"
chown 65534:65534 "$dir/of-nobody"
if capture sudo env SUDO_UID=65534 SUDO_GID=65534 unshare --net bash -c "ip link set lo up; '$WXSEC' sniff -i lo -w '$dir/of-nobody/out.pcap'"; then
  process=$(sniffer)
  check "root became the user who called sudo" "$(threads "$process" Uid)" "65534 "
  check "root's capabilities are gone" "$(threads "$process" CapPrm)" "0000000000000000 "
  finish
  check "the file is the user's" "$(stat -c '%u %a' "$dir/of-nobody/out.pcap")" "65534 600"
fi
if command -v setpriv > /dev/null; then
  if capture netraw unshare --net bash -c "ip link set lo up; cd /; exec setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all,+net_raw --ambient-caps=-all,+net_raw '$WXSEC' sniff -i lo"; then
    check "CAP_NET_RAW is enough, and dropped" "$(threads "$(sniffer)" CapPrm)" "0000000000000000 "
    finish
  fi
else
  echo "skipped: setpriv is missing"
fi
exit $failed
