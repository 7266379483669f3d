# Every `wxsec ...` command that a page, a finding or an error's remedy tells people to type must
# exist, with the options that are named.
set -u
command -v python3 >/dev/null || { echo "skip: python3 is not installed"; exit 77; }
python3 - "$WXSEC" "$SOURCE" <<'PY'
import json, re, subprocess, sys, pathlib

wxsec, source = sys.argv[1], pathlib.Path(sys.argv[2])


def run(*words):
    return subprocess.run([wxsec, *words], capture_output=True, text=True)


def text_of(name):
    return json.loads(run("explain", "--json", name).stdout)["text"]


names = [t["name"] for t in json.loads(run("explain", "--json").stdout)["topics"]]
names += re.findall(r'"(WX-[A-Z]+-\d{3})"', (source / "src/report/catalogue.h").read_text())
for table in sorted(source.glob("src/explain/errors_*.cpp")):
    names += re.findall(r'KnownError\{\s*"([a-z0-9-]+)"', table.read_text())
assert len(names) > 100, names

helps = {}


def help_of(words):
    if words not in helps:
        result = run(*words, "--help")
        helps[words] = result.stdout if result.returncode == 0 else None
    return helps[words]


def commands(text):
    for line in text.splitlines():
        if line.startswith("    ") and "wxsec " in line:
            yield line.strip()
    for quoted in re.findall(r"`([^`]*)`", " ".join(text.split())):
        yield quoted


problems, seen = [], 0
for name in names:
    for command in commands(text_of(name)):
        command = command.split("#")[0]
        match = re.match(r"(?:sudo )?wxsec ((?:[a-z]+ ?)+)(.*)", command)
        if not match:
            continue
        words = match.group(1).split()
        # `certs init` has two words, `certs acme obtain` three, `attack plaintext` one and an argument.
        two = tuple(words[:3 if words[:2] == ["certs", "acme"] else 2]) if words[0] in ("certs", "broker", "station", "api") else tuple(words[:1])
        seen += 1
        shown = help_of(two)
        if shown is None or not re.search(r"wxsec " + " ".join(two), shown):
            problems.append(f"{name}: no such command: {command}")
            continue
        for option in re.findall(r"(?<!\S)(--?[a-z][a-z-]*)", command):
            if not re.search(r"(?<![\w-])" + re.escape(option) + r"(?![\w-])", shown):
                problems.append(f"{name}: no option {option}: {command}")
print("\n".join(problems) or f"{seen} commands exist as they are explained")
sys.exit(1 if problems or seen < 40 else 0)
PY
