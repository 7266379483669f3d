#!/usr/bin/env python3
"""make.py OUTDIR: writes the golden captures that need no peer: packets are put together by hand, byte by byte, so that
each shows exactly one thing. Deterministic: the same files every time. See MADE.md for the others."""
import base64
import gzip
import json
import pathlib
import random
import struct
import sys
import zlib

CLIENT, SERVER = bytes([192, 0, 2, 10]), bytes([192, 0, 2, 1])


def tcp(payload, seq, ack, flags, up, port):
    ports = (40112, port) if up else (port, 40112)
    head = struct.pack(">HHIIBBHHH", *ports, seq, ack, 0x50, flags, 1024, 0, 0)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(payload), 0, 0, 64, 6, 0, *((CLIENT, SERVER) if up else (SERVER, CLIENT)))
    return bytes(12) + b"\x08\x00" + ip + head + payload


def talk(parts, port=1883, lose=(), swap=()):
    """parts: (up, bytes). Handshake before, FIN after; `lose` and `swap` name parts by number."""
    seq = {True: 1000, False: 5000}
    packets = [tcp(b"", seq[True], 0, 0x02, True, port), tcp(b"", seq[False], seq[True] + 1, 0x12, False, port)]
    seq = {key: value + 1 for key, value in seq.items()}
    for number, (up, data) in enumerate(parts):
        if number not in lose:
            packets.append(tcp(data, seq[up], seq[not up], 0x18, up, port))
        seq[up] += len(data)
    for number in swap:
        packets[2 + number], packets[3 + number] = packets[3 + number], packets[2 + number]
    packets.append(tcp(b"", seq[True], seq[False], 0x11, True, port))
    packets.append(tcp(b"", seq[False], seq[True] + 1, 0x11, False, port))
    return packets


