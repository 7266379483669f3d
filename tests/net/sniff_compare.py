#!/usr/bin/env python3
"""sniff_compare.py WXSEC CAPTURES KIND: field by field against the tables that tshark made.

Compares, for each direction of each stream, the ordered lists of messages (KIND mqtt, http or tls; also same and verdicts, see below).
Streams are not matched by number (the two count differently) but as a bag of lists. What may differ, and why, stands in ACCEPTED;
everything else is a failure. The tables name no direction; where tshark is installed it is asked for the ports of their packets.
"""
import base64
import collections
import itertools
import json
import pathlib
import re
import shutil
import subprocess
import sys

# capture -> why tshark's table and ours differ, and ours is right (or as good)
ACCEPTED = {
    "mqtt": {
        "nDPI__pcap__coap_mqtt.pcap": "tshark looks at port 1883 only, the capture has MQTT elsewhere too",
        "suricata-verify__mqtt-events-missing-connect__input.pcap": "segments out of order: tshark loses messages",
        "suricata-verify__mqtt5-excessiveproplen__input.pcap": "the CONNECT is malformed, and called so",
    },
    "http": {
        "PcapPlusPlus__PacketExamples__SllPacket.pcap": "one packet, cut inside the head",
        "PcapPlusPlus__PcapExamples__pcapng-example.pcapng": "the same packet among others",
        "nDPI__pcap__http_origin_different_than_host.pcap": "inside GTP over UDP, which is not unwrapped",
        "nDPI__pcap__heuristic_tcp_ack_payload.pcap": "padding counted as data: we leave it out and read on, tshark is thrown off",
        "suricata-verify__http-evader-121__input.pcap": "a field folded twice, which tshark drops: we undo its deflate",
        "suricata-verify__http-evader-216__input.pcap": "a bare CR before the value: we take the field, tshark drops it",
        "suricata-verify__http-evader-220__input.pcap": "a bare CR before the value: we take the field, tshark drops it",
        "suricata-verify__http-evader-230__input.pcap": "a blank before the colon: we take the field, as browsers do, tshark does not",
        "suricata-verify__http-evader-330__input.pcap": "a NUL behind the value: we show it, tshark ends there",
        "suricata-verify__http-evader-392__input.pcap": "HTTP/1.1 NUL 200 is no status line",
        "suricata-verify__http-gap-whole-body__input.pcap": "responses after a gap, which tshark drops",
        "zeek__gtp__gtp1_gn_normal_incl_fragmentation.pcap": "inside GTP over UDP",
        "zeek__http__get-to-ssh-server.pcap": "a request on port 22",
        "zeek__http__http-to-ssh.pcap": "a request on port 22",
        "zeek__http__no-uri.pcap": "a request line without target is malformed",
        "zeek__http__query-method-non-standard-port.pcap": "the method QUERY, unknown to tshark 4.0",
        "zeek__spicy__gap-recovery.pcap": "responses after a gap, which tshark drops",
        "zeek__tcp__qi_internet_SYNACK_curl_jsonip.pcap": "a forged answer came first: first bytes count, tshark shows both",
        "zeek__traces__quickstart.pcap": "the method WEIRD, unknown to tshark",
        "zeek__tunnels__geneve-many-options.pcap": "inside Geneve over UDP",
        "zeek__tunnels__gre-over-udp-4754.pcap": "inside GRE over UDP",
        "zeek__tunnels__socks.pcap": "inside SOCKS",
    },
    "tls": {
        "nDPI__pcap__6in4tunnel.pcap": "one record more, quoted in an ICMPv6 error message",
        "nDPI__pcap__heuristic_tcp_ack_payload.pcap": "padding counted as data: we leave it out and read on, tshark is thrown off",
        "nDPI__pcap__KakaoTalk_chat.pcap": "a second SYN-ACK with another number, which the client ignores: tshark loses the server",
        "nDPI__pcap__openvpn_nohmac_tcp.pcapng": "inside OpenVPN",
        "nDPI__pcap__ossfuzz_seed_fake_traces_1.pcapng": "fragments of a fuzzer, TLS after unknown bytes",
        "nDPI__pcap__rdp.pcap": "TLS in RDP on its port, where tshark does not look for it",
        "nDPI__pcap__tls_port_80.pcapng": "TLS on port 80",
        "zeek__gtp__gtp6_gtp_0x32.pcap": "inside GTP over UDP",
        "zeek__rdp__rdp-no-cookie-mstshash.pcap": "TLS in RDP",
        "zeek__tls__https-to-http.pcap": "TLS on an HTTP port",
        "zeek__modbus__modbus-and-non-modbus-p502.pcap": "a handshake record of length 0, which no TLS peer may send (RFC 8446 5.1)",
        "zeek__tls__ssl-to-http-server.pcap": "TLS on an HTTP port",
        "zeek__tls__ssl.v3.pcap": "an SSLv2 hello, which tshark counts as a record",
        "zeek__tunnels__geneve-47101.pcap": "inside Geneve over UDP",
        "zeek__websocket__wstunnel-https.pcap": "TLS on another port",
    },
    "ws": {
        "zeek__websocket__oversized-close-frame.pcapng": "a control frame over 125 bytes is malformed (RFC 6455 5.5)",
        "zeek__websocket__wstunnel-https.pcap": "messages that carry TLS are told as TLS only",
    },
}


