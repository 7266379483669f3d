# shellcheck shell=bash disable=SC2034
# A real ACME server on loopback for tests and benches: `. pebble.sh`, acme_work, then pebble_start. Appends what it starts to
# the array `pids`. Sets acme_url, acme_ca, acme_http, acme_tls, acme_management, acme_dns_control.
acme_programs() {
  local tool
  for tool in pebble pebble-challtestsrv openssl curl python3 "$@"; do
    command -v "$tool" >/dev/null || PATH=$PATH:/usr/sbin
    command -v "$tool" >/dev/null || { echo "skip: $tool is not installed"; exit 77; }
  done
}

# A directory of one's own, $work, which is left and removed in the end, after whatever `pids` names has been stopped.
acme_work() {
  work=$(mktemp -d "${TMPDIR:-/tmp}/wx-acme.XXXXXX") && cd "$work" || exit 1
  pids=()
  trap acme_clean_up EXIT
}
acme_clean_up() {
  [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null
  wait
  cd / && rm -rf -- "$work"
}
die() { tail -n 30 ./*.log; echo "FAILED: $*"; exit 1; }

# N free ports, asked from the kernel in one go so that they differ.
free_ports() {
  python3 -c '
import socket, sys
s = [socket.socket() for _ in range(int(sys.argv[1]))]
[x.bind(("127.0.0.1", 0)) for x in s]
[print(x.getsockname()[1]) for x in s]' "$1"
}

soon() { local i; for ((i = 0; i < 300; i++)); do ! "$@" || return 0; sleep 0.05; done; return 1; }

# The ports and the server's own certificate; once.
pebble_prepare() {
  local port
  mapfile -t port < <(free_ports 6)
  acme_port=${port[0]} acme_management=${port[1]} acme_http=${port[2]} acme_tls=${port[3]} acme_dns=${port[4]} acme_dns_control=${port[5]}
  acme_url=https://localhost:$acme_port/dir acme_ca=$work/pebble-ca.pem
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/pebble-key.pem" -out "$acme_ca" -days 2 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null || return 1
  pebble-challtestsrv -dns01 "127.0.0.1:$acme_dns" -http01 "" -https01 "" -tlsalpn01 "" -management "127.0.0.1:$acme_dns_control" \
    -defaultIPv4 127.0.0.1 -defaultIPv6 "" >"$work/dns.log" 2>&1 &
  pids+=($!)
}

pebble_answers() { curl -sf --cacert "$acme_ca" "$acme_url" >/dev/null; }

# pebble_start [NAME=VALUE...]: the environment decides about bad nonces (PEBBLE_WFE_NONCEREJECT, in percent) and the like;
# EAB=true demands an external account; VALIDITY is that of its certificates in seconds (default: six days).
pebble_start() {
  local eab=false validity=518400 setting
  local -a environment=(PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 PEBBLE_AUTHZREUSE=0)
  for setting in "$@"; do
    case $setting in
      EAB=*) eab=${setting#*=} ;;
      VALIDITY=*) validity=${setting#*=} ;;
      *) environment+=("$setting") ;;
    esac
  done
  [ -n "${acme_port:-}" ] || pebble_prepare || return 1
  local macs=""
  [ $eab = false ] || macs=',"externalAccountMACKeys":{"kid-1":"zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"}'
  cat >"$work/pebble.json" <<JSON
{"pebble":{"listenAddress":"127.0.0.1:$acme_port","managementListenAddress":"127.0.0.1:$acme_management","certificate":"$acme_ca",
"privateKey":"$work/pebble-key.pem","httpPort":$acme_http,"tlsPort":$acme_tls,"ocspResponderURL":"","externalAccountBindingRequired":$eab$macs,
"certificateValidityPeriod":$validity}}
JSON
  env "${environment[@]}" pebble -config "$work/pebble.json" -dnsserver "127.0.0.1:$acme_dns" -strict=true >>"$work/pebble.log" 2>&1 &
  pebble_pid=$!
  pids+=($pebble_pid)
  soon pebble_answers
}

pebble_stop() {
  kill "$pebble_pid" 2>/dev/null
  wait "$pebble_pid" 2>/dev/null
}
