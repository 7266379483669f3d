// What verification of a certificate objects to (X509_V_ERR_..., as OpenSSL, curl, Python and
// mosquitto print it), and the browsers' words for the same.
#include <array>

#include "src/explain/error_tables.h"

namespace wxsec::explain {
namespace {

constexpr const char* kVerifier = "OpenSSL's verification, so also curl, mosquitto_pub, Python";

constexpr std::array kErrors = {
    KnownError{
        "certificate-has-expired",
        "certificate has expired|ERR_CERT_DATE_INVALID|SEC_ERROR_EXPIRED_CERTIFICATE", kVerifier,
        "the peer's certificate is past its last day",
        "A certificate in the peer's chain ended, or the clock of the machine that checks is "
        "ahead. The one that ended may be the issuing CA's and not the leaf.",
        "Look at the dates: `wxsec certs inspect mqtts://HOST:8883`. Renew (`wxsec certs "
        "renew --dir DIR`) and reload the server; compare `date -u` on both machines."},
    KnownError{"certificate-not-yet-valid", "certificate is not yet valid|not yet valid", kVerifier,
               "the certificate's first day has not come",
               "Nearly always a clock: a board without battery starts in 1970, a virtual machine "
               "was resumed. Rarely a certificate that was made for later.",
               "Set the clock (`timedatectl set-ntp true`, on a device NTP before the first TLS "
               "connection), then try again."},
    KnownError{
        "hostname-mismatch",
        "hostname mismatch|no alternative certificate subject name|IP address mismatch|"
        "doesn't match|ERR_CERT_COMMON_NAME_INVALID|SSL_ERROR_BAD_CERT_DOMAIN",
        kVerifier, "the certificate is good, but for another name",
        "The name or address that the client dialled is not among the certificate's subject "
        "alternative names. Dialling 192.168.1.5 needs that address as an IP entry; a DNS "
        "entry does not cover it, and the common name is ignored.",
        "Dial a name that `wxsec certs inspect` lists, or issue the certificate with this "
        "one too: `wxsec certs issue broker2 --profile server --name NAME`. Do not use --insecure "
        "or -k: then any valid certificate would do."},
    KnownError{"self-signed-in-chain",
               "self-signed certificate in certificate chain|self signed certificate in "
               "certificate chain",
               kVerifier, "the peer sent its root, and that root is not trusted here",
               "The chain leads to a CA that this client was not told about: the wrong CA file, "
               "none at all, or a proxy that opens TLS on the way.",
               "Give the right one: --ca DIR/ca.pem for wxsec, --cacert for curl, --cafile for "
               "mosquitto_pub. Compare fingerprints if the issuer is a stranger."},
    KnownError{"self-signed-certificate",
               "self-signed certificate|self signed certificate|DEPTH_ZERO_SELF_SIGNED_CERT",
               kVerifier, "nobody but the peer itself vouches for this certificate",
               "The server shows a certificate that signed itself, and the client does not have it "
               "as an anchor. Default certificates of devices look like that, and so does a man in "
               "the middle.",
               "Install a certificate of your own CA (`wxsec certs init`). To trust exactly this "
               "one, compare its SHA-256 fingerprint with the owner's before you add it."},
    KnownError{"unable-to-get-local-issuer",
               "unable to get local issuer certificate|unable to verify the first certificate|"
               "UNABLE_TO_VERIFY_LEAF_SIGNATURE|unable to get issuer certificate|"
               "ERR_CERT_AUTHORITY_INVALID|SEC_ERROR_UNKNOWN_ISSUER",
               kVerifier, "the way from the certificate up to a trusted CA is broken",
               "Either the client does not have the root (wrong or missing CA file), or the server "
               "sends its leaf without the issuing CA in between (cert.pem instead of "
               "fullchain.pem). The second kind works in browsers that have the intermediate "
               "cached, and fails everywhere else.",
               "Count what the server sends: `openssl s_client -connect HOST:PORT -showcerts "
               "</dev/null`. One certificate only: serve fullchain.pem. Otherwise: give the client "
               "the right ca.pem."},
    KnownError{"unsuitable-purpose",
               "unsuitable certificate purpose|unsupported certificate purpose|"
               "certificate purpose",
               kVerifier, "the certificate is not made for this side of the connection",
               "Its extended key usage says client where a server is wanted, or the reverse: often "
               "a station's certificate installed in the broker.",
               "Issue with the right profile: `wxsec certs issue --profile server` for broker and "
               "API, `--profile station` for stations."},
    KnownError{
        "certificate-revoked-verify", "X509_V_ERR_CERT_REVOKED|(certificate revoked)", kVerifier,
        "the peer's certificate is on the revocation list",
        "Its issuer has withdrawn it, normally because its key was lost.",
        "Issue a new one for the rightful owner. If it should not have been revoked, it must "
        "be issued anew all the same: revocation cannot be taken back."},
    KnownError{
        "crl-expired", "CRL has expired", kVerifier,
        "the revocation list is out of date, and so everybody is refused",
        "A broker with `crlfile` refuses all clients once the list's nextUpdate is past: it "
        "cannot know who was revoked since.",
        "Have the CA write a fresh list, reload the broker, and let a timer do it from now on."},
    KnownError{"no-crl", "unable to get certificate CRL", kVerifier,
               "a revocation list was demanded, and none of this issuer is at hand",
               "Revocation is checked at every level of the chain, so the file needs the list of "
               "the issuing CA and that of the root, one after the other.",
               "Use DIR/crl.pem, which holds both, as `crlfile`."},
    KnownError{"permitted-subtree-violation",
               "permitted subtree violation|excluded subtree violation", kVerifier,
               "the CA may not issue for this name",
               "The CA's certificate has name constraints, and the leaf's name lies outside.",
               "Use a name inside the CA's domain, or make a CA for the other domain: `wxsec certs "
               "init --domain NAME`."},
    KnownError{
        "key-too-weak",
        "ee key too small|EE certificate key too weak|0A00018F|CA certificate key too weak|"
        "ca key too small|0A00018D",
        "OpenSSL, at security level 2 and above", "a key in the chain is too short",
        "RSA below 2048 bits (or a curve below 224) is refused by Debian's OpenSSL.",
        "Issue anew with P-256 or RSA-3072. Lowering the level (@SECLEVEL=1) only hides it."},
    KnownError{"digest-too-weak", "ca md too weak|0A00018E|CA signature digest algorithm too weak",
               "OpenSSL", "a certificate in the chain is signed with SHA-1 or MD5",
               "Such signatures can be forged and are refused.",
               "Issue the certificate, and its CA where that is the one, anew with SHA-256."},
    KnownError{"invalid-ca", "invalid CA certificate|issuer is no CA", kVerifier,
               "a certificate that is no CA signed another one",
               "The issuer lacks basicConstraints CA:TRUE or keyCertSign. Old home-made roots do, "
               "and so does a chain that somebody put together by hand.",
               "Make the CA anew (`wxsec certs init`) and issue from it."},
    KnownError{"certificate-signature-failure", "certificate signature failure", kVerifier,
               "a signature in the chain does not fit",
               "The issuer has the right name and the wrong key: typically a second CA was made "
               "with the same name as the first, and one side still has the old file.",
               "Compare the CA's fingerprints on both sides (`openssl x509 -fingerprint -sha256 "
               "-noout -in ca.pem`) and distribute the newer one."},
};

}  // namespace

std::span<const KnownError> verification_errors() { return kErrors; }

}  // namespace wxsec::explain
