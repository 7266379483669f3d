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
for kind in mqtt http tls ws own same verdicts; do
  python3 "$SOURCE/tests/net/sniff_compare.py" "$WXSEC" "$captures" "$kind"
  case $? in 0 | 77) ;; *) failed=1 ;; esac # 77: a program is missing, and the line says which
done
python3 "$SOURCE/tests/net/sniff_suricata.py" "$WXSEC" "$captures"
case $? in 0 | 77) ;; *) failed=1 ;; esac
count=0
for capture in "$captures"/malformed/*; do
  # None may take more than a second of processor time: at the second the kernel ends it.
  (ulimit -t 1; exec timeout 20 "$WXSEC" sniff -r "$capture" --json -x) > /dev/null 2>&1
  code=$?
  case $code in
    0 | 3) ;;  # 3: the file itself is damaged, and says so
    *) echo "FAIL malformed: exit $code on $capture"; failed=1 ;;
  esac
  count=$((count + 1))
done
echo "malformed: $count captures, no crash"
unit="$(dirname "$WXSEC")/tests/unit_src_sniff"
if [ -x "$unit" ]; then
  log=$(WXSEC_EVERY_BYTE=small "$unit" -tc='sniff/truncation*') || failed=1
  echo "$log" | tail -n 3
else
  echo "skipped: truncation at every byte, $unit was not built"
fi
[ "$count" -gt 0 ] && exit $failed
exit 1
