# Every example of every --help is run as it stands, in an empty directory, on real parts, inside namespaces
# of its own: whatever it starts, binds or sends stays there and ends there.
inside=(unshare --user --map-root-user --net --pid --fork --kill-child --mount-proc)
for tool in unshare ip mosquitto jq python3; do
  command -v $tool >/dev/null || { echo "skip: $tool is not installed"; exit 77; }
done
if ! refused=$("${inside[@]}" ip link set lo up 2>&1); then
  echo "skip: no user and network namespace here: $refused"
  exit 77
fi
exec "${inside[@]}" sh -c 'ip link set lo up && exec python3 "$@"' sh "$SOURCE/tests/net/help_examples.py" "$WXSEC" "$@"