def save(directory, name, packets):
    out = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    for number, packet in enumerate(packets):
        out += struct.pack("<IIII", 1767225600 + number // 1000, number % 1000 * 1000, len(packet), len(packet)) + packet
    (directory / f"{name}.pcap").write_bytes(out)


def text(value):
    value = value if isinstance(value, bytes) else value.encode()
    return struct.pack(">H", len(value)) + value


def packet(first, body):
    assert len(body) < 16384
    return bytes([first]) + (bytes([len(body)]) if len(body) < 128 else bytes([len(body) & 0x7F | 0x80, len(body) >> 7])) + body


def connect(version, user=None, password=None, properties=b"", will=None):
    flags = 2 | (0x80 if user else 0) | (0x40 if password else 0) | (0x04 if will else 0)
    body = text("MQIsdp" if version == 3 else "MQTT") + bytes([version, flags]) + struct.pack(">H", 60)
    body += (bytes([len(properties)]) + properties if version == 5 else b"") + text("station-0001")
    if will:
        body += (b"\0" if version == 5 else b"") + text(will[0]) + text(will[1])
    return packet(0x10, body + (text(user) if user else b"") + (text(password) if password else b""))


def publish(topic, payload, qos=0, properties=None):
    body = text(topic) + (b"\0\x07" if qos else b"")
    body += b"" if properties is None else bytes([len(properties)]) + properties
    return packet(0x30 | qos << 1, body + payload)


def every_packet_type(version):
    five = version == 5
    none = b"\0" if five else b""
    connack = b"\0\0" + (b"\x03\x22\0\x0a" if five else b"")
    return [
        (True, connect(version, "station", "hunter2!", will=("wx/status", "offline"))),
        (False, packet(0x20, connack)),
        (True, packet(0x82, b"\0\1" + none + text("wx/+/cmd") + b"\1")),
        (False, packet(0x90, b"\0\1" + none + b"\1")),
        (True, publish("wx/station-0001/reading", b'{"temperature_c": 21.5}', 1, b"" if five else None)),
        (False, packet(0x40, b"\0\7")),
        (True, publish("wx/station-0001/reading", b'{"temperature_c": 21.6}', 2, b"\x23\0\1" if five else None)),
        (False, packet(0x50, b"\0\7")),
        (True, packet(0x62, b"\0\7")),
        (False, packet(0x70, b"\0\7")),
        (True, publish("" if five else "wx/again", b"by alias", 0, b"\x23\0\1" if five else None)),
        (True, packet(0xA2, b"\0\2" + none + text("wx/+/cmd"))),
        (False, packet(0xB0, b"\0\2" + none + (b"\0" if five else b""))),
        (True, packet(0xC0, b"")),
        (False, packet(0xD0, b"")),
    ] + ([(False, packet(0xF0, b"\x18\x07\x15\0\4SHA1")), (True, packet(0xE0, b"\x04\0"))] if five else [(True, packet(0xE0, b""))])


def cut(up, data, size):
    return [(up, data[at:at + size]) for at in range(0, len(data), size)]


def frame(up, opcode, payload, final=True, deflated=False):
    """A WebSocket frame (RFC 6455 5.2); what the client sends is masked."""
    first = (0x80 if final else 0) | (0x40 if deflated else 0) | opcode
    size = bytes([len(payload)]) if len(payload) < 126 else b"\x7e" + struct.pack(">H", len(payload))
    if not up:
        return bytes([first]) + size + payload
    mask = b"\x12\x34\x56\x78"
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return bytes([first, size[0] | 0x80]) + size[1:] + mask + masked


class Deflater:
    """permessage-deflate (RFC 7692) whose window goes on from message to message."""

    def __init__(self):
        self.state = zlib.compressobj(wbits=-15)

    def __call__(self, data):
        return (self.state.compress(data) + self.state.flush(zlib.Z_SYNC_FLUSH))[:-4]


def upgrade(extension=b""):
    line = b"Sec-WebSocket-Extensions: " + extension + b"\r\n" if extension else b""
    return [
        (True, b"GET /mqtt HTTP/1.1\r\nHost: broker\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
               b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n" + line + b"\r\n"),
        (False, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: mqtt\r\n" + line + b"\r\n"),
    ]


def websocket_every_frame():
    publishing = publish("wx/ws", b'{"temperature_c": 20}' * 8)
    return upgrade() + [
        (True, frame(True, 2, connect(4, "station", "hunter2!"))), (False, frame(False, 2, packet(0x20, b"\0\0"))),
        (True, frame(True, 2, publishing[:50], final=False)), (True, frame(True, 9, b"are you there")), (False, frame(False, 10, b"are you there")),
        (True, frame(True, 0, publishing[50:90], final=False) + frame(True, 0, publishing[90:])),
        (False, frame(False, 1, b"a text message is nobody's MQTT")), (True, frame(True, 8, b"\x03\xe8bye")), (False, frame(False, 8, b"\x03\xe8")),
    ]


def websocket_deflate():
    up, down = Deflater(), Deflater()
    parts = [(True, frame(True, 2, up(connect(4, "station", "deflated!")), deflated=True)), (False, frame(False, 2, down(packet(0x20, b"\0\0")), deflated=True))]
    for i in range(3):  # the second one says little more than "as before"
        parts.append((True, frame(True, 2, up(publish("wx/deflated", b'{"temperature_c": 20.%d}' % i)), deflated=True)))
    parts.append((True, frame(True, 2, packet(0xE0, b""))))  # RFC 7692 6: a message may also stay as it is
    return upgrade(b"permessage-deflate") + parts


def websocket_binary():
    return upgrade() + [(True, frame(True, 2, b"\xff\xfe\0 of nobody's protocol")), (False, frame(False, 2, b"\x01\x02\x03")), (False, frame(False, 8, b"x" * 60 + b"\xff"))]


def websocket_split():
    """MQTT cut anywhere by messages, the first of which says too little to be known; then a conversation that stays unknown."""
    stream = connect(4, "station", "cut-anywhere") + publish("wx/a", b"one") + publish("wx/b", b"two")
    return talk(upgrade() + [(True, frame(True, 2, part)) for part in (stream[:1], stream[1:5], stream[5:60], stream[60:])], port=9001) + on_port(
        talk(upgrade() + [(True, frame(True, 2, b"\x10")), (True, frame(True, 8, b"\x03\xe8"))], port=9001), 40202)


def mqtt_malformed():
    """Each breaks one rule: QoS 3, a wildcard in a topic, a SUBSCRIBE without filter, a property that runs over its end."""
    return [(True, connect(5)), (True, bytes([0x36]) + publish("wx/a", b"x", 1, b"")[1:]), (True, publish("wx/#", b"x", 0, b"")), (True, packet(0x82, b"\0\1\0")),
            (True, publish("wx/a", b"", 0, b"\x03\0\x50x")), (True, packet(0xC0, b"too long")), (True, publish("wx/good", b"goes on", 0, b""))]


def http_every_framing():
    body = b'{"temperature_c": 21.5, "station": "wx-1"}' * 3
    chunked = lambda data, size: b"".join(b"%x;note=1\r\n" % len(part) + part + b"\r\n" for _, part in cut(True, data, size)) + b"0\r\nX-Sum: 1\r\n\r\n"
    raw = zlib.compressobj(wbits=-15)
    deflated = raw.compress(body) + raw.flush()
    head = lambda *fields: b"HTTP/1.1 200 OK\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n"
    kind = b"Content-Type: application/json"
    answers = [
        head(kind, b"Content-Length: %d" % len(body)) + body,
        head(kind, b"Transfer-Encoding: chunked") + chunked(body, 17),
        head(kind, b"Content-Encoding: gzip", b"Transfer-Encoding: chunked") + chunked(gzip.compress(body, mtime=0), 10),
        head(kind, b"Content-Encoding: deflate", b"Content-Length: %d" % len(zlib.compress(body))) + zlib.compress(body),
        head(kind, b"Content-Encoding: deflate", b"Content-Length: %d" % len(deflated)) + deflated,
        head(kind, b"Content-Length: %d" % len(body)),  # to HEAD: no body
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
    ]
    requests = b"".join(b"%s /%d HTTP/1.1\r\nHost: api\r\n\r\n" % (b"HEAD" if i == 5 else b"GET", i) for i in range(7))  # pipelined
    form = b"password=wait4it"
    return [
        (True, requests), *cut(False, b"".join(answers), 61),
        (True, b"POST /c HTTP/1.1\r\nHost: api\r\nExpect: 100-continue\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(form)),
        (False, b"HTTP/1.1 100 Continue\r\n\r\n"), (True, form),
        (False, b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the "), (False, b"connection ends"),
    ]


def extension(kind, data):
    return struct.pack(">HH", kind, len(data)) + data


def list16(data):
    return struct.pack(">H", len(data)) + data


def handshake(kind, body):
    return bytes([kind]) + struct.pack(">I", len(body))[1:] + body


def record(body, content=22, version=0x0303):
    return struct.pack(">BHH", content, version, len(body)) + body


def client_hello(name=b"broker.wx.test", post_quantum=False):
    share = list16(struct.pack(">HH", 0x11EC, 1216) + bytes(1216)) if post_quantum else list16(struct.pack(">HH", 29, 32) + bytes(32))
    groups = b"\x11\xec\x00\x1d" if post_quantum else b"\x00\x1d"
    extensions = extension(0x0A0A, b"") + extension(0, list16(b"\0" + list16(name))) + extension(10, list16(groups)) + extension(13, list16(b"\x04\x03\x08\x04"))
    extensions += extension(16, list16(b"\x04mqtt")) + extension(43, b"\x04\x03\x04\x03\x03") + extension(51, share)
    suites = b"\x0a\x0a\x13\x01\x13\x02\xc0\x2b"
    return handshake(1, b"\x03\x03" + bytes([0x11] * 32) + b"\0" + list16(suites) + b"\x01\0" + list16(extensions))


def server_hello(suite, version=0x0303):
    return handshake(2, struct.pack(">H", version) + bytes([0x22] * 32) + b"\0" + struct.pack(">HB", suite, 0))


def tls_hello_split():
    """A post-quantum ClientHello of 1.4 kB: over three records, these over segments of 500 bytes; then a fatal alert."""
    hello = client_hello(post_quantum=True)
    records = record(hello[:3], version=0x0301) + record(hello[3:700], version=0x0301) + record(hello[700:], version=0x0301)
    return cut(True, records, 500) + [(False, record(b"\x02\x70", content=21))]


def tls_weak(suite, version=0x0303):
    return [(True, record(client_hello(), version=0x0301)), (False, record(server_hello(suite, version), version=version) + record(handshake(14, b""), version=version))]


def sslv2_hello():
    suites = b"\x01\x00\x80\x00\x00\x0a\x00\x00\x05"
    body = b"\x01\x03\x01" + struct.pack(">HHH", len(suites), 0, 16) + suites + bytes(range(16))
    return [(True, struct.pack(">H", 0x8000 | len(body)) + body), (False, record(server_hello(0x0005, 0x0301), version=0x0301))]


def starttls():
    return [(False, b"220 mail ESMTP\r\n"), (True, b"EHLO station\r\n"), (False, b"250 STARTTLS\r\n"), (True, b"STARTTLS\r\n"), (False, b"220 go ahead\r\n"),
            (True, record(client_hello(), version=0x0301)), (False, record(server_hello(0xC02B)) + record(handshake(14, b"")))]


def conflicting():
    """The third packet of data is sent twice, and the second time says something else."""
    packets = talk([(True, connect(4)), (True, publish("wx/a", b"the truth")), (True, publish("wx/a", b"and more"))])
    forged = packets[3].replace(b"the truth", b"a lie ...")
    return packets[:4] + [forged] + packets[4:]


def unclaimed():
    """What no decoder claims, a flow each: noise, the same where the capture lacks its beginning, zlib behind a header, SSH up to
    its key exchange and beyond, a banner with noise behind it, text."""
    noise = random.Random(4).randbytes
    zipped = zlib.compress(b"".join(b"%d;%d\n" % (i * 7919 % 1000, i * 104729 % 400) for i in range(2000)), 9)
    ssh_packet = lambda body: struct.pack(">IB", len(body) + 5, 4) + body + bytes(4)
    ssh = b"SSH-2.0-OpenSSH_9.2\r\n" + ssh_packet(b"\x14" + bytes(16) + b"curve25519-sha256" * 30) + ssh_packet(b"\x1e" + bytes(36))
    both = lambda data: [part for up in (True, False) for part in cut(up, data, 1400)]
    flows = [
        talk(both(noise(8192)), port=9999), talk(both(noise(8192)), port=9999)[3:], talk(cut(True, b"\0\0\x20\0" + gzip.compress(zipped[::-1], mtime=0), 1400), port=9999),
        talk(cut(True, zipped, 1400), port=9999), talk(both(ssh + ssh_packet(b"\x15") + noise(700)), port=22), talk(both(ssh), port=22),
        talk([(False, b"SSH-2.0-x\r\n"), (True, b"SSH-2.0-y\r\n")] + both(noise(3000)), port=22), talk([(True, b"USER bob\r\n"), (False, b"331 go on\r\n")], port=21),
    ]
    return [one for i, flow in enumerate(flows) for one in on_port(flow, 40201 + i)]


def on_port(packets, port):
    """The same conversation from another client port."""
    number, mine = struct.pack(">H", port), struct.pack(">H", 40112)
    at = lambda one: 34 if one[34:36] == mine else 36
    return [one[:at(one)] + number + one[at(one) + 2:] for one in packets]


def overlaps():
    """One flow for each shape of overlap: repeated, shorter, from inside, six segments later, over waiting bytes, partly new.
    Each time four bytes or more say something else; the first ones count."""
    packets = talk([(True, connect(4)), (True, publish("wx/a", b"AAAABBBBCCCCDDDD"))] + [(True, publish("wx/n", b"%d" % i)) for i in range(8)])
    first = packets[3]
    number, said = struct.unpack(">I", first[38:42])[0], first[54:]
    again = lambda offset, data: tcp(data, number + offset, 5001, 0x18, True, 1883)
    shapes = [
        packets[:4] + [again(0, said[:8] + b"X" * 16)] + packets[4:], packets[:4] + [again(0, said[:8] + b"XXXX")] + packets[4:],
        packets[:4] + [again(12, b"XXXX")] + packets[4:], packets[:10] + [again(0, said[:8] + b"X" * 16)] + packets[10:],
        packets[:3] + [again(12, said[12:]), again(0, said[:12] + b"X" * 12)] + packets[4:], packets[:4] + [again(20, b"XXXX" + packets[4][54:])] + packets[5:],
    ]
    return [one for i, shape in enumerate(shapes) for one in on_port(shape, 40201 + i)]


def zeros():
    """Zeros that are not pushed. First flow: data, byte by byte and six at once; they look like what fills up a short Ethernet
    frame. Second flow: acknowledgements of a device that counts this filling in the IP length, then data in its place."""
    quiet = lambda one: one[:47] + b"\x10" + one[48:]
    data = talk([*cut(True, connect(4, "u", "zero-seg-pass"), 1), (True, publish("wx/bin", b"\1\2" + bytes(6))[:-6]), (True, bytes(6)), (True, publish("wx/next", b"n"))])
    data = [quiet(one) if len(one) in (55, 60) else one for one in data]
    filled = talk([(True, connect(4)), (False, packet(0x20, b"\0\0")), (True, publish("wx/a", b"true")), (True, publish("wx/b", b"true"))])
    filling = lambda number, size: tcp(bytes(size), number, 5005, 0x10, True, 1883)
    number = 1001 + len(connect(4))
    filled = filled[:2] + [filling(1001, 6)] + filled[2:4] + [filling(number, 6), filling(number, 2)] + filled[4:-2] + [filling(number + 24, 2)] + filled[-2:]
    return on_port(data, 40201) + on_port(filled, 40202)


def mqtt5_every_property():
    """Each property of table 2-4 at least once, in packets that may carry it."""
    number = lambda kind, value, form: bytes([kind]) + struct.pack(form, value)
    string = lambda kind, value: bytes([kind]) + text(value)
    user = b"\x26" + text("site") + text("roof")
    sized = lambda data: bytes([len(data)]) + data
    will = number(0x18, 5, ">I") + number(1, 1, ">B") + number(2, 60, ">I") + string(3, "text/plain") + string(8, "wx/answers") + string(9, b"\xff\0\1") + user
    hello = (number(0x11, 3600, ">I") + number(0x21, 20, ">H") + number(0x27, 4096, ">I") + number(0x22, 10, ">H") + number(0x19, 1, ">B") + number(0x17, 1, ">B")
             + string(0x15, "SCRAM") + string(0x16, b"auth-secret\xfe") + user)
    body = text("MQTT") + b"\x05\x06\0\x3c" + sized(hello) + text("") + sized(will) + text("wx/status") + text("offline")
    welcome = (number(0x24, 1, ">B") + number(0x25, 1, ">B") + string(0x12, "auto-1") + number(0x13, 30, ">H") + string(0x1A, "wx/r") + string(0x1C, "other:1883")
               + string(0x1F, "welcome") + number(0x28, 1, ">B") + number(0x29, 1, ">B") + number(0x2A, 0, ">B") + string(0x15, "SCRAM") + string(0x16, b"server-proof"))
    return [
        (True, packet(0x10, body)), (False, packet(0x20, b"\0\0" + sized(welcome))),
        (True, packet(0x82, b"\0\1" + sized(b"\x0b\x80\x01" + user) + text("wx/+/cmd") + b"\x2d")),
        (False, packet(0x90, b"\0\1" + sized(string(0x1F, "only QoS 1")) + b"\x01")),
        (True, publish("wx/reading", b"\xca\xfe\0 not text", 1, number(0x23, 7, ">H") + number(1, 0, ">B") + b"\x0b\x81\x01" + user)),
        (False, packet(0x40, b"\0\7\x10" + sized(string(0x1F, "nobody listens")))),
        (True, publish("", b"by alias", 0, number(0x23, 7, ">H"))),
        (False, packet(0xE0, b"\x9d" + sized(string(0x1C, "other:1883") + string(0x1F, "moved")))),
    ]


def every_odd_secret(flow, post, ok):
    """Where a reader that goes by the book sees nothing: broken, cut, folded, unlabelled, coded twice; all of it readable on the wire."""
    as_json, form = b"application/json", b"application/x-www-form-urlencoded"

    def bare(body, *fields):
        return b"POST /bare HTTP/1.1\r\nHost: api\r\n" + b"".join(one + b"\r\n" for one in fields) + b"Content-Length: %d\r\n\r\n" % len(body) + body

    flow(upgrade() + [(True, frame(True, 1, b'{"username": "ws", "password": "ws-text-json"}')), (False, frame(False, 1, b"token=ws-text-form&x=1")),
                      (True, frame(True, 2, b'{"api_key": "ws-binary-json"}')), (True, frame(True, 1, b"CONNECT\nlogin:u\npasscode:stomp-pass\n\n\0"))],
         ("json field", "password", "ws-text-json"), ("form field", "token", "ws-text-form"), ("json field", "api_key", "ws-binary-json"),
         ("text field", "passcode", "stomp-pass"), server=9001)
    whole = connect(4, "mal", "malformed-pass")
    flow([(True, bytes([whole[0], whole[1] + 1]) + whole[2:] + b"z")], ("mqtt password", "mal", "malformed-pass"), server=1883)
    flow([(True, connect(4, "cut", "cut-password")[:-2])], ("mqtt password (cut)", "cut", "cut-passwo"), server=1883)
    flow(upgrade() + [(True, frame(True, 2, connect(4, "wscut", "ws-cut-password")[:-2]))], ("mqtt password (cut)", "wscut", "ws-cut-passwo"), server=9001)
    flow([(True, connect(4, "s", "s"))], ("mqtt password", "s", "s"), server=1883)
    flow([(True, connect(5, will=("wx/will", b'{"token": "will-token"}'))),
          (True, publish("wx/config", b'{"wifi_password": "mqtt-json", "broker": "mqtt://u:url-in-json@h"}', 0, b"\x26" + text("auth_token") + text("user-property"))),
          (True, packet(0xF0, b"\x18\x11\x15\0\4SHA1\x16\0\7auth-me"))],
         ("json field", "token", "will-token"), ("json field", "wifi_password", "mqtt-json"), ("url password", "u", "url-in-json"),
         ("mqtt user property", "auth_token", "user-property"), ("mqtt authentication data", "", "auth-me"), server=1883)
    flow([(True, b"GET /cut HTTP/1.1\r\nHost: api\r\nAuthorization: Basic " + base64.b64encode(b"cut:head-secret") + b"\r\nAcc")], ("http basic", "cut", "head-secret"))
    flow([(True, b"GET http://bob:url-secret@host/x HTTP/1.1\r\nReferer: http://bob:ref%40secret@host/\r\n\r\n"), ok],
         ("url password", "bob", "url-secret"), ("url password", "bob", "ref@secret"))
    flow([(True, b"GET /fold HTTP/1.1\r\nAuthorization:\r\n  Basic " + base64.b64encode(b"fold:folded-pass") + b"\r\nX-Auth-Token: x-token\r\n\r\n"), ok],
         ("http basic", "fold", "folded-pass"), ("api key", "X-Auth-Token", "x-token"))
    flow([(True, b"GET /key HTTP/1.1\r\nAuthorization: Basic " + base64.b64encode(b"only-a-key:") + b"\r\n\r\n"), ok], ("http basic", "", "only-a-key"))
    once = gzip.compress(b'{"password": "gzip-transfer"}', mtime=0)
    chunks = b"".join(b"%x\r\n" % len(part) + part + b"\r\n" for _, part in cut(True, once, 7)) + b"0\r\n\r\n"
    flow([(True, b"POST /te HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + chunks), ok], ("json field", "password", "gzip-transfer"))
    twice = gzip.compress(gzip.compress(b'{"password": "gzip-twice"}', mtime=0), mtime=0)
    flow([(True, post(b"/gg", as_json, twice, b"Content-Encoding: gzip, gzip")), ok], ("json field", "password", "gzip-twice"))
    unquoted = b"--B\nContent-Disposition: form-data; filename=x; name=password\n\nunquoted\n--B--\n"
    flow([(True, post(b"/m", b"multipart/form-data; boundary=B", unquoted)), ok], ("form field", "password", "unquoted"))
    flow([(True, post(b"/j", b"text/plain", b'{"password": "labelled-text"}')), ok, (True, bare(b'{"password": "no-label"}')), ok, (True, bare(b"user=x&password=no-label-form")), ok,
          (True, post(b"/j", as_json, b'{"password": ["in", ["an-array", 7]], "x": [{"pin": 1234}]}')), ok, (True, post(b"/j", as_json, b'{"\\u0070assword": "escaped-name"}')), ok,
          (True, post(b"/j", as_json, b'{"wifi_psk": "pre-shared", "jwt": "eyJhbGciOi"}')), ok, (True, post(b"/j", as_json, b'{"password": "broken-of')), ok],
         *[("json field", "password", one) for one in ("labelled-text", "no-label", "in", "an-array", "7", "escaped-name", "broken-of")],
         ("form field", "password", "no-label-form"), ("json field", "pin", "1234"), ("json field", "wifi_psk", "pre-shared"), ("json field", "jwt", "eyJhbGciOi"))
    flow([(True, post(b"/s", form, b"user=x;password=semicolons;a=b")), ok, (True, post(b"/x", b"text/xml", b"<s:a><s:password>in-xml</s:password></s:a>")), ok],
         ("form field", "password", "semicolons"), ("xml element", "password", "in-xml"))
    flow([(True, post(b"/mid", form, b"")), (True, b"user=u&password=mid-stream"), ok], ("form field", "password", "mid-stream"), skip=3)
    flow([(True, post(b"/mid", as_json, b"")), (True, b'user": "u", "password": "mid-json'), ok], ("json field", "password", "mid-json"), skip=3)
    cookies = b"PHPSESSID=r2t5uvjq435r4q7ib3vtdjq120; csrftoken=tok123; visitor_id=9f86d081884c7d659a2feaa0c55ad015"
    flow([(True, b"GET /c HTTP/1.1\r\nCookie: " + cookies + b"\r\n\r\n"), ok], *[("cookie", *one.decode().split("=")) for one in cookies.split(b"; ")])


def every_odd_decoy(flow, post, ok):
    flow([(True, b"GET /d HTTP/1.1\r\nCookie: theme=dark; lang=en; _ga=GA1.2.1234567890.1700000000; consent=2026-01-01T00:00:00Z; tz=America/New_York; layout=two-columns_v2-2026; auth=true\r\n"
                  b"WWW-Authenticate: Basic realm=x\r\nAuthorization: Basic !!!no-base64\r\n\r\n"),
          (False, b"HTTP/1.1 200 OK\r\nSet-Cookie: lang=en\r\nSet-Cookie: gone=deleted; Max-Age=0\r\nSet-Cookie: sid=0123456789abcdef; Expires=Thu, 01 Jan 1970 00:00:00 GMT\r\nSet-Cookie: sess=\r\n"
                  b"Content-Length: 0\r\n\r\n"),
          (True, post(b"/d", b"application/json", b'{"password": true, "token": null, "secret": {"hint": "none"}, "mail": "http://host/a:b@c"}')), ok,
          (True, post(b"/d", b"text/html", b"<form><input name=password></form> password=x")), ok, (True, post(b"/d", b"text/plain", b"the password is in the safe; token: see there")), ok])
    flow(upgrade() + [(True, frame(True, 1, b'{"temperature_c": 21}')), (True, frame(True, 1, b"the password: in the safe"))], server=9001)


def every_secret(out):
    """Credentials wherever they hide, and things that only look like some; the truth lies beside the capture."""
    truth, packets, port = [], [], [41000]

    def flow(parts, *secrets, server=80, skip=0):
        port[0] += 1
        for one in talk(parts, port=server)[skip:]:
            source = struct.pack(">H", 40112)
            at = 34 if one[34:36] == source else 36
            packets.append(one[:at] + struct.pack(">H", port[0]) + one[at + 2:])
        truth.extend([kind, name, value] for kind, name, value in secrets)

    def post(target, kind, body, *fields, size=None):
        head = b"POST " + target + b" HTTP/1.1\r\nHost: api\r\nContent-Type: " + kind + b"\r\n" + b"".join(one + b"\r\n" for one in fields)
        if size:
            chunks = b"".join(b"%x\r\n" % len(part) + part + b"\r\n" for _, part in cut(True, body, size)) + b"0\r\n\r\n"
            return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body

    form, as_json, ok = b"application/x-www-form-urlencoded", b"application/json; charset=utf-8", (False, b"HTTP/1.1 204 No Content\r\n\r\n")
    flow(cut(True, connect(4, "drip", "one-byte-at-a-time"), 1), ("mqtt password", "drip", "one-byte-at-a-time"), server=1883)
    flow([(True, connect(5, "five", "v5-password"))], ("mqtt password", "five", "v5-password"), server=4711)
    socket = upgrade() + cut(True, frame(True, 2, connect(4, "ws", "over-websocket")), 5)
    flow(socket, ("mqtt password", "ws", "over-websocket"), server=9001)
    pieces = connect(4, "wsf", "in-fragments")
    flow(upgrade() + [(True, frame(True, 2, pieces[:9], final=False)), (True, frame(True, 0, pieces[9:30], final=False) + frame(True, 0, pieces[30:]))],
         ("mqtt password", "wsf", "in-fragments"), server=9001)
    flow(upgrade(b"permessage-deflate; client_max_window_bits=15") + [(True, frame(True, 2, Deflater()(connect(4, "wsd", "deflated-pass")), deflated=True))],
         ("mqtt password", "wsd", "deflated-pass"), server=9001)
    basic = base64.b64encode(b"bob:colon:in:it")
    flow([*cut(True, b"GET /a HTTP/1.1\r\nHost: api\r\nAuthorization: Basic " + basic + b"\r\n\r\n", 7), ok], ("http basic", "bob", "colon:in:it"))
    pipelined = b"".join(b"GET /%d HTTP/1.1\r\nauthorization: bearer tok-%d\r\n\r\n" % (i, i) for i in range(3))
    flow([(True, pipelined), ok, ok, ok], *[("http bearer", "", f"tok-{i}") for i in range(3)])
    flow([(True, b"GET http://x/ HTTP/1.1\r\nProxy-Authorization: Basic " + base64.b64encode(b"p:proxy-pass") + b"\r\nX-Api-Key: key-777\r\n\r\n"), ok],
         ("http proxy basic", "p", "proxy-pass"), ("api key", "X-Api-Key", "key-777"))
    flow([(True, b"GET /?access_token=q-token&lang=de&pass%77ord=enc%2Boded HTTP/1.1\r\nCookie: sid=c-1; theme=dark\r\n\r\n"),
          (False, b"HTTP/1.1 200 OK\r\nSet-Cookie: sid=c-2; Path=/; HttpOnly\r\nContent-Length: 0\r\n\r\n")],
         ("query field", "access_token", "q-token"), ("query field", "password", "enc+oded"), ("cookie", "sid", "c-1"), ("cookie", "sid", "c-2"))
    flow([(True, b"GET /r HTTP/1.1\r\nReferer: http://api/form?pwd=from-referer&x=1\r\n\r\n"),
          (False, b"HTTP/1.1 302 Found\r\nLocation: http://x/cb#access_token=from-location&token_type=bearer\r\nContent-Length: 0\r\n\r\n")],
         ("query field", "pwd", "from-referer"), ("query field", "access_token", "from-location"))
    flow([*cut(True, post(b"/login", form, b"user=eve&password=in-ch%75nks&x=1", size=3), 11), ok], ("form field", "password", "in-chunks"))
    packed = gzip.compress(b'{"user": "eve", "nested": {"clientSecret": "gz-secret"}, "pin": 4711}', mtime=0)
    flow([(True, post(b"/j", as_json, packed, b"Content-Encoding: gzip")), ok], ("json field", "clientSecret", "gz-secret"), ("json field", "pin", "4711"))
    flow([*cut(True, post(b"/z", as_json, zlib.compress(b'[{"api_key": "in \\"quotes\\""}]'), b"Content-Encoding: deflate", size=8), 20), ok],
         ("json field", "api_key", 'in "quotes"'))
    answer = gzip.compress(b'{"access_token": "an-answer", "token_type": "bearer", "expires_in": 3600}', mtime=0)
    flow([(True, b"GET /token HTTP/1.1\r\n\r\n"), (False, b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(answer)),
          *cut(False, answer, 13)], ("json field", "access_token", "an-answer"))
    parts = b'--B\r\nContent-Disposition: form-data; name="user"\r\n\r\neve\r\n--B\r\nContent-Disposition: form-data; name="password"\r\n\r\nmultipart!\r\n--B--\r\n'
    flow([(True, post(b"/m", b"multipart/form-data; boundary=B", parts)), ok], ("form field", "password", "multipart!"))
    every_odd_secret(flow, post, ok)
    # Nothing here is a secret, however much it looks like one.
    decoys = {"passenger": "p1", "author": "a1", "secretary": "s1", "tokenizer": "t1", "token_type": "bearer", "temperature_c": "21", "compass": "north",
              "password_policy": "strong", "random": "kJ8f7Hs9dK2mN4pQ6rT8vX0zB2dF4hJ6"}
    flow([(True, post(b"/d", as_json, json.dumps(decoys).encode())), ok])
    flow([(True, post(b"/d?passenger=1&authority=x&bypass=no", form, b"passenger=p1&secretary=s1&compass=north")), ok])
    flow([(True, b'GET /g HTTP/1.1\r\nAuthorization: Digest username="u", response="6629fae49393a05397450978507c4ef1"\r\nETag: "password=x"\r\n\r\n'), ok])
    flow([(True, connect(4) + publish("wx/password/reset", b"password=not-a-field"))], server=1883)
    every_odd_decoy(flow, post, ok)
    save(out, "every_secret", packets)
    (out / "every_secret.truth.tsv").write_text("".join("\t".join(one) + "\n" for one in sorted(truth)))


def main():
    out = pathlib.Path(sys.argv[1])
    save(out, "websocket_every_frame", talk(websocket_every_frame(), port=9001))
    save(out, "websocket_binary", talk(websocket_binary(), port=9001))
    save(out, "websocket_split", websocket_split())
    save(out, "mqtt_malformed", talk(mqtt_malformed()))
    save(out, "websocket_deflate", talk(websocket_deflate(), port=9001))
    save(out, "http_every_framing", talk(http_every_framing(), port=8080))
    save(out, "tls_hello_split", talk(tls_hello_split(), port=8883))
    save(out, "tls_rc4", talk(tls_weak(0xC011), port=8883))
    save(out, "tls_anonymous", talk(tls_weak(0x00A6), port=8883))
    save(out, "tls_static_rsa", talk(tls_weak(0x009C), port=8883))
    save(out, "tls_ssl3", talk(tls_weak(0xC013, 0x0300), port=8883))
    save(out, "sslv2_hello", talk(sslv2_hello(), port=443))
    save(out, "starttls", talk(starttls(), port=25))
    save(out, "tls_to_plain_port", talk([(True, record(client_hello(), version=0x0301))], port=1883))
    save(out, "https_to_http_port", talk([(True, record(client_hello(), version=0x0301)), (False, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")], port=80))
    refusal = b"<html><body>400 The plain HTTP request was sent to HTTPS port</body></html>"
    save(out, "http_to_tls_port", talk([(True, b"GET /?token=t0ken HTTP/1.1\r\nHost: api\r\n\r\n"), (False, b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n" % len(refusal) + refusal)], port=443))
    save(out, "conflicting", conflicting())
    save(out, "overlaps", overlaps())
    save(out, "zeros", zeros())
    save(out, "unclaimed", unclaimed())
    save(out, "mqtt5_every_property", talk(mqtt5_every_property()))
    every_secret(out)
    for version, name in ((3, "mqtt31"), (4, "mqtt311"), (5, "mqtt5")):
        save(out, f"{name}_every_packet", talk(every_packet_type(version)))
    messages = [(True, connect(4, "station", "hunter2!"))] + [(True, publish("wx/a", b"%d" % i)) for i in range(5)]
    save(out, "gap", talk(messages, lose=(3,)))
    save(out, "out_of_order", talk(messages, swap=(1, 3)))
    save(out, "odd_port", talk(messages, port=4711))
    hostile = publish("wx/\x1b[2J\u202e<script>\"\\", b"\xff\xfe\x1b]0;owned\x07")
    save(out, "hostile_text", talk([(True, connect(4)), (True, hostile)]))
    save(out, "plain_to_tls_port", talk([(True, connect(4, "station", "hunter2!")), (False, bytes.fromhex("15030300020246"))], port=8883))
    form = b"user=bob&password=s3cret%21&submit=1"
    body = b'{"sensor": "x", "api_key": "k-12345"}'
    http = [
        (True, b"GET /private HTTP/1.1\r\nHost: api\r\nAuthorization: Basic Ym9iOnMzY3JldCE=\r\nCookie: session=abcdef012345\r\n\r\n"),
        (False, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), (False, b"5\r\nhello\r\n"), (False, b"0\r\n\r\n"),
        (True, b"POST /login HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(form) + form),
        (False, b"HTTP/1.1 204 No Content\r\nSet-Cookie: token=zyx98765; Path=/\r\n\r\n"),
        (True, b"POST /k HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body),
        (False, b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
    ]
    save(out, "http_secrets", talk(http, port=8080))


if __name__ == "__main__":
    main()
