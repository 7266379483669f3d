#!/bin/bash
# sniff.sh BENCH_SNIFF [MB [ROUNDS]]: CPU seconds of the sniffer as a multiple of a bare pcap_loop and of tcpdump,
# in alternating runs. Of each program the median counts; the ratios are medians of the ratios within a round.
# tshark has a cut of a tenth, which is compared with pcap_loop on that cut.
set -eu
bench=$1
megabytes=${2:-200}
rounds=${3:-7}
directory=$(mktemp -d "${TMPDIR:-/tmp}/wxsec-bench.XXXXXX")
trap 'rm -rf "$directory"' EXIT
capture=$directory/capture.pcap
"$bench" make "$capture" "$megabytes"
"$bench" make "$directory/cut.pcap" $((megabytes / 10 + 1)) > "$directory/note"

# "CPU-seconds peak-MB" of a command.
cost() {
  /usr/bin/time -o "$directory/time" -f '%U %S %M' "$@" > /dev/null 2> "$directory/stderr"
  awk '{ printf "%.3f %d\n", $1 + $2, $3 / 1024 }' "$directory/time"
}

for round in $(seq "$rounds"); do
  for what in pcap_loop json summary text colour; do
    echo "$round $what $("$bench" $what "$capture" | cut -d' ' -f1,2)"
  done
  command -v tcpdump > "$directory/note" && echo "$round tcpdump-nn $(cost tcpdump -nn -r "$capture")"
  if [ "$round" -le 2 ] && command -v tshark > "$directory/note"; then
    echo "$round cut:pcap_loop $("$bench" pcap_loop "$directory/cut.pcap" | cut -d' ' -f1,2)"
    echo "$round cut:tshark $(cost tshark -n -r "$directory/cut.pcap" -Y 'mqtt or http or tls' -T json)"
  fi
done | tee "$directory/all" | python3 -c '
import statistics, sys
seconds, memory = {}, {}
for line in sys.stdin:
    turn, what, cpu, peak = line.split()
    seconds.setdefault(what, {})[turn] = float(cpu)
    memory[what] = max(memory.get(what, 0), int(peak))
def ratio(a, b):
    return statistics.median(seconds[a][t] / max(seconds[b][t], 0.001) for t in seconds[a] if t in seconds[b])
for what in seconds:
    base = "cut:pcap_loop" if what.startswith("cut:") else "pcap_loop"
    line = f"{what:14} {statistics.median(seconds[what].values()):7.3f} s CPU (least {min(seconds[what].values()):.3f})  x{ratio(what, base):.1f} of {base}  {memory[what]} MB peak"
    if what in ("text", "colour") and "tcpdump-nn" in seconds:
        needs = ratio("tcpdump-nn", what)
        line += f"  tcpdump -nn needs x{needs:.1f} of it"
    print(line)
'
