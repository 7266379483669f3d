#!/bin/bash
# sniff.sh BENCH_SNIFF [MB]: CPU seconds of the sniffer as a multiple of a bare pcap_loop, in alternating runs.
set -eu
bench=$1
capture=$(mktemp /tmp/wxsec-bench.XXXXXX)
trap 'rm -f "$capture"' EXIT
"$bench" make "$capture" "${2:-200}"
for round in 1 2 3; do
  for what in pcap_loop json summary text; do
    echo "$what $("$bench" $what "$capture")"
  done
done | awk '{ if (!($1 in best) || $2 < best[$1]) best[$1] = $2; if ($3 > memory[$1]) memory[$1] = $3 }
  END { for (w in best) printf "%-10s %6.3f s CPU  x%.1f of pcap_loop  %d MB peak\n", w, best[w], best[w] / best["pcap_loop"], memory[w] }'
