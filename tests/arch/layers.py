#!/usr/bin/env python3
"""layers.py ROOT: fails when a file includes what its folder may not, by tests/arch/layers.txt."""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def read_rules(path):
    ranks, allow, fences = {}, {}, []
    for line in path.read_text().splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        if words[0] == "allow":
            allow[words[1]] = words[2:]
        elif words[0] == "fence":
            fences.append((words[1], words[2:]))
        else:
            ranks[words[0]] = int(words[1])
    return ranks, allow, fences


def folder_of(name):
    parts = name.split("/")
    return parts[0] if parts[0] == "cmd" else "/".join(parts[:2])


def inside(name, places):
    return any(name == place or name.startswith(place + "/") for place in places)


def check_project_include(me, my_folder, target, ranks, allow):
    its_folder = folder_of(target)
    if its_folder == my_folder:
        return None
    if its_folder not in ranks:
        return f"includes {target}, whose folder {its_folder} is not declared"
    my_floor, its_floor = my_folder.split("/")[0], its_folder.split("/")[0]
    if my_floor == its_floor:
        if ranks[its_folder] >= ranks[my_folder]:
            return f"includes {target}: rank {ranks[its_folder]} is not below {ranks[my_folder]}"
        return None
    if {"lib": 0, "src": 1, "cmd": 2}[its_floor] > {"lib": 0, "src": 1, "cmd": 2}[my_floor]:
        return f"includes {target}: floors go cmd -> src -> lib, never up"
    if my_floor == "cmd" and its_floor == "lib" and not inside(target, allow["cmd"]):
        return f"includes {target}: of lib, cmd may take only {' '.join(allow['cmd'])}"
    return None


def check_file(root, path, rules):
    ranks, allow, fences = rules
    me = path.relative_to(root).as_posix()
    my_folder = folder_of(me)
    if my_folder not in ranks:
        yield f"{me}: folder {my_folder} is not declared in tests/arch/layers.txt"
        return
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        target = match.group(2)
        if target.split("/")[0] in ("lib", "src", "cmd"):
            problem = check_project_include(me, my_folder, target, ranks, allow)
        elif match.group(1) == '"':
            problem = f'includes "{target}": project includes start at the root'
        else:
            problem = next((f"includes <{target}>, fenced into {' '.join(places)}" for prefix, places in fences
                            if target.startswith(prefix) and not inside(me, places)), None)
        if problem:
            yield f"{me}:{number}: {problem}"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    rules = read_rules(root / "tests/arch/layers.txt")
    files = [p for floor in ("lib", "src", "cmd") for p in sorted((root / floor).rglob("*")) if p.suffix in (".h", ".cpp")]
    problems = [problem for path in files for problem in check_file(root, path, rules)]
    print("\n".join(problems) or f"{len(files)} files, every include goes down")
    return 1 if problems or not files else 0


if __name__ == "__main__":
    sys.exit(main())
