#!/usr/bin/env python3
"""layers_selftest.py ROOT: plants one violation of each kind in a copy and expects layers.py to name it."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

PLANTED = {
    "lib/core/planted.h": '#include "lib/pki/key.h"',  # up within a floor
    "lib/pki/planted.h": '#include "lib/decrypt/keylog.h"',  # sideways: equal rank
    "lib/net/planted.h": '#include "src/weather/reading.h"',  # up a floor
    "src/api/planted.h": "#include <openssl/ssl.h>",  # third party outside its fence
    "src/sniff/planted.h": '#include "reading.h"',  # not from the root
    "cmd/planted.cpp": '#include "lib/pki/key.h"',  # a lib that cmd may not touch
    "lib/undeclared/planted.h": "",  # a folder without a rank
}


def run(root):
    script = root / "tests/arch/layers.py"
    return subprocess.run([sys.executable, script, root], capture_output=True, text=True, check=False)


def main():
    source = pathlib.Path(sys.argv[1]).resolve()
    failures = []
    for name, line in PLANTED.items():
        with tempfile.TemporaryDirectory() as scratch:
            root = pathlib.Path(scratch)
            for part in ("lib", "src", "cmd", "tests/arch"):
                shutil.copytree(source / part, root / part)
            planted = root / name
            planted.parent.mkdir(parents=True, exist_ok=True)
            planted.write_text(line + "\n")
            result = run(root)
            if result.returncode == 0 or name not in result.stdout:
                failures.append(f"{name} ({line}) was not caught")
    print("\n".join(failures) or f"{len(PLANTED)} planted violations, all caught")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