def run_wxsec(wxsec, capture, *more):
    out = subprocess.run([wxsec, "sniff", "-r", str(capture), "--json", "--show-secrets", *more],
                         capture_output=True, timeout=60)
    if out.returncode not in (0, 3):
        sys.exit(f"FAIL {capture.name}: wxsec exits {out.returncode}: {out.stderr.decode()[:300]}")
    return [json.loads(line) for line in out.stdout.decode().splitlines()]


def read_table(path):
    lines = path.read_text(errors="replace").split("\n")
    names = lines[0].split("\t")
    for line in lines[1:]:
        if line:
            cells = line.split("\t")
            yield dict(zip(names, cells + [""] * (len(names) - len(cells))))


TYPES = ["reserved", "connect", "connack", "publish", "puback", "pubrec", "pubrel", "pubcomp", "subscribe", "suback",
         "unsubscribe", "unsuback", "pingreq", "pingresp", "disconnect", "auth"]
FIXED_FLAGS = {"pubrel": 2, "subscribe": 2, "unsubscribe": 2}
CONTENT = {"change_cipher_spec": 20, "alert": 21, "handshake": 22, "application_data": 23, "heartbeat": 24}
VERSIONS = {"SSL 2.0": 0x2, "SSL 3.0": 0x300, "TLS 1.0": 0x301, "TLS 1.1": 0x302, "TLS 1.2": 0x303, "TLS 1.3": 0x304}
OPCODES = {"continuation": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}

# tshark's columns that are compared, and how their text is made comparable.
FIELDS = {
    "mqtt": ["mqtt.msgtype", "mqtt.hdrflags", "mqtt.protoname", "mqtt.ver", "mqtt.conflags", "mqtt.clientid", "mqtt.username",
             "mqtt.passwd", "mqtt.willtopic", "mqtt.willmsg", "mqtt.conack.val", "mqtt.sub.qos", "mqtt.topic", "mqtt.msgid",
             "mqtt.msg"],
    "http": ["http.request.method", "http.request.uri", "http.host", "http.authorization", "http.cookie",
             "http.response.code", "http.content_type", "http.content_length_header", "http.transfer_encoding",
             "http.content_encoding"],
    "tls": ["tls.record.content_type", "tls.record.version", "tls.record.length", "tls.handshake.type",
            "tls.handshake.extensions_server_name", "tls.handshake.extensions_alpn_str",
            "tls.handshake.extensions.supported_version", "tls.handshake.ja3", "tls.handshake.ja3s",
            "tls.alert_message.level", "tls.alert_message.desc"],
    "ws": ["websocket.opcode", "mqtt.msgtype", "mqtt.topic"],
}


