#!/usr/bin/env python3
"""make.py OUTDIR: writes the golden captures that need no peer: packets are put together by hand, byte by byte, so that
each shows exactly one thing. Deterministic: the same files every time. See MADE.md for the others."""
import pathlib
import struct
import sys

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
    assert len(body) < 128
    return bytes([first, len(body)]) + body


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


def main():
    out = pathlib.Path(sys.argv[1])
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
