# What OpenSSL itself prints for each code that we explain must lead to the same entry as the code.
set -u
for tool in openssl jq; do
  command -v $tool >/dev/null || { echo "skip: $tool is not installed"; exit 77; }
done
failed=0
codes=$(grep -ohE '\b(0A|05|04|1C|1E)[0-9A-F]{6}\b' "$SOURCE"/src/explain/errors_*.cpp | sort -u)
[ "$(echo "$codes" | wc -l)" -ge 25 ] || { echo "only a few codes found in the sources"; exit 1; }
for code in $codes; do
  text=$(openssl errstr "$code")
  by_code=$("$WXSEC" explain "error:$code" --json | jq -r .name) || failed=1
  # without the code, so that the words alone must match
  by_text=$("$WXSEC" explain "$(echo "$text" | cut -d: -f3-)" --json | jq -r .name) || failed=1
  if [ "$by_code" != "$by_text" ] || [ -z "$by_code" ]; then
    echo "$text: the code leads to '$by_code', the text to '$by_text'"
    failed=1
  fi
done
echo "$(echo "$codes" | wc -l) codes compared"
exit $failed