class Stream(collections.defaultdict):
    """The ordered values of each field of one direction of a stream."""

    def __init__(self):
        super().__init__(list)

    def add(self, field, *values):
        self[field] += [str(value) for value in values if str(value) != ""]


def ports_of(capture):
    """From which TCP port each packet came; None where tshark is not installed."""
    if shutil.which("tshark") is None:
        return None
    out = subprocess.run(["tshark", "-n", "-r", str(capture), "-Y", "tcp", "-T", "fields", "-e", "frame.number", "-e", "tcp.srcport"],
                         capture_output=True, timeout=120, text=True)
    return {number: ports for number, _, ports in (line.partition("\t") for line in out.stdout.splitlines())}


def reference(rows, kind, ports):
    """By stream and, where `ports` are known, the sender's port."""
    streams = collections.defaultdict(Stream)
    for row in rows:
        if row["tcp.stream"] == "":
            continue
        stream = streams[row["tcp.stream"], ports and ports[row["frame.number"]].split(",")[0]]
        for field in FIELDS[kind]:
            values = row.get(field, "").replace("<MISSING>", "").split(";")
            if field == "tls.handshake.type":  # others are not told as messages of their own
                values = [value for value in values if value in ("1", "2", "11")]
            if field.endswith("supported_version"):  # GREASE (RFC 8701) and drafts have no name with us
                values = [value for value in values if value and int(value, 16) in VERSIONS.values()]
            stream.add(field, *values)
    return streams


def payload_hex(line, text="payload"):
    coded = text + "_base64"
    return base64.b64decode(line[coded]).hex() if coded in line else line.get(text, "").encode().hex()


def add_mqtt(stream, line, version):
    kind = line["packet_type"] if line["type"] == "malformed" else line["type"]
    stream.add("mqtt.msgtype", TYPES.index(kind))
    flags = FIXED_FLAGS.get(kind, 0)
    if kind == "publish" and "qos" in line:
        flags = line.get("duplicate", False) << 3 | line["qos"] << 1 | line["retain"]
    stream.add("mqtt.hdrflags", "0x%02x" % (TYPES.index(kind) << 4 | flags))
    if line["type"] == "malformed":
        return
    if kind == "connect":
        will = line.get("will")
        stream.add("mqtt.protoname", "MQIsdp" if line["version"] == "3.1" else "MQTT")
        stream.add("mqtt.ver", {"3.1": 3, "3.1.1": 4, "5.0": 5}[line["version"]])
        bits = ("username" in line) << 7 | ("password" in line) << 6 | line["clean_start"] << 1
        if will:
            bits |= 4 | will["qos"] << 3 | will["retain"] << 5
            stream.add("mqtt.willtopic", will["topic"])
            stream.add("mqtt.willmsg", payload_hex(will))
        stream.add("mqtt.conflags", "0x%02x" % bits)
        stream.add("mqtt.clientid", line["client_id"])
        stream.add("mqtt.username", line.get("username", ""))
        stream.add("mqtt.passwd", line.get("password", ""))
    if kind == "connack" and version != "5.0":  # tshark names it differently in 5.0
        stream.add("mqtt.conack.val", line["reason_code"])
    if kind == "publish":
        stream.add("mqtt.topic", line["topic"])
        stream.add("mqtt.msg", payload_hex(line))
    for one in line.get("filters", []):
        stream.add("mqtt.topic", one["topic"])
        if version != "5.0" and "qos" in one:
            stream.add("mqtt.sub.qos", one["qos"])
    stream.add("mqtt.msgid", line.get("packet_id", ""))


def add_http(stream, line):
    fields = lambda name: [f["value"] for f in line["fields"] if f["name"].lower() == name]
    if line["type"] == "request":
        stream.add("http.request.method", line["method"])
        stream.add("http.request.uri", line["target"])
        for name in ("host", "authorization", "cookie"):
            stream.add("http." + name, *fields(name))
    else:
        stream.add("http.response.code", line["status"])
    for name in ("content-type", "transfer-encoding", "content-encoding"):
        stream.add("http." + name.replace("-", "_"), *fields(name))
    stream.add("http.content_length_header", *fields("content-length"))


