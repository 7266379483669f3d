#!/usr/bin/env bash
# The 105 certificates once for all tests that ask about them: makes $MATRIX, or with --remove takes it away.
set -u
rm -rf "${MATRIX:?the folder}"
[ "${1:-}" != --remove ] || exit 0
. "$(dirname "$0")/certs_matrix.sh"
matrix_need
mkdir -p "$MATRIX" || exit 1
matrix_make
[ $failures = 0 ] && echo "${#certificates[@]} certificates in $dir"
