"""help_examples.py WXSEC [COMMAND...]: runs the examples of every command, or of those that start so.

Run by help_examples_test.sh inside namespaces. An example must exit 0. One that does not end by itself (a server,
a watcher) is interrupted once it says that it is ready, and must then exit 0 or 130. Background services, also run
by wxsec, are there where the table below says so."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

# What a command's examples find running, by the longest matching start. "plain" leaves plain.pcap behind.
BACKGROUND = {
    "wxsec": [],
    "wxsec api": ["certs", "broker", "api", "stored"],
    "wxsec api get": ["certs", "broker", "api", "stored"],
    "wxsec api serve": ["certs", "broker"],
    "wxsec attack": ["certs", "broker", "api"],
    "wxsec broker check": ["certs", "broker"],
    "wxsec certs": ["certs"],
    "wxsec certs acme": ["pebble"],
    "wxsec certs acme hook": ["pebble", "lineage"],
    "wxsec certs acme renew": ["pebble", "obtained"],
    "wxsec certs check": ["certs", "broker", "api"],
    "wxsec certs inspect": ["certs", "broker", "api"],
    "wxsec certs init": [],
    "wxsec certs renew": ["certs", "broker", "api"],
    "wxsec certs rollback": ["certs", "renewed", "renewed"],
    "wxsec sniff": ["plain"],
    "wxsec station": ["certs", "broker", "api"],
    "wxsec station run": ["certs", "broker", "api"],
    "wxsec station watch": ["certs", "broker", "station"],
}
# Examples that run until interrupted, and what they print when they work. Those with an end of their own are not here.
SERVICES = {
    r"^wxsec broker run": r"listening on",
    r"^wxsec api serve": r"listening on",
    r"^wxsec certs watch": r"next look at",
    r"^wxsec station run(?!.*(--for|--readings))": r"station-0001",
    r"^wxsec station watch(?!.*(--for|--messages))": r"station-0001",
    r"^wxsec sniff -i(?!.*(--for|--packets))": r"sniffing|listening|capturing",
}
# Whose examples may also find something (exit 1): a broker in a user namespace can only run as its root, which is a finding.
MAY_FIND = ("wxsec broker check",)
# What a setting needs besides wxsec; where it is missing, the command's examples are skipped, and that is said.
PROGRAMS = {"pebble": ["pebble", "pebble-challtestsrv", "openssl"]}
READY_SECONDS, END_SECONDS = 20, 60
failures = []


class Running:
    """A shell line in a process group of its own, with all its output in one file."""

    def __init__(self, line, directory):
        self.line, self.log = line, tempfile.TemporaryFile()
        self.process = subprocess.Popen(["bash", "-c", line], cwd=directory, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=subprocess.STDOUT, start_new_session=True)

    def output(self):
        return os.pread(self.log.fileno(), 1 << 20, 0).decode(errors="replace")

    def wait_for(self, pattern):
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end and not re.search(pattern, self.output()):
            if self.process.poll() is not None:
                return False
            time.sleep(0.02)
        return re.search(pattern, self.output()) is not None

    def wait(self, seconds):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            return "nothing: it was killed"

    def interrupt(self):
        if self.process.poll() is not None:
            return f"nothing: it had ended before, with {self.process.returncode}"
        os.killpg(self.process.pid, signal.SIGINT)
        return self.wait(10)


def must(condition, running, what):
    if not condition:
        failures.append(f"{running.line}: {what}\n{running.output()[-3000:]}")
    return condition


def run(line, directory):
    running = Running(line, directory)
    code = running.wait(END_SECONDS)
    must(code == 0 or (code == 1 and line.startswith(MAY_FIND)), running, f"exit {code}")


def start(line, pattern, directory):
    running = Running(line, directory)
    must(running.wait_for(pattern), running, f"never said '{pattern}'")
    return running


def stop(running):
    code = running.interrupt()
    must(code in (0, 130), running, f"interrupted, it exits {code}")


def prepare(need, directory):
    """Starts one service, or makes one thing; returns what is to be stopped."""
    if need == "certs":
        run("wxsec certs init", directory)
    elif need == "renewed":
        run("wxsec certs renew --all --force", directory)
    elif need == "broker":
        return [start("wxsec broker run", "listening on", directory)]
    elif need == "api":
        return [start("wxsec api serve", "listening on", directory)]
    elif need == "station":
        return [start("wxsec station run --interval 1s", "station-0001", directory)]
    elif need == "stored":
        run("wxsec station run --readings 3 --interval 100ms --until-stored", directory)
    elif need == "pebble":
        return pebble(directory)
    elif need == "obtained":
        run("wxsec certs acme obtain --server https://localhost:14000/dir --ca-file pebble.pem --domain broker.wx.test --http-port 5002", directory)
    elif need == "lineage":
        run("wxsec certs acme obtain --server https://localhost:14000/dir --ca-file pebble.pem --domain broker.wx.test --http-port 5002 "
            "--dir got && mkdir live && cp -rL got/broker.wx.test/current live/broker.wx.test", directory)
    elif need == "plain":
        broker = start("wxsec broker run --insecure-lesson", "listening on", directory)
        sniffer = start("wxsec sniff -i lo -w plain.pcap", SERVICES[r"^wxsec sniff -i(?!.*(--for|--packets))"], directory)
        run("wxsec station run --insecure-lesson --broker mqtt://127.0.0.1:1883 --readings 2 --interval 100ms", directory)
        stop(sniffer)
        stop(broker)
    return []


def pebble(directory):
    """A real ACME server, whose own certificate is pebble.pem, and the DNS that it asks."""
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout pebble-key.pem -out pebble.pem -days 2 "
        "-subj /CN=localhost -addext subjectAltName=DNS:localhost", directory)
    (directory / "pebble.json").write_text(json.dumps({"pebble": {
        "listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000", "certificate": "pebble.pem",
        "privateKey": "pebble-key.pem", "httpPort": 5002, "tlsPort": 5001, "ocspResponderURL": "",
        "externalAccountBindingRequired": False, "certificateValidityPeriod": 518400}}))
    dns = start("exec pebble-challtestsrv -dns01 127.0.0.1:8053 -http01 '' -https01 '' -tlsalpn01 '' -management 127.0.0.1:8055 "
                "-defaultIPv4 127.0.0.1 -defaultIPv6 ''", "Starting", directory)
    acme = start("PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 exec pebble -config pebble.json -dnsserver 127.0.0.1:8053 -strict=true",
                 "ACME directory available", directory)
    return [Foreign(dns), Foreign(acme)]


class Foreign:
    """Somebody else's server: it may end as it likes."""

    def __init__(self, running):
        self.running = running

    def interrupt(self):
        self.running.interrupt()
        return 0


