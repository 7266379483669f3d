// The operating system's words, and curl's numbers: last, because they wrap what the tables before
// say better.
#include <array>

#include "src/explain/error_tables.h"

namespace wxsec::explain {
namespace {

constexpr const char* kCurl = "curl";

constexpr std::array kErrors = {
    KnownError{"host-not-found",
               "Could not resolve|Name or service not known|Lookup error|ENOTFOUND|"
               "Temporary failure in name resolution|curl: (6)|curl (6)",
               "the resolver", "this name has no address",
               "A typing error, no DNS, or a made-up name (broker.wx.test) that nothing resolves.",
               "For the lab use localhost, or let curl do it: --resolve NAME:8443:127.0.0.1. For "
               "good: a line in /etc/hosts or DNS."},
    KnownError{
        "connection-refused",
        "Connection refused|ECONNREFUSED|Failed to connect to|curl: (7)|curl (7)",
        "the operating system", "nobody listens on that port of that machine",
        "The server is not running, listens on another port or on another address (127.0.0.1 "
        "only), or a firewall answers in its place.",
        "On the server: `ss -ltn`. Start it: `wxsec broker run`, `wxsec api serve`."},
    KnownError{"connection-reset", "Connection reset by peer|ECONNRESET", "the operating system",
               "the peer broke the connection off",
               "On a TLS port this is how a plaintext client is sent away.",
               "Use mqtts:// or https://; read the peer's log of the same second."},
    KnownError{"timed-out", "timed out|Operation timeout|ETIMEDOUT|curl: (28)|curl (28)",
               "the operating system, curl", "no answer at all",
               "A firewall drops the packets, the machine is off, or the address is wrong.",
               "`ping HOST`; open the port (8883, 8443) in the firewall of the server and of the "
               "cloud in front of it."},
    KnownError{"permission-capture",
               "don't have permission to capture|Operation not permitted|socket: Operation not "
               "permitted",
               "libpcap, tcpdump", "capturing needs a right that this user does not have",
               "Raw packets contain other people's traffic, so the kernel asks for CAP_NET_RAW.",
               "`sudo wxsec sniff -i lo`, or work in the lab's own namespace: `wxsec lab`."},
    KnownError{"curl-35", "curl: (35)|curl (35)|curl 35", kCurl, "the TLS handshake failed",
               "The words behind the number say more. Often plain HTTP lives on that port, or the "
               "server wants TLS that this curl does not speak.",
               "Paste the whole line to `wxsec explain`; try http:// to see what lives there."},
    KnownError{"curl-51", "curl: (51)|curl (51)|curl 51", kCurl,
               "the certificate is for another name (old curl)",
               "The URL's host is not among the subject alternative names.",
               "`wxsec certs inspect https://HOST:PORT` lists the names it is good for."},
    KnownError{"curl-52", "curl: (52)|curl (52)|Empty reply from server", kCurl,
               "the server closed without an answer", "Typical for http:// against a TLS port.",
               "Write https:// in the URL."},
    KnownError{"curl-56", "curl: (56)|curl (56)|curl 56", kCurl,
               "the connection broke while the answer was awaited",
               "With TLS 1.3 this is how a refused client certificate looks: the handshake seemed "
               "fine, and the alert came after it.",
               "Give --cert and --key of a client certificate from the CA that the server trusts."},
    KnownError{"curl-58", "curl: (58)|curl (58)|curl 58", kCurl,
               "our own certificate or key cannot be used",
               "The file is not there, not PEM, has a passphrase, or the two do not belong "
               "together.",
               "`wxsec certs check FILE`."},
    KnownError{"curl-60",
               "curl: (60)|curl (60)|curl 60|SSL certificate problem|"
               "peer certificate cannot be authenticated",
               kCurl, "the server's certificate did not pass",
               "curl verifies against the system's CAs unless told otherwise, and a private CA is "
               "not among those. It can also be the name or the date: the text behind the number "
               "says which.",
               "curl --cacert DIR/ca.pem URL; for the whole system copy it to "
               "/usr/local/share/ca-certificates/NAME.crt and run `sudo update-ca-certificates`. "
               "Never -k: it accepts a man in the middle as well."},
    KnownError{"curl-77",
               "curl: (77)|curl (77)|error setting certificate|problem with the SSL CA cert", kCurl,
               "the CA file cannot be read",
               "The path after --cacert is wrong, or the file is no PEM.",
               "`head -1 FILE` must say -----BEGIN CERTIFICATE-----."},
};

}  // namespace

std::span<const KnownError> client_errors() { return kErrors; }

}  // namespace wxsec::explain
