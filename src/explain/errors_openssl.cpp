// OpenSSL's error queue, "error:0A000086:SSL routines::certificate verify failed" and kin. The
// first two digits pairs are the library (0A is SSL), the last three digits the reason; reasons
// from 0x3E8 (1000) on are alerts that the *other* side sent (RFC 8446 section 6), which turns the
// question round: not what is wrong with the peer, but what the peer dislikes about us.
#include <array>

#include "src/explain/error_tables.h"

namespace wxsec::explain {
namespace {

constexpr const char* kLocal = "OpenSSL on this side";
constexpr const char* kAlert = "the other side, as a TLS alert";

constexpr std::array kErrors = {
    KnownError{"alert-unknown-ca", "alert unknown ca|0A000418", kAlert,
               "the peer does not know the CA that issued our certificate",
               "In a broker's log: the client does not trust the broker's CA. At a client: the "
               "broker does not trust the client's. Two CAs are in play where there should be one, "
               "or the CA was made anew and one side still has the old ca.pem.",
               "Compare fingerprints of the CA on both sides. Not every Mosquitto reads "
               "`cafile` again on SIGHUP: restart it after a change."},
    KnownError{
        "alert-certificate-required",
        "certificate required|0A00045C|peer did not return a certificate|0A0000C7",
        "the server, as a TLS 1.3 alert, and its own log",
        "the server wants a client certificate, and none was shown",
        "require_certificate is true and the client has no certificate configured, or cannot "
        "read its file. With TLS 1.3 the client first believes to be connected.",
        "Give the client both: --cert DIR/stations/station-0001/current/fullchain.pem --key "
        ".../privkey.pem."},
    KnownError{"alert-certificate-expired", "alert certificate expired|0A000415", kAlert,
               "the certificate that we showed has expired, says the peer",
               "Ours ended, or the peer's clock is ahead.",
               "`wxsec certs check` on our own file; renew it; then compare the clocks."},
    KnownError{"alert-certificate-revoked", "alert certificate revoked|0A000414", kAlert,
               "the certificate that we showed is revoked, says the peer",
               "It stands on the peer's revocation list.",
               "Issue a new certificate for this client."},
    KnownError{
        "alert-unsupported-certificate", "alert unsupported certificate|0A000413", kAlert,
        "our certificate is for another purpose, says the peer",
        "A server's certificate was used as a client's, or the reverse (extended key usage).",
        "Issue one with the profile station or client."},
    KnownError{"alert-bad-certificate", "alert bad certificate|0A000412", kAlert,
               "the peer refuses our certificate without saying exactly why",
               "OpenSSL sends this for a wrong host name and for a bad signature, mosquitto for a "
               "certificate that is not valid yet. In a server's log it means that the *client* "
               "refused the server's certificate.",
               "Look at ours with the peer's eyes: `openssl verify -x509_strict -CAfile ca.pem "
               "-untrusted chain.pem cert.pem`, and compare the clocks."},
    KnownError{"alert-certificate-unknown", "alert certificate unknown|0A000416", kAlert,
               "the peer refuses our certificate for a reason of its own",
               "Browsers and Java send it for any objection, mostly an unknown CA.",
               "Install ca.pem in that client's trust store: for Debian copy it to "
               "/usr/local/share/ca-certificates/NAME.crt and run `sudo update-ca-certificates`."},
    KnownError{"alert-protocol-version",
               "alert protocol version|0A00042E|unsupported protocol|0A000102|"
               "no protocols available|0A0000BF|ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
               "either side", "no TLS version in common",
               "One side is too old (TLS 1.0 or 1.1 only) or too strict (1.3 only).",
               "Update the old side. Do not lower the floor below TLS 1.2."},
    KnownError{"no-shared-cipher",
               "no shared cipher|0A0000C1|no suitable signature algorithm|0A000076",
               "OpenSSL at the server", "no cipher suite or signature algorithm in common",
               "Often the server has an ECDSA key and the client's list holds RSA suites only, or "
               "the server has loaded no certificate at all.",
               "Take off the client's cipher list, or add ECDHE-ECDSA suites; look whether the "
               "server really loaded its certificate."},
    KnownError{"alert-handshake-failure", "handshake failure|0A000410", kAlert,
               "the peer found nothing that it could agree to",
               "With TLS 1.2 this is also what a broker answers when a client certificate is "
               "missing. Otherwise: no common cipher, group or signature.",
               "First give the client its certificate and key. If it has them: `openssl s_client "
               "-connect HOST:PORT -tls1_2 -state` shows where it ends."},
    KnownError{"alert-unrecognized-name", "unrecognized name|0A000458", kAlert,
               "no such host lives there, says the server",
               "The name in the ClientHello (SNI) is none that the server is configured for.",
               "Dial the configured name, or add this one to the server."},
    KnownError{"alert-no-application-protocol", "no application protocol|0A000460", kAlert,
               "no protocol in common inside TLS (ALPN)",
               "The client offered only, say, h2 or mqtt, and the server speaks something else on "
               "this port.",
               "Check the port: 8883 is MQTT, 8443 and 443 HTTPS."},
    KnownError{
        "alert-decrypt-error", "alert decrypt error|0A00041B", kAlert,
        "a signature in the handshake did not fit",
        "The peer showed a certificate and signed with the key of another one.",
        "Compare certificate and key: `wxsec certs check FILE` on the peer that was refused."},
    KnownError{"alert-internal-error", "alert internal error|0A000438", kAlert,
               "the peer broke down in the handshake",
               "Servers send it when they have no usable certificate for the name or cannot read "
               "their key.",
               "Read that server's log of the same second."},
    KnownError{"http-request",
               ":http request|0A00009C|HTTP request to an HTTPS server|"
               "https proxy request|0A00009B",
               "OpenSSL at the server, nginx", "somebody spoke plain HTTP to a TLS port",
               "The first bytes were GET or CONNECT instead of a ClientHello.",
               "Write https:// in that client's URL."},
    KnownError{
        "wrong-version-number",
        "wrong version number|0A00010B|1408F10B|ERR_SSL_PROTOCOL_ERROR|packet length too long|"
        "0A0000C6|record layer failure",
        kLocal, "the other side does not speak TLS at all",
        "OpenSSL reads the first bytes as a TLS record and finds an impossible version: they "
        "are HTTP, plain MQTT or another protocol. At a client: TLS was started on a "
        "plaintext port (1883, 80). In a broker's log: a client without TLS came to the TLS "
        "port, and its password has already crossed the wire.",
        "Match port and protocol: mqtts and 8883, mqtt and 1883, https and 443 or 8443. "
        "mosquitto_pub uses TLS only if it is given --cafile."},
    KnownError{"unexpected-eof",
               "unexpected eof while reading|0A000126|SSL_ERROR_SYSCALL|EOF occurred in violation|"
               "UNEXPECTED_EOF_WHILE_READING",
               kLocal, "the other side hung up without a TLS word",
               "In the middle of a handshake: a server that does not want us and does not say why, "
               "a load balancer without a server behind it, a firewall. After it: a program that "
               "does not end TLS properly.",
               "Read the other side's log of the same second; it is there that the reason stands."},
    KnownError{"key-values-mismatch",
               "key values mismatch|05800074|certificate/key are inconsistent|key values do not "
               "match",
               "OpenSSL, mosquitto", "certificate and private key do not belong together",
               "One of the two files is from another generation: only one was renewed or copied.",
               "Install the pair that was made together; `wxsec certs check FILE` tells which key "
               "fits."},
    KnownError{"no-start-line", "no start line|0480006C|Expecting: ", kLocal,
               "the file is not PEM, or not the kind of PEM that was expected",
               "An empty file, DER, a key where a certificate is wanted, or text before the BEGIN "
               "line in UTF-16.",
               "`head -1 FILE` must say -----BEGIN CERTIFICATE----- or the like. Convert DER with "
               "`openssl x509 -inform DER -in FILE -out cert.pem`."},
    KnownError{"bad-decrypt", "bad decrypt|1C800064|bad password read|maybe wrong password", kLocal,
               "wrong passphrase for this key",
               "The key file is encrypted, and what was typed does not open it.",
               "Try again, or make a new key: a forgotten passphrase cannot be recovered."},
    KnownError{"decoder-unsupported",
               "DECODER routines::unsupported|1E08010C|"
               "unsupported:../crypto",
               kLocal, "the file holds nothing that this OpenSSL can read",
               "Not a key at all, a damaged one, or an old PKCS#12 with RC2 that OpenSSL 3 reads "
               "only with -legacy.",
               "`openssl pkey -in FILE -noout -text`, or `openssl pkcs12 -legacy -in FILE`."},
    KnownError{"certificate-verify-failed",
               "certificate verify failed|0A000086|1416F086|CERTIFICATE_VERIFY_FAILED", kLocal,
               "the peer's certificate did not pass, and the real reason stands elsewhere",
               "This message wraps the objection: unknown CA, wrong name, expired, wrong purpose, "
               "revoked. In mosquitto's log it stands for all of them when a client is refused.",
               "Ask for the reason: `wxsec certs inspect mqtts://HOST:8883 --ca ca.pem` or "
               "`openssl s_client -connect HOST:PORT -CAfile ca.pem -verify_hostname HOST "
               "-verify_return_error </dev/null`, and look at the line with `Verify return code`."},
};

}  // namespace

std::span<const KnownError> openssl_errors() { return kErrors; }

}  // namespace wxsec::explain
