#!/usr/bin/env python3
"""Certificates with exactly one fault each, and what must be said of them.

Run in this directory: ./make.py. Writes NAME.pem for every entry of FAULTS (header lines, then the
leaf and the authority above it) and good.pem. The DER is put together here, byte by byte, because no
certificate program would write most of it; keys and signatures are `openssl`'s. All are judged at
2026-06-01T00:00:00Z.
"""
import base64, pathlib, subprocess, tempfile

# --- DER ----------------------------------------------------------------------------------------
def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 0x80: head = bytes([n])
    else:
        size = (n.bit_length() + 7) // 8
        head = bytes([0x80 | size]) + n.to_bytes(size, "big")
    return bytes([tag]) + head + body
def seq(*parts): return tlv(0x30, *parts)
def setof(*parts): return tlv(0x31, *parts)
def octets(*parts): return tlv(0x04, *parts)
def bits(data, unused=0): return tlv(0x03, bytes([unused]), data)
def integer(n):
    size = n.bit_length() // 8 + 1
    return tlv(0x02, n.to_bytes(size, "big", signed=True))
def oid(dotted):
    a, b, *rest = map(int, dotted.split("."))
    out = bytes([a * 40 + b])
    for n in rest:
        part = bytes([n & 0x7F])
        while n := n >> 7: part = bytes([0x80 | n & 0x7F]) + part
        out += part
    return tlv(0x06, out)
TRUE = tlv(0x01, b"\xff")
def utc(text): return tlv(0x17, text.encode())
def generalized(text): return tlv(0x18, text.encode())
def attribute(kind, value, tag=0x0C):
    return setof(seq(oid(kind), tlv(tag, value.encode() if isinstance(value, str) else value)))
def name(cn, org="wxsec vectors"):
    return seq(*([attribute("2.5.4.10", org)] if org else []), *([attribute("2.5.4.3", cn)] if cn else []))
ECDSA256, ECDSA_SHA1 = seq(oid("1.2.840.10045.4.3.2")), seq(oid("1.2.840.10045.4.1"))
RSA256 = seq(oid("1.2.840.113549.1.1.11"), tlv(0x05))

# --- extensions ---------------------------------------------------------------------------------
def ext(dotted, value, critical=False):
    return seq(oid(dotted), *([TRUE] if critical else []), octets(value))
def basic(ca=False, length=None, critical=True):
    return ext("2.5.29.19", seq(*([TRUE] if ca else []), *([integer(length)] if length is not None else [])), critical)
def usage(value, unused, critical=True): return ext("2.5.29.15", bits(bytes([value]), unused), critical)
SIGN, CA_USAGE = usage(0x80, 7), usage(0x06, 1)
TLS = "1.3.6.1.5.5.7.3."
def purpose(*dotted): return ext("2.5.29.37", seq(*map(oid, dotted)))
def dns(text): return tlv(0x82, text.encode() if isinstance(text, str) else text)
def ip(raw): return tlv(0x87, raw)
def names(*entries, critical=False): return ext("2.5.29.17", seq(*entries), critical)
def ski(key): return ext("2.5.29.14", octets(key.id))
def aki(key): return ext("2.5.29.35", seq(tlv(0x80, key.id)))

# --- keys and signatures: openssl ----------------------------------------------------------------
class Key:
    def __init__(self, *genpkey):
        self.file = pathlib.Path(tempfile.mkstemp(dir=work)[1])
        run("openssl", "genpkey", *genpkey, "-out", self.file)
        self.spki = run("openssl", "pkey", "-in", self.file, "-pubout", "-outform", "DER")
        import hashlib
        self.id = hashlib.sha256(self.spki).digest()[:20]
    def sign(self, body, digest="-sha256"): return run("openssl", "dgst", digest, "-sign", self.file, stdin=body)
def run(*command, stdin=None):
    return subprocess.run(list(map(str, command)), input=stdin, capture_output=True, check=True).stdout
def ec(curve="P-256"): return Key("-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-pkeyopt", "ec_param_enc:named_curve")
def rsa(size, exponent=65537): return Key("-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{size}", "-pkeyopt", f"rsa_keygen_pubexp:{exponent}")

