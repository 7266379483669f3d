#!/usr/bin/env python3
"""make_vectors.py: one sealed TLS record per cipher construction, by Python's hmac and the `cryptography` package, printed as
the table in record_cipher_test.cpp. An implementation of its own of RFC 5246 (and 2246, 7366, 7905, 6655), so that a bug
of ours is not copied into our test."""
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

MASTER, CLIENT, SERVER = bytes(range(48)), bytes([0xC1] * 32), bytes([0x5E] * 32)
PLAIN = b"temperature_c 21.5"
SEQUENCE = 0


def p_hash(digest, secret, seed, size):
    out, a = b"", seed
    while len(out) < size:
        a = hmac.new(secret, a, digest).digest()
        out += hmac.new(secret, a + seed, digest).digest()
    return out[:size]


def block(version, digest, size):
    seed = b"key expansion" + SERVER + CLIENT
    if version >= 0x303:
        return p_hash(digest, MASTER, seed, size)
    left, right = p_hash("md5", MASTER[:24], seed, size), p_hash("sha1", MASTER[24:], seed, size)
    return bytes(a ^ b for a, b in zip(left, right))


def aead(suite, version, digest, key_size, iv_size, make):
    keys = block(version, digest, 2 * key_size + 2 * iv_size)
    key, iv = keys[:key_size], keys[2 * key_size:2 * key_size + iv_size]  # the client's
    aad = struct.pack(">QBHH", SEQUENCE, 23, version, len(PLAIN))
    if iv_size == 12:
        nonce, explicit = bytes(a ^ b for a, b in zip(iv, bytes(4) + struct.pack(">Q", SEQUENCE))), b""
    else:
        explicit = bytes.fromhex("0102030405060708")
        nonce = iv + explicit
    return suite, version, False, (explicit + make(key).encrypt(nonce, PLAIN, aad)).hex()


def cbc(suite, version, prf, mac, mac_size, key_size, encrypt_then_mac):
    implicit = 16 if version < 0x302 else 0
    keys = block(version, prf, 2 * (mac_size + key_size + implicit))
    mac_key, key = keys[:mac_size], keys[2 * mac_size:2 * mac_size + key_size]
    iv = keys[2 * (mac_size + key_size):][:16] if implicit else bytes(range(16))
    seal = lambda content: hmac.new(mac_key, struct.pack(">QBHH", SEQUENCE, 23, version, len(content)) + content, mac).digest()
    content = PLAIN if encrypt_then_mac else PLAIN + seal(PLAIN)
    padding = 15 - len(content) % 16
    content += bytes([padding] * (padding + 1))
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    body = (b"" if implicit else iv) + encryptor.update(content) + encryptor.finalize()
    if encrypt_then_mac:
        body += seal(body)
    return suite, version, encrypt_then_mac, body.hex()


for suite, version, etm, body in [
    aead("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0x303, "sha256", 16, 4, AESGCM),
    aead("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 0x303, "sha384", 32, 4, AESGCM),
    aead("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 0x303, "sha256", 32, 12, ChaCha20Poly1305),
    aead("TLS_ECDHE_ECDSA_WITH_AES_128_CCM", 0x303, "sha256", 16, 4, AESCCM),
    aead("TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", 0x303, "sha256", 32, 4, lambda key: AESCCM(key, 8)),
    cbc("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", 0x303, "sha256", "sha1", 20, 16, False),
    cbc("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", 0x303, "sha256", "sha256", 32, 16, True),
    cbc("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", 0x303, "sha384", "sha384", 48, 32, False),
    cbc("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", 0x303, "sha384", "sha384", 48, 32, True),
    cbc("TLS_RSA_WITH_AES_256_CBC_SHA", 0x302, None, "sha1", 20, 32, False),
    cbc("TLS_RSA_WITH_AES_128_CBC_SHA", 0x301, None, "sha1", 20, 16, False),
]:
    print(f'    {{"{suite}", 0x{version:04X}, {str(etm).lower()},\n     "{body}"}},')
