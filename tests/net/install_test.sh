# What `cmake --install` puts where, and that it works from there; then the same out of a Debian package.
set -eu
build=$(dirname "$WXSEC")
[ -e "$build/texts/stamp" ] || { echo "skip: only part of $build is built (target wxsec_texts)"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() { echo "$1"; exit 1; }

check_tree() {
  "$1/bin/wxsec" version | grep -q '^wxsec [0-9]' || fail "$1/bin/wxsec does not run"
  [ -s "$1/share/man/man1/wxsec.1" ] || fail "no manual page"
  [ -s "$1/share/man/man1/wxsec-certs-init.1" ] || fail "no manual page of certs init"
  grep -q 'complete -F' "$1/share/bash-completion/completions/wxsec" || fail "no completion"
  [ -s "$1/share/doc/wxsec/copyright" ] || fail "no copyright file"
  [ ! -d "$SOURCE/certs/profiles" ] || ls "$1"/share/wxsec/profiles/*.toml >/dev/null
  [ ! -d "$SOURCE/examples" ] || [ -d "$1/share/doc/wxsec/examples" ] || fail "no examples"
  [ ! -e "$SOURCE/CHANGELOG.md" ] || [ -s "$1/share/doc/wxsec/CHANGELOG.md" ] || fail "no change log"
  [ ! -e "$1/include" ] || fail "headers are installed"
  if command -v man >/dev/null; then
    man -l "$1/share/man/man1/wxsec.1" 2>&1 | grep -q 'wxsec-certs(1)' || fail "man does not show wxsec.1"
  fi
}

cmake --install "$build" --prefix "$scratch/prefix" >"$scratch/log" || { cat "$scratch/log"; exit 1; }
check_tree "$scratch/prefix"
echo "installed $(find "$scratch/prefix" -type f | wc -l) files"

command -v dpkg-shlibdeps >/dev/null || { echo "no Debian package made: dpkg-shlibdeps is missing"; exit 0; }
# cpack builds everything first; a test should not, so all must be built already.
ninja -C "$build" -n 2>/dev/null | grep -q 'no work to do' || { echo "no Debian package made: $build is not built as a whole"; exit 0; }
(cd "$build" && cpack -G DEB -B "$scratch" >"$scratch/log" 2>&1) || { cat "$scratch/log"; exit 1; }
deb=$(echo "$scratch"/*.deb)
dpkg-deb --field "$deb" Depends | grep -q 'libssl3' || fail "the package does not depend on OpenSSL"
dpkg-deb --field "$deb" Depends | grep -q 'libpcap0.8' || fail "the package does not depend on libpcap, which is loaded on demand"
dpkg-deb --field "$deb" Recommends | grep -qx 'mosquitto' || fail "the package does not recommend mosquitto"
dpkg-deb --extract "$deb" "$scratch/root"
check_tree "$scratch/root/usr"
echo "packed $(basename "$deb"): $(dpkg-deb --field "$deb" Depends)"
