# shellcheck shell=bash
# How the lessons speak, start and stop programs, and check what they claim. Sourced, not run:
#
#     . "$(dirname "$0")/lesson.lib.sh"
#     needs openssl curl            these programs, or exit 3
#     own_network "$@"              from here on in a network namespace (only lessons that need one)
#     begin "Title"                 an empty directory, and the clean-up at the end
#     step "What comes now"         a numbered heading
#     say "Why."                    plain words
#     run 'command | with pipes'    shows the command, runs it, shows its output; $OUT and $RC keep both
#     start NAME READY 'command'    in the background; waits until its output matches READY
#     stop NAME
#     claim "what we saw" test...   the lesson fails here if the test does
#     finish
#
# Environment: WXSEC (the binary), WX_LESSON_DIR (keep the files there), WX_LESSON_PACE=1 (wait for
# Enter at every step), NO_COLOR. Exit: 0 every claim was observed, 1 one was not, 3 cannot run here.
set -u
LESSON=$(basename "$0" .sh)
LESSON_HOME=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin:/sbin
STEP=0 CLAIMS=0 OUT='' RC=0
declare -A PIDS=()

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  BOLD=$'\033[1m' DIM=$'\033[2m' GREEN=$'\033[32m' RED=$'\033[31m' CYAN=$'\033[36m' PLAIN=$'\033[0m'
else
  BOLD='' DIM='' GREEN='' RED='' CYAN='' PLAIN=''
fi

cannot() {  # cannot WHY HINT: this machine is not the place
  printf '%s: cannot run here: %s\n%s: hint: %s\n' "$LESSON" "$1" "$LESSON" "$2" >&2
  exit 3
}

# The binary: $WXSEC, or wxsec in PATH, or what was built in this tree. Always called `wxsec` below.
find_wxsec() {
  local found=${WXSEC:-$(command -v wxsec)} preset
  for preset in release dev; do
    [ -n "$found" ] || [ ! -x "$LESSON_HOME/../build/$preset/wxsec" ] || found=$LESSON_HOME/../build/$preset/wxsec
  done
  [ -x "$found" ] || cannot "no wxsec${found:+ at $found}" "build it with ./bootstrap.sh build, or set WXSEC"
  WXSEC=$(realpath "$found")
  export WXSEC
}

