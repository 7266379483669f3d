"""NSS's own judgement on names, which vfychain does not ask for. Reads lines "FILE KIND:VALUE" (a PEM certificate; host, ip, uri
or email) and answers each with "yes" or "no". A URI is nothing that NSS can be asked for: always "yes"."""
import ctypes
import sys

nss = ctypes.CDLL("libnss3.so")
smime = ctypes.CDLL("libsmime3.so")
smime.CERT_DecodeCertFromPackage.restype = ctypes.c_void_p
nss.CERT_VerifyCertName.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
nss.CERT_GetFirstEmailAddress.argtypes = [ctypes.c_void_p]
nss.CERT_GetFirstEmailAddress.restype = ctypes.c_void_p  # NSS walks the list by address, not by text
nss.CERT_GetNextEmailAddress.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
nss.CERT_GetNextEmailAddress.restype = ctypes.c_void_p
nss.CERT_DestroyCertificate.argtypes = [ctypes.c_void_p]


def has_mailbox(certificate, mailbox):
    at = nss.CERT_GetFirstEmailAddress(certificate)
    while at:
        if ctypes.string_at(at) == mailbox.encode():
            return True
        at = nss.CERT_GetNextEmailAddress(certificate, at)
    return False


def answer(path, asked):
    kind, value = asked.split(":", 1)
    pem = open(path, "rb").read()
    certificate = smime.CERT_DecodeCertFromPackage(pem, len(pem))
    if not certificate:
        return False
    good = True
    if kind in ("host", "ip"):
        good = nss.CERT_VerifyCertName(certificate, value.encode()) == 0
    elif kind == "email":
        good = has_mailbox(certificate, value)
    nss.CERT_DestroyCertificate(certificate)
    return good


if nss.NSS_NoDB_Init(None) != 0:
    sys.exit("NSS does not start")
for line in sys.stdin:
    print("yes" if answer(*line.split()) else "no", flush=True)