# --- a good certificate, of which each fault changes one thing -------------------------------------
def certificate(key, signer, **change):
    f = dict(version=tlv(0xA0, integer(2)), serial=integer(0x4A << 120 | 0x1234567890ABCDEF1234567890ABCD),
             inner=ECDSA256, outer=None, issuer=None, start=utc("260101000000Z"), end=utc("260901000000Z"),
             subject=name("broker"), spki=key.spki, extensions=[], digest="-sha256", tail=b"", flip=False)
    f.update(change)
    body = seq(f["version"], f["serial"], f["inner"], f["issuer"], seq(f["start"], f["end"]), f["subject"], f["spki"],
               *([tlv(0xA3, seq(*f["extensions"]))] if f["extensions"] else []))
    signature = signer.sign(body, f["digest"])
    if f["flip"]: signature = signature[:-1] + bytes([signature[-1] ^ 1])
    return seq(body, f["outer"] or f["inner"], bits(signature)) + f["tail"]

def authority(key, signer, subject, issuer, *, extensions=None, **change):
    default = [basic(True, 0), CA_USAGE, ski(key), aki(signer)]
    return certificate(key, signer, subject=subject, issuer=issuer, start=utc("260101000000Z"), end=utc("310101000000Z"),
                       serial=integer(0x51 << 120 | 0xABCDEF), extensions=extensions or default, **change)

def pem(der, label="CERTIFICATE"):
    text = base64.b64encode(der).decode()
    return f"-----BEGIN {label}-----\n" + "".join(text[i:i + 64] + "\n" for i in range(0, len(text), 64)) + f"-----END {label}-----\n"

def leaf_extensions(**change):
    """The good ones by name, in their order; None leaves one out."""
    e = dict(basic=basic(), usage=SIGN, purpose=purpose(TLS + "1"), names=names(dns("broker.wx.test"), ip(bytes([127, 0, 0, 1]))),
             ski=ski(LEAF), aki=aki(CA))
    e.update(change)
    return [v for v in e.values() if v is not None]

FAULTS = {}
def fault(label, expect, comment, chain=None, **change):
    """`chain`: the authority above, if another one; `extensions` or single extensions by name; fields."""
    named = {k: change.pop(k) for k in list(change) if k in ("basic", "usage", "purpose", "names", "ski", "aki", "more", "again")}
    key, signer = change.pop("key", LEAF), change.pop("signer", CA)
    change.setdefault("issuer", CA_NAME)
    if "extensions" not in change: change["extensions"] = leaf_extensions(**named)
    FAULTS[label] = (expect, comment, pem(certificate(key, signer, **change)) + (chain if chain is not None else CA_PEM))

