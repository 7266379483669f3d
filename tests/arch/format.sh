#!/usr/bin/env bash
# format.sh SOURCE: every file of C++ is as clang-format 14 (.clang-format) writes it.
set -u
cd "${1:?the source tree}" || exit 1
tool=$(command -v clang-format-14 || command -v clang-format) || { echo "skip: clang-format is not installed"; exit 77; }
"$tool" --version | grep -q 'version 14\.' || { echo "skip: $("$tool" --version); the format is that of version 14"; exit 77; }
find cmd src lib tests examples -name '*.cpp' -o -name '*.h' | xargs "$tool" --dry-run -Werror
