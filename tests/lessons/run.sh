#!/usr/bin/env bash
# run.sh LESSON: runs one lesson as it stands, in a temporary directory of its own, and looks afterwards whether it left a
# process or a file behind. Exit: 0 every claim observed and nothing left, 1 not so, 77 it cannot run here (it says why).
set -u
lesson=${1:?lesson}
export TMPDIR
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/wx-lesson-test.XXXXXX") || exit 1
trap 'rm -rf -- "$TMPDIR"' EXIT
unset WX_LESSON_DIR WX_LESSON_PACE WX_LESSON_INSIDE

bash "$lesson" </dev/null
code=$?
if [ $code = 3 ]; then
  echo "SKIPPED: see above"
  exit 77
fi

# Whatever the lesson started has inherited TMPDIR.
left=()
for process in /proc/[0-9]*; do
  [ "$process" != "/proc/$$" ] && grep -qzF "TMPDIR=$TMPDIR" "$process/environ" 2>/dev/null &&
    left+=("$(tr '\0' ' ' <"$process/cmdline")")
done
for file in "$TMPDIR"/* "$TMPDIR"/.[!.]*; do
  [ ! -e "$file" ] || left+=("$file")
done
if [ ${#left[@]} -gt 0 ]; then
  printf 'left behind: %s\n' "${left[@]}"
  exit 1
fi
exit $code