def main():
    global LEAF, CA, ROOT, CA_NAME, CA_PEM
    ROOT, CA, LEAF = ec(), ec(), ec()
    ROOT_NAME, CA_NAME = name("Vector Root"), name("Vector Issuing")
    CA_PEM = pem(authority(CA, ROOT, CA_NAME, ROOT_NAME))
    wrong_ca = lambda **c: pem(authority(CA, ROOT, CA_NAME, ROOT_NAME, **c))
    ca_ext = lambda **c: [v for v in dict(basic=basic(True, 0), usage=CA_USAGE, ski=ski(CA), aki=aki(ROOT), **{}).items() and
                          {**dict(basic=basic(True, 0), usage=CA_USAGE, ski=ski(CA), aki=aki(ROOT)), **c}.values() if v is not None]

    fault("good", "none", "the certificate that every fault below changes in one thing")
    # fields
    fault("version-1", "version-not-3", "no version, no extensions", version=b"", extensions=[])
    fault("serial-zero", "serial-not-positive", "the serial is 0", serial=integer(0))
    fault("serial-negative", "serial-not-positive", "the serial is below 0", serial=integer(-(1 << 100)))
    fault("serial-21-octets", "serial-too-long", "21 octets", serial=integer(0x41 << 160))
    fault("serial-counted", "serial-guessable", "the serial is a counter: 4711", serial=integer(4711))
    fault("dates-reversed", "validity-reversed", "ends before it begins", start=utc("260901000000Z"), end=utc("260101000000Z"))
    fault("expired", "expired", "ended a month before", end=utc("260501000000Z"))
    fault("not-yet", "not-yet-valid", "begins a month later", start=utc("260701000000Z"))
    fault("generalized-2026", "time-encoding", "a GeneralizedTime before 2050", end=generalized("20260901000000Z"))
    fault("time-without-seconds", "time-encoding", "a UTCTime without seconds", end=utc("2609010000Z"))
    fault("three-years", "lifetime-too-long", "1,000 days for a server", start=utc("251201000000Z"), end=utc("280826000000Z"))
    fault("sha1", "signature-weak", "signed over SHA-1", inner=ECDSA_SHA1, digest="-sha1")
    fault("algorithms-differ", "signature-algorithm-mismatch", "one algorithm is signed, another stands outside", outer=seq(oid("1.2.840.10045.4.3.3")))
    fault("rsa-1024", "key-too-small", "RSA with 1024 bits", key=(k := rsa(1024)), ski=ski(k))
    fault("rsa-exponent-3", "rsa-exponent", "the public exponent is 3", key=(k := rsa(2048, 3)), ski=ski(k))
    fault("secp256k1", "curve-unusual", "a curve that TLS does not know", key=(k := ec("secp256k1")), ski=ski(k))
    broken = LEAF.spki[:-1] + bytes([LEAF.spki[-1] ^ 1])
    fault("point-off-curve", "key-unreadable", "the public key is no point of its curve", spki=broken)
    fault("long-common-name", "common-name-too-long", "70 characters", subject=name("b" * 70))
    fault("country-of-three", "country-code", "C=DEU", subject=seq(attribute("2.5.4.6", "DEU", 0x13), attribute("2.5.4.3", "broker")))
    fault("teletex", "name-old-string", "a TeletexString in the subject", subject=seq(attribute("2.5.4.10", "wxsec", 0x14), attribute("2.5.4.3", "broker")))
    # alternative names
    san = lambda *entries: dict(names=names(*entries))
    fault("no-names", "names-missing", "a common name alone", names=None)
    fault("names-empty", "names-missing", "the list of names has none", **san())
    fault("names-not-critical", "names-not-critical", "no subject, and the names are not critical", subject=name("", ""))
    fault("common-name-elsewhere", "common-name-not-in-names", "the common name is no alternative name", subject=name("other.wx.test"))
    fault("nul-in-name", "name-with-nul", "a zero byte hides the end", **san(dns(b"broker.wx.test\x00.evil.test")))
    fault("name-not-ascii", "name-not-ascii", "UTF-8 in an IA5String", **san(dns("brök.wx.test".encode())))
    fault("underscore", "name-underscore", "an underscore", **san(dns("my_broker.wx.test")))
    fault("trailing-dot", "name-empty-label", "a dot at the end", **san(dns("broker.wx.test.")))
    fault("empty-label", "name-empty-label", "two dots together", **san(dns("broker..test")))
    fault("label-of-64", "name-too-long", "a label of 64 characters", **san(dns("b" * 64 + ".wx.test")))
    fault("space-in-name", "name-odd-character", "a space", **san(dns("broker wx.test")))
    fault("url-as-name", "name-odd-character", "a URL where a name belongs", **san(dns("https://broker.wx.test/")))
    fault("wildcard-inside", "name-wildcard-place", "a wildcard in the second label", **san(dns("broker.*.test")))
    fault("wildcard-partial", "name-wildcard-place", "a wildcard for a part of a label", **san(dns("br*.wx.test")))
    fault("wildcard-wide", "name-wildcard-wide", "a wildcard over a whole top-level domain", **san(dns("*.test")))
    fault("address-as-dns", "name-address-as-dns", "an address as DNS name", **san(dns("127.0.0.1")))
    fault("address-of-5", "address-size", "an address of five bytes", **san(dns("broker.wx.test"), ip(bytes(5))))
    fault("uri-relative", "uri-relative", "a URI without a scheme", **san(dns("broker.wx.test"), tlv(0x86, b"//broker/x")))
    fault("email-without-at", "email-malformed", "an email address without @", **san(dns("broker.wx.test"), tlv(0x81, b"ops.wx.test")))
    fault("name-twice", "name-twice", "the same name twice", **san(dns("broker.wx.test"), dns("broker.wx.test")))
    # extensions
    fault("extension-twice", "extension-twice", "key usage twice", again=SIGN)
    fault("extension-unknown", "extension-unknown-critical", "critical, and nobody knows it", more=ext("1.3.6.1.4.1.99999.1", octets(b"x"), True))
    fault("leaf-is-authority", "leaf-claims-authority", "a server that may sign others", basic=basic(True), usage=usage(0x84, 2))
    fault("path-length-on-leaf", "path-length-on-leaf", "a path length where there is no path", basic=basic(False, 0))
    fault("leaf-may-sign", "usage-leaf-signs", "keyCertSign without being an authority", usage=usage(0x84, 2))
    fault("usage-not-critical", "usage-not-critical", "key usage that may be ignored", usage=usage(0x80, 7, critical=False))
    fault("usage-empty", "usage-empty", "key usage without any", usage=ext("2.5.29.15", bits(b"\x00", 7), True))
    fault("usage-without-signature", "usage-no-signature", "keyAgreement alone: TLS 1.3 signs", usage=usage(0x08, 3))
    fault("usage-encipherment", "usage-encipherment", "keyEncipherment with an elliptic curve", usage=usage(0xA0, 5))
    fault("no-purpose", "purpose-missing", "no extended key usage", purpose=None)
    fault("any-purpose", "purpose-any", "for every purpose there is", purpose=purpose("2.5.29.37.0"))
    fault("code-signing", "purpose-not-tls", "for signing programs", purpose=purpose(TLS + "3"))
    fault("no-authority-key-id", "authority-key-id-missing", "does not say which key signed it", aki=None)
    fault("constraints-on-leaf", "constraints-on-leaf", "name constraints where nothing is signed",
          more=ext("2.5.29.30", seq(tlv(0xA0, seq(dns("wx.test")))), True))
    fault("ldap-list", "url-not-http", "a revocation list by LDAP", more=ext("2.5.29.31", seq(seq(tlv(0xA0, tlv(0xA0, tlv(0x86, b"ldap://x/cn=y")))))))
    # the authority above
    ca = lambda label, expect, comment, **c: fault(label, expect, comment, chain=wrong_ca(extensions=ca_ext(**c)))
    ca("ca-basic-not-critical", "basic-not-critical", "basic constraints that may be ignored", basic=basic(True, 0, critical=False))
    ca("ca-without-basic", "issuer-not-authority", "does not say that it is one", basic=None)
    ca("ca-without-usage", "usage-missing", "an authority without key usage", usage=None)
    ca("ca-may-not-sign", "usage-no-cert-sign", "an authority without keyCertSign", usage=usage(0x80, 7))
    ca("ca-without-key-id", "subject-key-id-missing", "an authority without subject key identifier", ski=None)
    ca("ca-constraints-not-critical", "constraints-not-critical", "name constraints that may be ignored",
       more=ext("2.5.29.30", seq(tlv(0xA0, seq(dns("wx.test")), seq(ip(bytes([127, 0, 0, 0, 255, 0, 0, 0])))))))
    ca("name-not-permitted", "name-not-permitted", "the authority may sign below wx.example only",
       more=ext("2.5.29.30", seq(tlv(0xA0, seq(dns("wx.example")))), True))
    # the two together
    fault("outlives-issuer", "outlives-issuer", "the authority ends first", chain=pem(authority(CA, ROOT, CA_NAME, ROOT_NAME).replace(utc("310101000000Z"), utc("260801000000Z"))))
    fault("key-id-of-another", "authority-key-id-mismatch", "names another key than its issuer's", aki=aki(LEAF))
    fault("signature-flipped", "signature-bad", "one bit of the signature is wrong", flip=True)
    fault("self-signed", "self-signed-leaf", "vouches for itself", chain="", signer=LEAF, issuer=name("broker"), aki=aki(LEAF))
    other = ec()
    upper = pem(authority(CA, other, CA_NAME, name("Middle"), extensions=[basic(True, 0), CA_USAGE, ski(CA), aki(other)]))
    middle = pem(authority(other, ROOT, name("Middle"), ROOT_NAME, extensions=[basic(True, 0), CA_USAGE, ski(other), aki(ROOT)]))
    fault("path-too-long", "path-too-long", "an authority below one that allows none", chain=upper + middle)
    fault("chain-missing", "chain-incomplete", "the authority is not in the file", chain="")
    # the file
    good = FAULTS["good"][2].split("-----END CERTIFICATE-----\n")[0].split("\n", 1)[1]
    der = base64.b64decode(good)
    FAULTS["garbage-tail"] = ("unreadable", "bytes behind the certificate", pem(der + b"tail") + CA_PEM)
    FAULTS["truncated"] = ("unreadable", "the last forty bytes are missing", pem(der[:-40]) + CA_PEM)
    FAULTS["cut-file"] = ("unreadable", "the file ends in the middle", pem(der)[:-120])
    for label, (expect, comment, text) in FAULTS.items():
        pathlib.Path(f"{label}.pem").write_text(f"expect: {expect}\ncomment: {comment}\nmade-with: tests/vectors/x509/make.py\n\n{text}")
    print(len(FAULTS) - 1, "faults and good.pem")

with tempfile.TemporaryDirectory() as work: main()
