#!/usr/bin/env python3
"""runner.py WXSEC SCRIPT: runs a command script in an empty directory and compares what it prints.

    # comment
    needs mosquitto         skip (exit 77), visibly, where the program is missing
    $ wxsec version         must exit 0
    ! wxsec nonsense        must exit with anything but 0
    ?2 wxsec nonsense       must exit 2
    1> wxsec *              some line of stdout matches (fnmatch)
    1>! *secret*            no line of stdout matches
    2> *hint*               the same for stderr
    1> =                    stdout is empty
    -- a.txt --             from here to the next such line: the content of a file, written first

Commands run in bash with wxsec first in PATH, HOME in the directory, no colour, no terminal."""
import fnmatch
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

COMMAND = re.compile(r"^(\$|!|\?\d+) (.+)$")
EXPECT = re.compile(r"^([12])>(!?) ?(.*)$")
FILE = re.compile(r"^-- (\S+) --$")
TIMEOUT_SECONDS = 60


def split(text):
    lines, files, name = [], {}, None
    for number, line in enumerate(text.splitlines(), 1):
        match = FILE.match(line)
        if match:
            name = match.group(1)
            files[name] = []
        elif name:
            files[name].append(line)
        elif line.strip() and not line.startswith("#"):
            lines.append((number, line.rstrip()))
    return lines, files


def exit_is_wrong(wanted, code):
    if wanted == "$":
        return code != 0
    if wanted == "!":
        return code == 0
    return code != int(wanted[1:])


def expectation_fails(text, negated, pattern):
    lines = text.splitlines()
    if pattern == "=":
        return bool(lines) != bool(negated)
    found = any(fnmatch.fnmatchcase(line, pattern) for line in lines)
    return found == bool(negated)


def run_script(wxsec, script, scratch):
    lines, files = split(script.read_text())
    for name, content in files.items():
        path = scratch / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(content) + "\n")
    environment = {"PATH": f"{wxsec.parent}:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(scratch), "NO_COLOR": "1", "LANG": "C.UTF-8",
                   "SOURCE": str(script.parents[2])}
    failures, last = [], None
    for number, line in lines:
        command, expect = COMMAND.match(line), EXPECT.match(line)
        if line.startswith("needs "):
            missing = [p for p in line.split()[1:] if not shutil.which(p, path=environment["PATH"])]
            if missing:
                print(f"SKIPPED: not installed: {' '.join(missing)}")
                sys.exit(77)
        elif command:
            last = subprocess.run(["bash", "-c", command.group(2)], cwd=scratch, env=environment, capture_output=True, text=True,
                                  errors="replace", stdin=subprocess.DEVNULL, timeout=TIMEOUT_SECONDS, check=False)
            if exit_is_wrong(command.group(1), last.returncode):
                failures.append(f"{script.name}:{number}: exit {last.returncode}: {line}\n{last.stdout}{last.stderr}")
        elif expect and last:
            text = last.stdout if expect.group(1) == "1" else last.stderr
            if expectation_fails(text, expect.group(2), expect.group(3)):
                failures.append(f"{script.name}:{number}: not met: {line}\n  it printed:\n{text}")
        else:
            failures.append(f"{script.name}:{number}: cannot read: {line}")
    return failures


def main():
    wxsec, script = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory() as scratch:
        failures = run_script(wxsec, script, pathlib.Path(os.path.realpath(scratch)))
    print("\n".join(failures) or f"{script.name}: as expected")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