def missing_programs(path):
    return [tool for need in background_of(path) for tool in PROGRAMS.get(need, []) if shutil.which(tool) is None]


def background_of(path):
    return BACKGROUND[max((start for start in BACKGROUND if f"{path} ".startswith(start + " ")), key=len)]


def try_example(example, directory):
    for command, pattern in SERVICES.items():
        if re.search(command, example):
            stop(start(example, pattern, directory))
            return
    run(example, directory)


def try_command(command):
    if missing := missing_programs(command["command"]):
        print(f"skip   {command['command']}: {', '.join(missing)} not installed", flush=True)
        return
    before = len(failures)
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        running = [service for need in background_of(command["command"]) for service in prepare(need, directory)]
        for example in command["examples"]:
            try_example(example, directory)
        for service in reversed(running):
            stop(service)
    verdict = "ok" if len(failures) == before else "FAILED"
    print(f"{verdict:6} {command['command']}: {len(command['examples'])} examples", flush=True)


def walk(command, wanted):
    # Those of wxsec itself are what its commands' examples are, and the lab has a test of its own.
    if command["examples"] and command["command"] != "wxsec" and command["command"].startswith(wanted):
        try_command(command)
    for child in command["commands"]:
        walk(child, wanted)


def leftovers():
    """Processes of this namespace besides us: all have been waited for, so none may be left."""
    mine = str(os.getpid())
    return [pathlib.Path(f"/proc/{pid}/comm").read_text().strip() for pid in os.listdir("/proc") if pid.isdigit() and pid != mine]


def main():
    os.environ.update(PATH=f"{pathlib.Path(sys.argv[1]).resolve().parent}:/usr/sbin:/usr/bin:/sbin:/bin", NO_COLOR="1", LANG="C.UTF-8")
    os.environ.pop("WXSEC_DIR", None)
    home = tempfile.TemporaryDirectory()  # the examples of certs trust change the user's browsers
    os.environ["HOME"] = home.name
    tree = json.loads(subprocess.run(["wxsec", "man", "--json"], capture_output=True, check=True).stdout)
    walk(tree, " ".join(["wxsec", *sys.argv[2:]]))
    if leftovers():
        failures.append(f"left behind: {leftovers()}")
    print("\n\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
