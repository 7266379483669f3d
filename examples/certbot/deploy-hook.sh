#!/usr/bin/env bash
# certbot's deploy hook: puts a renewed pair where the broker can read it, makes the broker load it, and looks whether it did.
# certbot calls it with RENEWED_LINEAGE; the rest stands in deploy-hook.conf. `deploy-hook.sh --status` says how the last run ended.
# A generation is a directory of its own and `current` a link to it, swapped in one rename: a crash leaves the old pair or the new one.
set -euo pipefail
CONF=${WX_DEPLOY_CONF:-/etc/wx-deploy-hook.conf}
[ -r "$CONF" ] || { echo "deploy-hook: cannot read $CONF" >&2; exit 3; }
# shellcheck disable=SC1090
. "$CONF"
: "${TARGET:?}" "${GROUP:?}" "${RELOAD:?}" "${VERIFY:?}"

if [ "${1:-}" = --status ]; then
  cat "$TARGET/.last-deploy" 2>/dev/null || { echo "no deployment so far"; exit 1; }
  grep -q '^ok ' "$TARGET/.last-deploy"
  exit
fi
: "${RENEWED_LINEAGE:?certbot sets this; it is .../live/NAME}"
name=$(basename "$RENEWED_LINEAGE")
home=$TARGET/$name
old=$(readlink "$home/current" 2>/dev/null || true)

# certbot 2.1 exits 0 whatever we return, so the journal and the status file must tell.
note() {
  [ -d "$TARGET" ] || install -d -m 0755 "$TARGET"
  printf '%s %s %s\n' "$1" "$name" "$2" >"$TARGET/.last-deploy"
  logger -t wx-deploy-hook -- "$1 $name: $2" 2>/dev/null || true
  [ "$1" = ok ] && echo "wx-deploy-hook: $name: $2" || echo "wx-deploy-hook: error: $name: $2" >&2
}
fail() { note failed "$1"; exit 1; }

point_to() { ln -sfn "$1" "$home/.next" && mv -T "$home/.next" "$home/current"; }

# certbot's live/*.pem are links into archive/; the pair must fit before anybody is told of it.
cert_key=$(openssl x509 -in "$RENEWED_LINEAGE/cert.pem" -noout -pubkey) || fail "no certificate in $RENEWED_LINEAGE"
own_key=$(openssl pkey -in "$RENEWED_LINEAGE/privkey.pem" -pubout) || fail "no private key in $RENEWED_LINEAGE"
[ "$cert_key" = "$own_key" ] || fail "key and certificate do not belong together; nothing was changed"

umask 027
[ -d "$TARGET" ] || install -d -m 0755 "$TARGET"
mkdir -p "$home"
generation=$(date -u +%Y%m%dT%H%M%SZ).$$
mkdir -m 0750 "$home/$generation"
for file in cert chain fullchain privkey; do
  cat "$RENEWED_LINEAGE/$file.pem" >"$home/$generation/$file.pem" || fail "cannot copy $file.pem"
done
chgrp -R "$GROUP" "$home" || fail "cannot give the files to group $GROUP"
sync "$home/$generation"/*.pem "$home/$generation" || fail "the disk did not take them"
point_to "$generation"
# Names that need no `current` in other software's configuration.
for file in cert chain fullchain privkey; do ln -sfn "current/$file.pem" "$home/$file.pem"; done

serial() { openssl x509 -noout -serial 2>/dev/null; }
served() { timeout 5 openssl s_client -connect "$VERIFY" -servername "$name" </dev/null 2>/dev/null | serial; }
wanted=$(serial <"$home/current/cert.pem")

reload_and_look() {
  bash -c "$RELOAD" || return 1
  local i
  for ((i = 0; i < 50; i++)); do
    [ "$(served || true)" != "$1" ] || return 0
    sleep 0.1
  done
  return 1
}

if reload_and_look "$wanted"; then
  note ok "$VERIFY serves $wanted"
  exit 0
fi
if [ -n "$old" ]; then
  point_to "$old"
  reload_and_look "$(serial <"$home/current/cert.pem")" && fail "$VERIFY did not serve $wanted; the old pair is back and served"
  fail "$VERIFY did not serve $wanted, nor the old one after it was put back"
fi
fail "$VERIFY does not serve $wanted"