def add_tls(stream, line, state):
    kind = line["type"]
    if kind == "record":
        # tshark calls the outer type of an encrypted TLS 1.3 record by another name.
        if not (state.get("is_13") and line["content"] == "application_data"):
            stream.add("tls.record.content_type", CONTENT[line["content"]])
        stream.add("tls.record.version", "0x%04x" % VERSIONS[line["version"]])
        stream.add("tls.record.length", line["size"])
    elif kind == "client_hello":
        stream.add("tls.handshake.type", 1)
        state["is_13"] = "TLS 1.3" in line["versions"]  # early data
        stream.add("tls.handshake.extensions_server_name", line["sni"])
        stream.add("tls.handshake.extensions_alpn_str", *line["alpns"])
        stream.add("tls.handshake.extensions.supported_version",
                   *("0x%04x" % VERSIONS[name] for name in line["versions"] if name in VERSIONS))
        stream.add("tls.handshake.ja3", line.get("ja3", ""))
    elif kind in ("server_hello", "hello_retry_request"):
        stream.add("tls.handshake.type", 2)
        state["is_13"] = line["version"].startswith("TLS 1.3")
        stream.add("tls.handshake.extensions_alpn_str", line["alpn"])
        if line["version"] == "TLS 1.3":
            stream.add("tls.handshake.extensions.supported_version", "0x0304")
        stream.add("tls.handshake.ja3s", line.get("ja3s", ""))
    elif kind == "certificate":
        stream.add("tls.handshake.type", 11)
    elif kind == "alert":
        stream.add("tls.alert_message.level", 2 if line["level"] == "fatal" else 1)
        stream.add("tls.alert_message.desc", line["alert_code"])


def ours(lines, kind, ports):
    streams, states = collections.defaultdict(Stream), collections.defaultdict(dict)
    versions = {line["flow"]: line.get("mqtt_version") for line in lines if line["type"] == "flow"}
    for line in lines:
        if line["type"] in ("flow", "finding"):
            continue
        stream = streams[line["flow"], ports and line["src"].rsplit(":", 1)[1]]
        if line["protocol"] == "mqtt" and kind in ("mqtt", "ws"):
            add_mqtt(stream, line, versions.get(line["flow"]))
        elif line["protocol"] == "http" and kind == "http":
            add_http(stream, line)
        elif line["protocol"] == "tls" and kind == "tls":
            add_tls(stream, line, states[line["flow"]])
        elif line["protocol"] == "websocket" and kind == "ws":
            stream.add("websocket.opcode", OPCODES[line["type"]])
    return streams


def comparable(streams, kind):
    """A bag of streams; a field's values are joined, since some hold the separator themselves."""
    bags = collections.Counter()
    for stream in streams.values():
        key = tuple((field, ";".join(one for one in ";".join(stream[field]).split(";") if one))
                    for field in FIELDS[kind] if stream[field])
        if key:
            bags[key] += 1
    return bags


def essence(lines):
    """What must not depend on how packets are dressed: the messages of each flow and direction."""
    streams = collections.defaultdict(list)
    for line in lines:
        if line["type"] in ("flow", "finding") or line["protocol"] == "tcp":
            continue
        key = (line["flow"], line["src"].rsplit(":", 1)[1])
        streams[key].append(json.dumps({k: v for k, v in line.items() if k not in ("packet", "time", "flow", "src", "dst")}))
    return sorted(map(tuple, streams.values()))


# Captures that carry the same bytes in other clothes: link types, byte order, segments, fragments.
SAME = [
    ["d_bigendian.pcap", "d_ipfrag24.pcap", "d_ipfrag24_rev.pcap", "d_loop108.pcap", "d_mpls.pcap", "d_ns.pcap", "d_null_be.pcap", "d_null_le.pcap", "d_pppoe.pcap",
     "d_qinq.pcap", "d_qinq9100x3.pcap", "d_raw101.pcap", "d_seg1.pcap", "d_seg7.pcap", "d_seg7_dup.pcap", "d_seg7_rev.pcap", "d_sll.pcap",
     "d_sll2.pcap", "d_vlan.pcap"],
]


