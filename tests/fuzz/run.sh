#!/usr/bin/env bash
# run.sh BUILD TARGET [EXECUTIONS]: lets one fuzzer try that many inputs (ten million unless told), from its corpus on.
#
#     cmake --preset fuzz && ninja -C build/fuzz mqtt_packet_fuzz
#     bash tests/fuzz/run.sh build/fuzz mqtt_packet
#
# Says how many were tried, and how long the slowest took; exits non-zero at the first crash, sanitizer report, or input that
# takes over ten seconds by the clock (a busy machine may hold one up), which then lies in BUILD/found/TARGET. Inputs that
# reach something new are kept there, too; the tree's corpus is only read.
set -euo pipefail
build=${1:?the build directory of preset fuzz} target=${2:?a target, as in tests/fuzz/TARGET_fuzz.cpp} executions=${3:-10000000}
source=$(cd "$(dirname "$0")/../.." && pwd)
found=$build/found/$target
mkdir -p "$found"
# Entropic scheduling costs more than these targets do; 600 bytes hold every field of a message, and what needs
# thousands (streams, limits) is reached by repeating pieces.
# Stacks of allocations are of no use to inputs that run again in a moment, and cost a fifth.
export ASAN_OPTIONS=${ASAN_OPTIONS:-malloc_context_size=0}
exec "$build/tests/${target}_fuzz" -runs="$executions" -max_len=600 -timeout=10 -rss_limit_mb=2048 \
  -entropic=0 -reload=0 -print_funcs=0 -print_pcs=0 -verbosity=0 -print_final_stats=1 -artifact_prefix="$found/" \
  "$found" "$source/tests/fuzz/corpus/$target"