needs() {
  local tool missing=()
  find_wxsec
  for tool in "$@"; do command -v "$tool" >/dev/null || missing+=("$tool"); done
  [ ${#missing[@]} -eq 0 ] ||
    cannot "not installed: ${missing[*]}" "apt install mosquitto mosquitto-clients openssl curl jq tshark iproute2"
}

# A user and network namespace: in there we may capture on `lo` and use any port, nothing can leave,
# and the machine's own network is not touched. Root can do without the user namespace.
own_network() {
  [ -z "${WX_LESSON_INSIDE:-}" ] || { ip link set lo up; return; }
  local room
  for room in '--user --map-root-user --net' '--net'; do
    # shellcheck disable=SC2086  # the words of $room are separate options
    if unshare $room true 2>/dev/null; then
      WX_LESSON_INSIDE=1 exec unshare $room bash "$0" "$@"
    fi
  done
  [ "$(id -u)" != 0 ] || cannot "no network namespace, even for root" "this container or kernel forbids it; use a machine or VM of your own"
  cannot "this system lets $(id -un) make no network namespace" "sudo $0"
}

begin() {
  # Settings of the caller's shell must not change what the commands below do.
  unset WXSEC_DIR http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY SSLKEYLOGFILE
  export LC_ALL=C.UTF-8 LANG=C.UTF-8
  umask 022
  if [ -n "${WX_LESSON_DIR:-}" ]; then
    WORK=$WX_LESSON_DIR/$LESSON
    [ ! -e "$WORK" ] || cannot "$WORK exists" "rm -r $WORK"
    mkdir -p "$WORK" || cannot "no directory $WORK" "choose another WX_LESSON_DIR"
  else
    WORK=$(mktemp -d "${TMPDIR:-/tmp}/wx-$LESSON.XXXXXX") || cannot "no temporary directory" "set TMPDIR"
  fi
  trap clean_up EXIT
  trap 'exit 130' INT TERM HUP
  cd "$WORK" || exit 3
  WORK=$PWD
  mkdir .lesson
  ln -s "$WXSEC" .lesson/wxsec
  PATH=$WORK/.lesson:$PATH
  printf '%s%s%s\n%s%s%s\n' "$BOLD" "$1" "$PLAIN" "$DIM" "in $WORK" "$PLAIN"
}

clean_up() {
  local name
  for name in "${!PIDS[@]}"; do stop "$name"; done
  cd /
  [ -n "${WX_LESSON_DIR:-}" ] || rm -rf -- "$WORK"
}

indent() { sed 's/^/     /'; }

step() {
  STEP=$((STEP + 1))
  if [ -n "${WX_LESSON_PACE:-}" ] && [ $STEP -gt 1 ]; then read -r -p "   [Enter]" _ </dev/tty || true; fi
  printf '\n%s%s. %s%s\n' "$BOLD" "$STEP" "$1" "$PLAIN"
}

say() { printf '%s\n' "$*" | tr '\n' ' ' | fold -s -w 96 | sed 's/^/   /; s/ *$//'; echo; }

# Long output is shown by its beginning; checks see all of it.
show() {
  local lines
  lines=$(printf '%s\n' "$OUT" | wc -l)
  [ -z "$OUT" ] || printf '%s\n' "$OUT" | head -n 30 | cut -c -150 | indent
  [ "$lines" -le 30 ] || printf '     %s... %s more lines%s\n' "$DIM" $((lines - 30)) "$PLAIN"
}

run() {
  printf '   %s$ %s%s\n' "$CYAN" "$1" "$PLAIN"
  OUT=$(timeout -k 2 "${RUN_SECONDS:-20}" bash -c "set -o pipefail; $1" 2>&1 </dev/null | tr -d '\000' | sed '/^-----$/d'; exit "${PIPESTATUS[0]}")
  RC=$?
  show
  [ $RC -eq 0 ] || printf '     %s(exit %s)%s\n' "$DIM" $RC "$PLAIN"
}

start() {
  local name=$1 ready=$2 command=$3 i
  printf '   %s$ %s &%s\n' "$CYAN" "$command" "$PLAIN"
  : >"$name.log"
  bash -c "exec $command" >>"$name.log" 2>&1 </dev/null &
  PIDS[$name]=$!
  for ((i = 0; i < 150; i++)); do
    ! grep -aqE -- "$ready" "$name.log" || return 0
    kill -0 "${PIDS[$name]}" 2>/dev/null || break
    sleep 0.1
  done
  OUT=$(cat "$name.log")
  claim "$name starts" false
}

pid_of() { printf '%s' "${PIDS[$1]}"; }

stop() {
  local pid=${PIDS[$1]:-} i
  unset "PIDS[$1]"
  [ -n "$pid" ] || return 0
  kill -TERM "$pid" 2>/dev/null
  for ((i = 0; i < 50; i++)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  return 0
}

claim() {
  local words=$1
  shift
  if "$@"; then
    CLAIMS=$((CLAIMS + 1))
    printf '   %s✓ %s%s\n' "$GREEN" "$words" "$PLAIN"
    return
  fi
  printf '   %s✗ %s%s\n' "$RED" "$words" "$PLAIN"
  { printf '%s: NOT OBSERVED: %s\n  checked by: %s\n' "$LESSON" "$words" "$*"
    printf '%s\n' "$OUT" | tail -n 40 | indent; } >&2
  for log in *.log; do [ ! -e "$log" ] || { echo "--- $log"; tail -n 15 "$log" | indent; } >&2; done
  exit 1
}

finish() { printf '\n%s%s claims, each of them observed just now.%s\n' "$BOLD" "$CLAIMS" "$PLAIN"; }

# --- tests for claim; patterns are extended regular expressions ----------------------------------------
worked() { [ "$RC" -eq 0 ]; }
failed() { [ "$RC" -ne 0 ] && [ "$RC" -ne 124 ]; }  # 124: timeout, which proves nothing
exited() { [ "$RC" -eq "$1" ]; }
worked_and_says() { worked && says "$1"; }
failed_and_says() { failed && says "$1"; }
says() { grep -qaE -- "$1" <<<"$OUT"; }
says_nothing_of() { ! says "$1"; }
prints_nothing() { [ -z "$OUT" ]; }
file_has() { grep -qaE -- "$2" "$1"; }
file_lacks() { [ -s "$1" ] && ! grep -qaE -- "$2" "$1"; }

# What a program in the background says may take a moment.
soon() {
  local i
  for ((i = 0; i < 100; i++)); do
    ! "$@" || return 0
    sleep 0.1
  done
  return 1
}