def compare_same(wxsec, captures):
    failed = 0
    all_of_it = essence(run_wxsec(wxsec, captures / "own" / SAME[0][0]))
    ipv4_only = essence(run_wxsec(wxsec, captures / "own" / "d_ipv4_228.pcap"))
    if not ipv4_only or any(messages not in all_of_it for messages in ipv4_only):
        failed += 1
        print("DIFFERS d_ipv4_228.pcap, which holds the IPv4 flows, from the others")
    for group in SAME:
        results = {name: essence(run_wxsec(wxsec, captures / "own" / name)) for name in group}
        first = results[group[0]]
        for name in group[1:]:
            if results[name] != first:
                failed += 1
                print(f"DIFFERS {name} from {group[0]}")
        print(f"same: {len(group)} captures, {sum(map(len, first))} messages each")
    sys.exit(1 if failed else 0)


# Where nDPI leaves FoxIO's published description of JA4 (technical_details/JA4.md, read 2026-11), the description
# decides. Each function undoes one difference in nDPI's text, by what the ClientHello itself says: the JA4 that is
# under test has no part in it.
def no_name_is_i(theirs, hello):
    """'If the SNI does not exist, then ... "i"': nDPI writes d as soon as it knows some name for the flow."""
    return theirs[:3] + "i" + theirs[4:] if hello["sni"] == "" else theirs


def letters_of_first_alpn(theirs, hello):
    """'first and last alphanumeric characters of the ... first value': nDPI takes the first value's first two, or another value's."""
    first = next((name for name in hello["alpns"] if not re.fullmatch("[\u0a0a-\ufafa]+", name)), "").encode()
    if not first:
        return theirs[:8] + "00" + theirs[10:]
    plain = all(chr(byte).isascii() and chr(byte).isalnum() for byte in (first[0], first[-1]))
    letters = chr(first[0]) + chr(first[-1]) if plain else "%x%x" % (first[0] >> 4, first[-1] & 15)
    return theirs[:8] + letters + theirs[10:]


def nothing_is_zeros(theirs, hello):
    """'If there are no extensions ... 000000000000': nDPI digests the empty text."""
    return theirs.replace("e3b0c44298fc", "000000000000")


JA4_DIFFERENCES = [no_name_is_i, letters_of_first_alpn, nothing_is_zeros]


# Wrong on purpose or by definition: see the reason.
NOT_JUDGED = {
    "nDPI__pcap__ossfuzz_seed_fake_traces_1.pcapng": "flows of a fuzzer, a TLS hello among them",
}


