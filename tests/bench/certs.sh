#!/bin/bash
# certs.sh WXSEC [COUNT]: CPU time of fleets, single leaves and checks as a ratio to named peers, in alternating runs.
#
# certtool makes COUNT/100 pairs (key and certificate, one process each, as it must), openssl x509 -checkend looks at
# COUNT/50 files; both are scaled. CPU is user and system time of the process and its children. On /dev/shm where there is one.
set -eu
export LC_ALL=C
wxsec=$(readlink -f "$1")
count=${2:-10000}
base=/dev/shm; [ -w "$base" ] || base=${TMPDIR:-/tmp}
work=$(mktemp -d "$base/wxsec-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

# cpu COMMAND...: "CPU-seconds wall-seconds peak-MiB"
cpu() {
  python3 - "$@" <<'P'
import os, resource, subprocess, sys, time
start = time.monotonic()
subprocess.run(sys.argv[1:], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{used.ru_utime + used.ru_stime:.4f} {time.monotonic() - start:.4f} {used.ru_maxrss // 1024}")
P
}

"$wxsec" certs init --dir ca > /dev/null
cat > leaf.tmpl <<'T'
cn = "station"
dns_name = "station.stations.wx.test"
tls_www_client
signing_key
expiration_days = 365
T
cat > certtool.sh <<'T'
for i in $(seq "$1"); do
  certtool --generate-privkey --key-type ecdsa --curve secp256r1 --outfile "peer/$i.key" 2> /dev/null
  certtool --generate-certificate --load-privkey "peer/$i.key" --load-ca-certificate ca/issuing/current/cert.pem \
    --load-ca-privkey ca/issuing/current/privkey.pem --template leaf.tmpl --outfile "peer/$i.pem" 2> /dev/null
done
T
cat > checkend.sh <<'T'
for f in $(ls files | head -n "$1"); do openssl x509 -checkend 86400 -noout -in "files/$f" > /dev/null; done
T
cat > single.sh <<'T'
for i in $(seq "$2"); do "$1" certs issue --dir one "single-$i" > /dev/null; done
T
cut=$((count / 100)); looks=$((count / 50)); singles=40
mkdir peer files
for round in 1 2 3; do
  rm -rf fleet one; cp -a ca fleet; cp -a ca one
  echo "fleet $(cpu "$wxsec" certs issue --dir fleet --count "$count" station) $count"
  command -v certtool > /dev/null && echo "certtool $(cpu bash certtool.sh "$cut") $cut"
  echo "single $(cpu bash single.sh "$wxsec" "$singles") $singles"
  if [ "$round" = 1 ]; then
    for d in fleet/stations/station-[0-9][0-9][0-9][0-9][0-9]*; do cp "$d/current/cert.pem" "files/${d##*/}.pem"; done
    cp fleet/issuing/current/cert.pem issuing.pem; cat fleet/ca.pem issuing.pem > trust.pem
  fi
  echo "check-files $(cpu "$wxsec" certs check --ca trust.pem files) $count"
  echo "check-pairs $(cpu "$wxsec" certs check fleet) $count"
  echo "checkend $(cpu bash checkend.sh "$looks") $looks"
done | awk '
  { each = $2 / $5; if (!($1 in best) || each < best[$1]) best[$1] = each
    if (!($1 in wall) || $3 / $5 < wall[$1]) wall[$1] = $3 / $5; if ($4 > memory[$1]) memory[$1] = $4 }
  END {
    n = split("fleet single certtool check-files check-pairs checkend", order, " ")
    for (i = 1; i <= n; ++i) if (order[i] in best) {
      w = order[i]
      printf "%-12s %8.0f us CPU each  %8.0f us wall each  %4d MiB peak", w, best[w] * 1e6, wall[w] * 1e6, memory[w]
      if ((w == "fleet" || w == "single") && ("certtool" in best)) printf "  1/%.1f of certtool", best["certtool"] / best[w]
      if (w ~ /^check-/) printf "  1/%.0f of openssl x509 -checkend", best["checkend"] / best[w]
      printf "\n"
    }
  }'
