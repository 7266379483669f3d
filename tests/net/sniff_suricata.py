#!/usr/bin/env python3
"""sniff_suricata.py WXSEC CAPTURES: the expectations of suricata-verify for its MQTT captures, asked of our JSON lines.

An expectation names the fields that so many messages must have. Those about alerts and frames speak of rule files and of
suricata's own parsing steps; they are counted as not applicable and printed, everything else must hold.
"""
import collections
import pathlib
import sys

from sniff_compare import FIXED_FLAGS, run_wxsec

try:
    import yaml
except ImportError:
    print("skipped: python3-yaml is not installed")
    sys.exit(77)


# Expectations that the bytes contradict.
ACCEPTED = {
    ("mqtt5-sub-userpass", "disconnect"): "the packet is e0 01 04: reason code 4, as tshark says too; suricata expects 0",
    ("mqtt5-unsub-userpass", "disconnect"): "the packet is e0 01 04: reason code 4, as tshark says too; suricata expects 0",
}


def flat(value, prefix):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{prefix}.{key}")
    else:
        yield prefix, value


def properties(line):
    out = dict(line.get("properties", {}))
    for pair in out.pop("user_property", []):
        out[pair["name"]] = pair["value"]
    return out


def as_eve(line):
    """One of our lines under the names that suricata uses."""
    kind = line["type"]
    flags = FIXED_FLAGS.get(kind, 0)
    out = {"qos": line.get("qos", flags >> 1), "retain": line.get("retain", False), "dup": line.get("duplicate", False),
           "properties": properties(line)}
    if "packet_id" in line:
        out["message_id"] = line["packet_id"]
    if "reason_code" in line:
        out["return_code" if kind == "connack" else "reason_code"] = line["reason_code"]
    if kind == "connect":
        out |= {"protocol_string": "MQIsdp" if line["version"] == "3.1" else "MQTT",
                "protocol_version": {"3.1": 3, "3.1.1": 4, "5.0": 5}[line["version"]],
                "flags": {"username": "username" in line, "password": "password" in line, "will": "will" in line,
                          "will_retain": line.get("will", {}).get("retain", False), "clean_session": line["clean_start"]}}
        if "will" in line:
            out["will"] = {"topic": line["will"]["topic"], "message": line["will"]["payload"], "properties": properties(line["will"])}
    out |= {name: line[name] for name in ("client_id", "username", "password", "topic", "session_present") if name in line}
    if kind == "connack":
        out["session_present"] = line["session_present"]
    if kind == "publish":
        out["message"] = line["payload"]
    if kind == "subscribe":
        out["topics"] = [{"topic": one["topic"], "qos": one["qos"]} for one in line["filters"]]
    if kind == "unsubscribe":
        out["topics"] = [one["topic"] for one in line["filters"]]
    if kind == "suback":
        out["qos_granted"] = line["reason_codes"]
    if kind == "unsuback" and "reason_codes" in line:
        out["reason_codes"] = line["reason_codes"]
    return dict(flat(out, f"mqtt.{kind}"))


def same(want, got):
    if isinstance(want, str) and isinstance(got, str) and got.startswith(("ey", "MT", "M")):  # binary data in base64
        import base64
        try:
            return want == got or want == base64.b64decode(got).decode()
        except ValueError:
            return want == got
    return str(want) == str(got) if not isinstance(want, list) else want == got


def holds(filter_, messages):
    """Each kind of message that the filter names must be there so many times with these fields."""
    kinds = collections.defaultdict(dict)
    for key, value in filter_["match"].items():
        if key.startswith("mqtt."):
            kinds[key.split(".")[1]][key] = value
    for wanted in kinds.values():
        hits = sum(all(key in one and same(value, one[key]) for key, value in wanted.items()) for one in messages)
        if hits != filter_["count"]:
            return f"{hits} instead of {filter_['count']} messages have {wanted}"
    return ""


def main():
    wxsec, captures = sys.argv[1], pathlib.Path(sys.argv[2])
    checked = failed = other = files = 0
    for expectation in sorted((captures / "expected" / "suricata").glob("*.yaml")):
        capture = captures / "public" / "mqtt" / f"suricata-verify__{expectation.stem}__input.pcap"
        if not capture.exists():
            continue
        files += 1
        messages = [as_eve(line) for line in run_wxsec(wxsec, capture)
                    if line["protocol"] == "mqtt" and line["type"] not in ("flow", "malformed")]
        for check in yaml.safe_load(expectation.read_text())["checks"]:
            filter_ = check.get("filter", {"match": {}})
            if not any(key.startswith("mqtt.") for key in filter_["match"]):
                other += 1
                continue
            checked += 1
            problem = holds(filter_, messages)
            kind = next(key for key in filter_["match"] if key.startswith("mqtt.")).split(".")[1]
            if problem and (expectation.stem, kind) in ACCEPTED:
                print(f"accepted: {expectation.stem}: {ACCEPTED[expectation.stem, kind]}")
            elif problem:
                failed += 1
                print(f"FAIL {expectation.stem}: {problem}")
    print(f"suricata: {files} captures, {checked} expectations of messages checked, {failed} fail; "
          f"{other} speak of rules, frames or counts of log entries")
    sys.exit(1 if failed or checked == 0 else 0)


if __name__ == "__main__":
    main()