def compare_verdicts(wxsec, captures):
    """nDPI's verdicts: plaintext MQTT or HTTP must never be called encrypted; JA4 must agree."""
    expected = collections.defaultdict(list)
    hello_alone = 0
    for row in read_table(captures / "expected" / "ndpi-verdicts.tsv"):
        expected[row["capture"]].append(row)
    wrong, right, ja4_equal, ja4_total, reasons = [], 0, 0, 0, collections.Counter()
    for capture in sorted((captures / "public").glob("*/nDPI__pcap__*.pcap*")):
        if capture.name.endswith(".tsv"):
            continue
        flows, hellos = {}, {}
        for line in run_wxsec(wxsec, capture):
            if line["type"] == "flow":
                flows.setdefault(frozenset((line["src"], line["dst"])), line)
            if line["type"] == "client_hello":
                hellos.setdefault(line["flow"], line)
        for row in expected.get(capture.name.replace("nDPI__pcap__", "").replace("tls_heur__", ""), []):
            line = flows.get(frozenset((row["client"], row["server"])))
            if row["proto"] != "TCP" or line is None:
                continue
            if row["ja4"] and line.get("ja4"):
                ja4_total += 1
                theirs = row["ja4"]
                for undo in JA4_DIFFERENCES:
                    changed = undo(theirs, hellos[line["flow"]])
                    reasons[undo.__name__] += changed != theirs
                    theirs = changed
                reasons["as it stands"] += row["ja4"] == line["ja4"]
                ja4_equal += theirs == line["ja4"]
                if theirs != line["ja4"]:
                    print(f"ja4 {capture.name} {row['client']}: {row['ja4']} != {line['ja4']}")
            if line["protocol"] not in ("mqtt", "http", "tls") or capture.name in NOT_JUDGED:
                continue
            if row["verdict"] == "Encrypted" and line["verdict"] == "unknown" and line["protocol"] == "tls" and not line["cipher"]:
                hello_alone += 1  # nDPI goes by the hello; we wait until something is encrypted
                continue
            ok = line["verdict"] in (("plaintext", "mixed") if row["verdict"] == "ClearText" else ("encrypted", "mixed"))
            right += ok
            if not ok:
                wrong.append((capture.name, row["client"], row["server"], row["verdict"], line["protocol"], line["verdict"]))
    for one in wrong:
        print("verdict", *one)
    never = [one for one in wrong if one[3] == "ClearText" and one[4] in ("mqtt", "http") and one[5] == "encrypted"]
    total = right + len(wrong)
    print(f"verdicts: {right} of {total} agree, JA4 {ja4_equal} of {ja4_total}; plaintext called encrypted: {len(never)}; a hello alone, which we leave open: {hello_alone}")
    print("JA4:", ", ".join(f"{name} {count}" for name, count in sorted(reasons.items())))
    sys.exit(0 if not never and total > 0 and right >= 0.99 * total and ja4_equal >= 0.99 * ja4_total else 1)


def differences(want, got):
    """Field by field, of the streams that have no equal."""
    left, right = list((want - got).elements()), list((got - want).elements())
    left.sort(key=str), right.sort(key=str)
    for theirs, mine in itertools.zip_longest(left, right, fillvalue=()):
        theirs, mine = dict(theirs), dict(mine)
        for field in sorted(set(theirs) | set(mine)):
            if theirs.get(field) != mine.get(field):
                yield f"   {field}: tshark {theirs.get(field, '')[:300]!r}, wxsec {mine.get(field, '')[:300]!r}"


def compare_tables(wxsec, captures, kind):
    compared = equal = values = 0
    failed = []
    for table in sorted((captures / "public" / kind).glob(f"*.{kind}.tsv")):
        capture = table.with_name(table.name[: -len(f".{kind}.tsv")])
        ports = ports_of(capture)
        want = comparable(reference(read_table(table), kind, ports), kind)
        lines = run_wxsec(wxsec, capture)
        got = comparable(ours(lines, kind, ports), kind)
        # A response whose end the capture lacks: tshark shows some of these and not others.
        whole = comparable(ours([line for line in lines if not line.get("incomplete")], kind, ports), kind)
        compared += 1
        values += sum(text.count(";") + 1 for key in want.elements() for _, text in key)
        if want in (got, whole):
            equal += 1
            if capture.name in ACCEPTED[kind]:
                print(f"needless exception: {capture.name}")
        elif capture.name in ACCEPTED[kind]:
            print(f"accepted: {capture.name}: {ACCEPTED[kind][capture.name]}")
        else:
            failed.append(capture.name)
            print(f"DIFFERS {capture.name}")
            for line in itertools.islice(differences(want, got), 6):
                print(line)
    unit = "direction" if shutil.which("tshark") else "stream, for want of a tshark to ask for directions,"
    print(f"{kind}: {compared} captures, {equal} equal in each {unit} {len(failed)} differ; {values} values of tshark's compared")
    return 1 if failed or compared == 0 else 0


