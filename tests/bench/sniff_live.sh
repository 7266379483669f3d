#!/bin/bash
# sniff_live.sh BENCH_SNIFF_LIVE [PER_SECOND [SECONDS]]: in a network namespace of its own, over a veth pair.
# Needs no root where the kernel lets users make namespaces.
set -eu
bench=$(realpath "$1")
exec unshare --map-root-user --net bash -c '
  set -e
  ip link add wxsend type veth peer name wxlisten
  ip link set lo up
  sysctl -qw net.ipv6.conf.wxsend.disable_ipv6=1 net.ipv6.conf.wxlisten.disable_ipv6=1 || true
  ip link set wxsend up
  ip link set wxlisten up
  exec "$0" wxlisten wxsend "$@"
' "$bench" "${@:2}"
