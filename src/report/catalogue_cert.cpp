// Findings about certificates, keys and revocation lists.
#include <array>

#include "src/report/catalogue_families.h"

namespace wxsec::report {
namespace {

using S = Severity;
constexpr const char* kCheck = "wxsec certs check {}";
constexpr const char* kInspect = "wxsec certs inspect {}";

constexpr std::array kEntries = {
    Entry{id::kCertExpired, S::critical, "a certificate has expired",
          "Every client that checks dates refuses it, and one that does not should not be trusted "
          "with anything. For the network this is an outage; for its people it is a reason to "
          "switch checking off, which is worse.",
          "Renew it and reload whoever serves it: `wxsec certs renew --dir DIR`. Then let a timer "
          "do that (examples/systemd).",
          kCheck},
    Entry{id::kCertNotYetValid, S::high, "a certificate is not valid yet",
          "It will be refused until its first day. Far more often the clock is wrong: a station "
          "without battery-backed clock wakes up in 1970.",
          "Compare `date -u` on both machines and set up time synchronisation; if the clocks are "
          "right, issue the certificate anew.",
          kCheck},
    Entry{id::kCertExpiresSoon, S::medium, "a certificate expires soon",
          "Renewal has not happened when it should have, and the days left are the time to find "
          "out why without an outage.",
          "Renew now: `wxsec certs renew --dir DIR`; then look at why it was not done before "
          "(`systemctl list-timers`, `certbot renew` log).",
          kCheck},
    Entry{id::kCertWrongName, S::high, "the certificate does not bear the name that clients use",
          "Clients compare the name they dialled with the certificate's subject alternative names "
          "(RFC 9525) and hang up. The common name does not count.",
          "Issue it for every name and address in use, for example `wxsec certs issue broker2 "
          "--profile server --name broker.wx.test --name 127.0.0.1`.",
          kInspect},
    Entry{id::kCertUntrusted, S::high, "the chain ends in a CA that is not trusted here",
          "Without a path to a CA you chose, the certificate only proves that somebody made it.",
          "Give the client the CA that really issued it (`--ca DIR/ca.pem`); if the issuer is a "
          "stranger, find out who answered in the server's place.",
          kInspect},
    Entry{id::kCertSelfSigned, S::high, "a server shows a self-signed certificate",
          "Nobody vouches for it, so clients can only ignore the warning, and then ignore it for "
          "the attacker's certificate too.",
          "Issue a certificate from your CA (`wxsec certs init`) or from Let's Encrypt (`wxsec "
          "explain lets-encrypt`) and install it.",
          kInspect},
    Entry{id::kKeyMismatch, S::critical, "the private key does not belong to the certificate",
          "No handshake can succeed with this pair. It happens when one of two files is renewed or "
          "copied, and the other is not.",
          "Install the pair that was made together; compare `openssl x509 -pubkey -noout -in "
          "cert.pem` with `openssl pkey -pubout -in privkey.pem`.",
          kCheck},
    Entry{id::kKeyExposed, S::critical, "a private key can be read by others",
          "Whoever has the key is the server, or the station. No password protects it after that, "
          "and nobody notices the copy.",
          "Take the key as known: issue a new pair, revoke the old one, keep files 0600 (0640 with "
          "a group for the broker) in directories that are 0700.",
          kCheck},
    Entry{id::kWeakKey, S::high, "a key is too weak",
          "RSA below 2048 bits and small curves can be computed back from the public key with "
          "money or patience.",
          "Issue anew with P-256 (the default) or RSA-3072.", kInspect},
    Entry{
        id::kWeakSignature, S::high, "a certificate is signed with MD5 or SHA-1",
        "Two certificates with the same SHA-1 can be made on purpose, so the CA's signature under "
        "a harmless one also fits a forged one.",
        "Issue anew with SHA-256, from an issuer that uses it too.", kInspect},
    Entry{id::kNoSan, S::high, "a server certificate has no subject alternative name",
          "Modern clients do not look at the common name any more (RFC 9525 section 2), so no name "
          "matches at all.",
          "Issue it with the names as DNS and IP entries: `wxsec certs issue api2 --profile server "
          "--name NAME`.",
          kInspect},
    Entry{id::kWrongPurpose, S::high, "a certificate is used for a purpose that it does not allow",
          "The extended key usage says server or client. A station's certificate that may also "
          "serve could play the broker.",
          "Issue it with the right profile: server for broker and API, station or client for "
          "those who connect.",
          kInspect},
    Entry{id::kLeafIsCa, S::critical, "a server's or station's certificate may issue certificates",
          "With CA:TRUE its key can sign certificates for every name: one stolen station becomes "
          "the network's CA.",
          "Issue it anew with basicConstraints critical CA:FALSE and revoke this one at once.",
          kInspect},
    Entry{id::kOutlivesIssuer, S::medium, "a certificate outlives the CA that issued it",
          "It will stop working on the issuer's last day, long before the date it shows, and "
          "nobody has that day in a calendar.",
          "Renew the issuing CA first, then the certificate.", kInspect},
    Entry{id::kLifetimeTooLong, S::low, "a certificate lives longer than clients accept",
          "Apple's clients refuse more than 825 days from private CAs, public CAs may give 200 "
          "days since March 2026, and a long life is a long time for a lost key to be useful.",
          "Issue for 90 days or less and renew by timer.", kInspect},
    Entry{id::kCertRevoked, S::critical, "a certificate in use has been revoked",
          "Somebody declared its key lost or its owner gone. Whoever still shows it is either "
          "forgotten or the thief.",
          "Issue a new pair for the rightful owner and remove the old one; find out who still "
          "uses it.",
          kCheck},
    Entry{id::kIncompleteChain, S::high, "the server does not send its intermediate certificate",
          "Clients know the root, not the issuing CA in between. Some have it cached and connect, "
          "others do not, so it works on the developer's machine only.",
          "Serve fullchain.pem instead of cert.pem (`certfile` in mosquitto.conf).", kInspect},
    Entry{id::kStaleCrl, S::high, "the revocation list is out of date",
          "After its nextUpdate mosquitto and OpenSSL refuse every client (`CRL has expired`), and "
          "before that it says nothing about what was revoked since.",
          "Have the CA write a fresh one and reload the broker; let a timer do both, well before "
          "nextUpdate.",
          kCheck},
    Entry{id::kServedDiffers, S::high, "the server serves another certificate than the file holds",
          "Renewal wrote the file, but nobody told the server: it goes on with the old certificate "
          "from memory until that expires, while every check of the file says fine.",
          "Reload: `systemctl reload mosquitto` (SIGHUP) and the API; then compare the serial: "
          "`wxsec certs inspect mqtts://HOST:8883`.",
          kCheck},
    Entry{id::kUnconstrainedCa, S::low, "a private CA may issue for every name in the world",
          "Whoever installs it as trusted lets its key vouch for his bank as well. Name "
          "constraints (RFC 5280 section 4.2.1.10) limit the damage to your own names.",
          "Make the CA anew with `wxsec certs init --domain YOUR.DOMAIN`, which constrains it.",
          kInspect},
    Entry{id::kCertUnreadable, S::high, "a file that should hold a certificate cannot be used",
          "What cannot be read cannot be served: at the next restart the server will not start.",
          "Look at what it is (`file`, `head -c 64`): a key, DER, an empty file after a full disk? "
          "Restore it from its source, or issue a new pair.",
          kInspect},
    Entry{id::kIssuerNotCa, S::critical, "a certificate was issued by one that is no CA",
          "basicConstraints CA:TRUE and keyCertSign are what separates an issuer from everybody "
          "else. Whoever accepts such a chain accepts each station as a CA.",
          "Throw the certificate away, find out how it came about, and revoke the issuer's one.",
          kInspect},
    Entry{id::kBadSignature, S::critical, "the signature on a certificate does not verify",
          "The content was changed after signing, or the issuer is not the one it names.",
          "Restore the file from its source and compare fingerprints; never install it as it is.",
          kInspect},
    Entry{id::kKeyMissing, S::high, "a certificate lies without its private key",
          "The server cannot use it and will fail at its next restart, not now.",
          "Restore privkey.pem from the same generation, or issue a new pair.", kCheck},
};

}  // namespace

std::span<const Entry> cert_entries() { return kEntries; }

}  // namespace wxsec::report
