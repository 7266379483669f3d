#!/bin/bash
# The sniffer against captures of other people and what other programs read in them: tshark's fields,
# nDPI's verdicts and JA4, and the same traffic in twenty dresses. Then hundreds of malformed ones.
set -u
captures="$SOURCE/../shared/captures"
if [ ! -d "$captures/public" ]; then
  echo "skipped: the reference captures are not there ($captures)"
  exit 77
fi
failed=0
for kind in mqtt http tls same verdicts; do
  python3 "$SOURCE/tests/net/sniff_compare.py" "$WXSEC" "$captures" "$kind" verbose || failed=1
done
count=0
for capture in "$captures"/malformed/*; do
  timeout 10 "$WXSEC" sniff -r "$capture" --json -x > /dev/null 2>&1
  code=$?
  case $code in
    0 | 3) ;;  # 3: the file itself is damaged, and says so
    *) echo "FAIL malformed: exit $code on $capture"; failed=1 ;;
  esac
  count=$((count + 1))
done
echo "malformed: $count captures, no crash"
[ "$count" -gt 0 ] && exit $failed
exit 1