# What tshark must be told, since it goes by port: (port, protocol), or (port, protocol, inside TLS).
DECODE = {
    "http_to_httpsport": [(28443, "http")],
    "mqtt_plain_to_tlsport": [(28883, "mqtt")],
    "mqtt_tls_to_plainport": [(21883, "tls")],
    "mqtt_": [(21883, "mqtt"), (21884, "mqtt"), (28883, "tls", "mqtt"), (28884, "tls", "mqtt"), (29001, "http")],
    "http": [(28080, "http"), (28443, "tls", "http"), (28444, "tls", "http")],
    "": [(9001, "http")],
}


def tshark_rows(capture, keys):
    columns = ["frame.number", "tcp.stream", "tcp.srcport"] + sorted({field for fields in FIELDS.values() for field in fields})
    command = ["tshark", "-n", "-r", str(capture), "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=;",
               "-o", "tcp.reassemble_out_of_order:TRUE"]
    for port, protocol, *inner in next(rules for prefix, rules in DECODE.items() if capture.name.startswith(prefix)):
        command += ["-d", f"tcp.port=={port},{protocol}"] + [word for one in inner for word in ("-d", f"tls.port=={port},{one}")]
    if keys:
        command += ["-o", f"tls.keylog_file:{keys}"]
    for column in columns:
        command += ["-e", column]
    out = subprocess.run(command, capture_output=True, timeout=120, text=True, errors="replace")
    if out.returncode != 0:
        sys.exit(f"FAIL tshark on {capture.name}: {out.stderr[-300:]}")
    return [dict(zip(columns, line.split("\t"))) for line in out.stdout.splitlines()]


# Cut by the snap length, so not lossless.
NOT_LOSSLESS = {"d_snap96.pcap"}
ACCEPTED_OWN = {
    ("mqtt_ws.pcapng", "mqtt"): "tshark 4.0 does not look for MQTT in WebSocket messages",
    ("ws_9001.pcap", "mqtt"): "tshark 4.0 does not look for MQTT in WebSocket messages",
}


def compare_own(wxsec, captures):
    """Our own captures against a tshark that is told every port; those with a key log also decrypted."""
    if shutil.which("tshark") is None:
        print("skipped: tshark is not installed")
        return 77
    compared = equal = values = failed = 0
    for capture in sorted((captures / "own").glob("*.pcap*")):
        if capture.name in NOT_LOSSLESS:
            continue
        keys = capture.with_suffix(".keys")
        for key_file in [None] + ([keys] if keys.exists() else []):
            rows = tshark_rows(capture, key_file)
            ports = {row["frame.number"]: row["tcp.srcport"].replace(";", ",") for row in rows}
            lines = run_wxsec(wxsec, capture, *(["--keylog", str(key_file)] if key_file else []))
            # Decryption shows tshark handshake messages that we follow, but do not tell.
            for kind in ("mqtt", "http") if key_file else ("mqtt", "http", "tls"):
                want, got = comparable(reference(rows, kind, ports), kind), comparable(ours(lines, kind, ports), kind)
                compared += 1
                values += sum(text.count(";") + 1 for key in want.elements() for _, text in key)
                # A request whose body never came: tshark waits for it and shows nothing.
                whole = comparable(ours([line for line in lines if not line.get("incomplete")], kind, ports), kind)
                if want in (got, whole):
                    equal += 1
                elif (capture.name, kind) in ACCEPTED_OWN:
                    print(f"accepted: {capture.name} {kind}: {ACCEPTED_OWN[capture.name, kind]}")
                else:
                    failed += 1
                    print(f"DIFFERS {capture.name} {kind}{' decrypted' if key_file else ''}")
                    for line in itertools.islice(differences(want, got), 6):
                        print(line)
    print(f"own: {compared} comparisons, {equal} equal, {failed} differ; {values} values of tshark's compared")
    return 1 if failed or values == 0 else 0


def main():
    wxsec, captures, kind = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    if kind == "same":
        compare_same(wxsec, captures)
    if kind == "verdicts":
        compare_verdicts(wxsec, captures)
    if kind == "own":
        sys.exit(compare_own(wxsec, captures))
    sys.exit(compare_tables(wxsec, captures, kind))


if __name__ == "__main__":
    main()
