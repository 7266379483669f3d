# shellcheck shell=bash
# What a command says and how it exits, for tests that stop at the first surprise. Source it; the command's output is in ./out.

die() { cat out; echo "FAIL: $*"; exit 1; }

expect() { # expect CODE PATTERN COMMAND...: exits so and says so
  local code=$1 pattern=$2 got
  shift 2
  "$@" >out 2>&1
  got=$?
  [ $got = "$code" ] || die "exit $got instead of $code: $*"
  grep -q -- "$pattern" out || die "'$pattern' is not said: $*"
}
