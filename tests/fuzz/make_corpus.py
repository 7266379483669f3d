#!/usr/bin/env python3
"""make_corpus.py: the corpora of those fuzz targets whose inputs are pieces of the golden captures (tests/captures)."""
import itertools
import pathlib
import struct
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent
LARGEST = 6000  # bytes of an input: fuzzers want small ones


def packets(path):
    data = path.read_bytes()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at < len(data):
        size = struct.unpack(order + "I", data[at + 8:at + 12])[0]
        yield data[at + 16:at + 16 + size]
        at += 16 + size


def segments(path):
    """(from the client, payload) of the first connection; the captures have no VLANs, options are skipped."""
    first = None
    for packet in packets(path):
        ip = packet[14:]
        tcp = ip[(ip[0] & 15) * 4:struct.unpack(">H", ip[2:4])[0]]
        ports = tcp[:4]
        first = first or ports
        if ports in (first, first[2:] + first[:2]):
            yield ports == first, tcp[(tcp[12] >> 4) * 4:]


def write(target, name, data):
    directory = SOURCE / "fuzz" / "corpus" / target
    directory.mkdir(parents=True, exist_ok=True)
    if len(data) <= LARGEST:
        (directory / name).write_bytes(data)


def main():
    constructions = itertools.cycle(range(18))  # as decrypt_fuzz.cpp counts them
    for capture in sorted((SOURCE / "captures").glob("*.pcap")):
        name = capture.stem
        keys = capture.with_suffix(".keys")
        log = keys.read_bytes() if keys.exists() else b""
        log = b"".join(line + b"\n" for line in log.splitlines() if not line.startswith((b"#", b"EXPORTER", b"EARLY_EXPORTER")))
        talk = [(up, payload) for up, payload in segments(capture) if payload]
        pieces = b"".join(struct.pack(">BH", not up, len(payload)) + payload for up, payload in talk)
        write("conversation", name, struct.pack(">H", len(log)) + log + pieces)
        if log:
            record = next((payload[5:] for _, payload in talk if payload[:1] == b"\x17"), b"")
            write("decrypt", name, bytes([next(constructions)]) + log + b"\0" + record)
        if name.startswith("websocket"):
            for i, (_, payload) in enumerate(talk[2:]):
                write("websocket_frame", f"{name}_{i}", payload)
        for i, packet in enumerate(list(packets(capture))[3:4]):
            write("packet", f"{name}_{i}", b"\x01" + packet)
    return 0


if __name__ == "__main__":
    sys.exit(main())
