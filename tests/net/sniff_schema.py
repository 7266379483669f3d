#!/usr/bin/env python3
"""sniff_schema.py WXSEC SOURCE: every JSON line of every golden capture against the tables of src/sniff/JSON_LINES.md.

The document is the contract: a member or type that it does not name is a failure, and so is a type that no capture shows."""
import base64
import json
import pathlib
import re
import subprocess
import sys

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(\d{6}|\d{9})Z$")
ENDPOINT = re.compile(r"^(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:.]+\]):\d+$")
VERDICTS = {"plaintext", "encrypted", "mixed", "compressed", "unknown"}
TLS_OF_FLOW = ("sni", "alpn", "version", "cipher", "ja3", "ja4")
BOOLEANS = {"retain", "duplicate", "truncated", "incomplete", "clean_start", "session_present", "decrypted", "encrypted", "mid_stream",
            "established", "resumed", "early_data", "opened", "no_local", "retain_as_published", "pre_shared_key", "self_issued"}
NUMBERS = {"packet", "flow", "qos", "packet_id", "status", "body_size", "keep_alive_s", "bytes", "size", "packets", "bytes_to_server",
           "bytes_to_client", "lost", "messages", "records", "alert_code", "retain_handling", "reason_code"}


def read_contract(path):
    """(protocol, type) -> the members it may have; and those of every line."""
    common, members = set(), {}
    for line in path.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        words = [set(re.findall(r"[a-z_0-9]+", " ".join(re.findall(r"`([^`]*)`", cell)))) for cell in cells]
        if len(cells) != 3 or not line.startswith("| "):
            continue
        if re.fullmatch(r"`[^|]*`", cells[0]) and not members:
            common |= words[0]
        elif cells[0] in ("mqtt", "http", "tls", "websocket", "tcp", "unknown", "any"):
            for kind in words[1]:
                members.setdefault((cells[0], kind), set()).update(words[2])
    return common, members


def problems_of(value, allowed, path=""):
    if isinstance(value, list):
        for one in value:
            yield from problems_of(one, allowed, path)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key not in allowed:
            yield f"member {path}{key} is not in the document"
        if key in BOOLEANS and not isinstance(inner, bool):
            yield f"{path}{key} is no boolean"
        if key in NUMBERS and (not isinstance(inner, int) or isinstance(inner, bool)):
            yield f"{path}{key} is no number"
        if key.endswith("_base64"):
            if base64.b64decode(inner, validate=True) == b"" or key[: -len("_base64")] not in value:
                yield f"{path}{key} has no text beside it"
        if key != "properties":  # named by the MQTT standard
            yield from problems_of(inner, allowed, f"{path}{key}.")


def check(line, common, members):
    for key in ("time", "packet", "flow", "src", "dst", "protocol", "type"):
        if key not in line:
            yield f"{key} is missing"
            return
    if not TIME.match(line["time"]):
        yield f"time {line['time']}"
    for key in ("src", "dst"):
        if not ENDPOINT.match(line[key]):
            yield f"{key} {line[key]}"
    kind = ("any" if line["type"] in ("flow", "finding") else line["protocol"], line["type"])
    if kind not in members:
        yield f"type {kind} is not in the document"
        return
    yield from problems_of(line, common | members[kind])
    if line["type"] == "flow":
        if line["verdict"] not in VERDICTS:
            yield f"verdict {line['verdict']}"
        if line["protocol"] == "tls":
            yield from (f"{key} is missing in a TLS flow" for key in TLS_OF_FLOW if key not in line)
    if line["type"] == "publish":
        yield from (f"{key} is missing in publish" for key in ("topic", "payload", "qos", "retain") if key not in line)


def main():
    wxsec, source = sys.argv[1], pathlib.Path(sys.argv[2])
    common, members = read_contract(source / "src/sniff/JSON_LINES.md")
    seen, told, lines, failed = set(), set(), 0, 0
    for capture in sorted((source / "tests/captures").glob("*.pcap")):
        keys = capture.with_suffix(".keys")
        for more in [[], ["--show-secrets"]] + ([["--keylog", str(keys)]] if keys.exists() else []):
            out = subprocess.run([wxsec, "sniff", "-r", str(capture), "--json", *more], capture_output=True, timeout=60, check=True)
            for text in out.stdout.decode().splitlines():
                line = json.loads(text)
                lines += 1
                seen.add(("any" if line["type"] in ("flow", "finding") else line["protocol"], line["type"]))
                for problem in check(line, common, members):
                    failed += 1
                    if problem not in told:
                        print(f"FAIL {capture.name}: {problem}: {text[:200]}")
                    told.add(problem)
    for kind in sorted(set(members) - seen):
        failed += 1
        print(f"FAIL no golden capture shows {kind}")
    print(f"schema: {lines} lines of {len(members)} types, {failed} problems")
    sys.exit(1 if failed or lines == 0 else 0)


if __name__ == "__main__":
    main()
