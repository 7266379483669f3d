# shellcheck shell=bash
# Every `wxsec ...` that a page, a lesson or a unit file tells somebody to type must be a command of this binary, and each of
# its long options one that the command knows.
set -u
# The commands below "$1": the indented words before the options, if its usage wants a COMMAND.
known_commands() {
  # shellcheck disable=SC2086
  "$WXSEC" $1 --help | awk '/^Usage:.*COMMAND/{on=1} /^Options/{exit} on && /^  [a-z]/{print $1}'
}
mapfile -t files < <(find "$SOURCE" -maxdepth 1 -name '*.md'; find "$SOURCE"/{lib,src,tests,examples,certs} \( -name '*.md' -o -name '*.sh' -o -name '*.service' \))
[ ${#files[@]} -ge 10 ] || { echo "only ${#files[@]} files found"; exit 1; }

# One invocation a line, without what follows a pipe, a quote or a comment.
invocations=$(cat "${files[@]}" | sed ':a;/\\$/{N;s/\\\n//;ba}' |
  grep -oE "(^|[\`' /])wxsec (certs|broker|station|api|sniff|attack|lab|explain|completion|man|version|help)[^\`'\"|;&#()]*" |
  sed -E "s/^[\`' \/]*//; s/[>,.:]+( |$).*//; s/ +/ /g; s/ $//" | sort -u)
declare -A help=() leafs=()
for command in $(known_commands ""); do leafs[$command]=$(known_commands "$command"); done

count=0 failed=0
while read -r _ command sub rest; do
  [ -n "${leafs[$command]+there}" ] || { echo "no such command: wxsec $command $sub $rest"; failed=1; continue; }
  path=$command
  if [ -n "${leafs[$command]}" ] && [[ "$sub" =~ ^[a-z-]+$ && "$sub" != -* ]]; then
    grep -qx -- "$sub" <<<"${leafs[$command]}" || { echo "no such command: wxsec $command $sub $rest"; failed=1; continue; }
    path="$command $sub"
  fi
  # Some hold further commands: certs acme obtain.
  next=${rest%% *}
  if [ "$path" = "$command $sub" ] && [[ "$next" =~ ^[a-z-]+$ && "$next" != -* ]]; then
    [ -n "${leafs[$path]+there}" ] || leafs[$path]=$(known_commands "$path")
    [ -z "${leafs[$path]}" ] || grep -qx -- "$next" <<<"${leafs[$path]}" || { echo "no such command: wxsec $path $rest"; failed=1; continue; }
    [ -z "${leafs[$path]}" ] || path="$path $next"
  fi
  # shellcheck disable=SC2086
  [ -n "${help[$path]+there}" ] || help[$path]=$("$WXSEC" $path --help)
  for option in $(grep -oE -- '--[a-z][a-z-]*' <<<"$sub $rest"); do
    grep -qE -- "$option\b" <<<"${help[$path]}" || { echo "wxsec $path knows no $option: $command $sub $rest"; failed=1; }
  done
  count=$((count + 1))
done <<<"$invocations"
echo "$count different invocations in ${#files[@]} files looked at"
[ $count -ge 50 ] || { echo "too few"; failed=1; }
exit $failed
