#!/usr/bin/env bash
# The two set-up commands of wxsec, on a machine with nothing but Debian:
#   ./bootstrap.sh lab     install what is missing, build a release, run the whole course session, write report/
#   ./bootstrap.sh test    install what is missing, build, run every test (and the unit tests under sanitizers)
# Also: build (install and build only), clean (remove build/ and report/).
# Idempotent: what is there is not done again. Installs with sudo where not root; nothing outside apt is touched.
set -euo pipefail
cd "$(dirname "$0")"

build_packages=(g++ cmake ninja-build ccache pkg-config python3
  libssl-dev libcli11-dev libfmt-dev libpcap-dev libpaho-mqttpp-dev libpaho-mqtt-dev libcpp-httplib-dev
  doctest-dev nlohmann-json3-dev libspdlog-dev libtomlplusplus-dev libsqlite3-dev zlib1g-dev)
run_packages=(mosquitto)
test_packages=(mosquitto-clients openssl curl jq nginx-light tshark tcpdump gnutls-bin libnss3-tools chromium
  iproute2 procps util-linux passwd pebble certbot lego faketime strace xxd openssh-client man-db zsh fish)

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
[ -t 2 ] && [ -z "${NO_COLOR:-}" ] || say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'bootstrap: error: %s\n' "$1" >&2; [ -z "${2:-}" ] || printf 'bootstrap: hint: %s\n' "$2" >&2; exit 3; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "packages are missing and this user is not root" "install sudo, or run as root: apt-get install $*"
  fi
}

# Installed packages as lines; dpkg-query prints nothing for those it does not know.
missing_of() {
  local have
  have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | awk '$1=="installed"{print $2}' || true)
  local package
  for package in "$@"; do grep -qxF "$package" <<<"$have" || printf '%s\n' "$package"; done
}

# Debian starts a service as soon as its package is there; a machine that only wants to learn TLS does not
# want a broker on 1883. policy-rc.d is Debian's own switch for that, and is taken away again.
install_missing() {
  command -v dpkg-query >/dev/null || die "this is no Debian" "install by hand what bootstrap.sh lists, then run cmake --workflow --preset check"
  local missing
  mapfile -t missing < <(missing_of "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${#missing[@]} packages: ${missing[*]}"
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null; as_root chmod 755 $policy; made=1
  fi
  local ok=1
  as_root env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" </dev/null' sh "${missing[@]}" >&2 || ok=
  [ -z "$made" ] || as_root rm -f $policy
  [ -n "$ok" ] || die "apt-get could not install them" "run 'sudo apt-get update' and look at its messages"
}

# build PRESET [TARGETS...]
build() {
  local preset=$1; shift
  local strict=ON
  grep -q '^VERSION_ID="12"' /etc/os-release 2>/dev/null || strict=OFF  # other compilers, other warnings
  [ -e "build/$preset/build.ninja" ] || { say "configuring $preset"; cmake --preset "$preset" -DCMAKE_COMPILE_WARNING_AS_ERROR=$strict >/dev/null; }
  say "building $preset"
  local targets=("$@")
  ninja -C "build/$preset" "${targets[@]}"
}

case "${1:-}" in
  build)
    install_missing "${build_packages[@]}" "${run_packages[@]}"
    build release wxsec >&2
    say "built build/release/wxsec" ;;
  lab)
    install_missing "${build_packages[@]}" "${run_packages[@]}"
    build release wxsec >&2
    say "running the session (build/release/wxsec lab --out report)"
    shift
    build/release/wxsec lab --out report "$@"
    say "report: file://$PWD/report/report.html" ;;
  test)
    install_missing "${build_packages[@]}" "${run_packages[@]}" "${test_packages[@]}"
    build asan unit_tests
    say "unit tests under AddressSanitizer and UBSan"
    ctest --preset asan -j "$(nproc)"
    build release
    sync  # or the first tests wait for the disk to take what the compiler wrote
    say "all tests"
    ctest --preset release -j "$(nproc)" ;;
  clean) rm -rf build report ;;
  *) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
