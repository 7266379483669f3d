// The table of rules, in the order of a certificate: its fields, names, extensions, the
// certificates above it, and the file. Only data: what finds them is in lint_*.cpp.
#include "src/lint/lint_rules.h"

#include <algorithm>
#include <array>

namespace wxsec::certs {
namespace {

constexpr LintLevel kError = LintLevel::error;
constexpr LintLevel kWarning = LintLevel::warning;

// clang-format off
constexpr LintRule kRules[] = {
    // fields
    {"version-not-3", kError, "not a version 3 certificate", "versions 1 and 2 cannot say what a certificate may be used for, so anybody's could sign others", "issue it again with a program that writes version 3", "RFC 5280 4.1.2.1"},
    {"serial-not-positive", kError, "the serial is zero or negative", "the issuing program wrote a random number without a zero byte in front, or none at all", "issue it again with a positive random serial", "RFC 5280 4.1.2.2"},
    {"serial-too-long", kError, "the serial has more than 20 octets", "libraries store 20 octets; some refuse, some cut and confuse two certificates", "issue it again with at most 159 random bits", "RFC 5280 4.1.2.2"},
    {"serial-guessable", kWarning, "the serial has fewer than 64 bits", "a counter as serial lets an attacker who can predict it prepare a collision", "let the authority take 64 random bits and more", "CA/B BR 7.1"},
    {"validity-reversed", kError, "it ends before it begins", "the two dates were exchanged, or the issuer's clock is wrong", "issue it again with a right clock", "RFC 5280 4.1.2.5"},
    {"expired", kError, "it has expired", "nobody renewed it in time", "renew it, and let 'wxsec certs check' warn before the end", "RFC 5280 6.1.3"},
    {"not-yet-valid", kError, "it is not valid yet", "issued for later, or a clock is wrong: this machine's or the issuer's", "wait, or set the clock", "RFC 5280 6.1.3"},
    {"time-encoding", kError, "a date is not written as the standard wants it", "UTCTime with seconds and Z up to 2049, GeneralizedTime without fractions from 2050 on; strict parsers refuse the rest", "issue it again with a program that knows the rule", "RFC 5280 4.1.2.5"},
    {"lifetime-too-long", kWarning, "a server's certificate lives longer than 825 days", "Apple's systems refuse it even from a private authority; a stolen key stays useful for years", "issue it for 90 days and renew it automatically", "Apple HT210176"},
    {"lifetime-public", kWarning, "longer than publicly trusted servers may live", "since 2026-03-15 the limit is 200 days, from 2027-03-15 100, from 2029-03-15 47", "renew more often; private authorities are exempt", "CA/B SC-081v3"},
    {"signature-weak", kError, "signed over SHA-1 or MD5", "collisions can be made: a second certificate with the same signature", "issue it again; today's programs use SHA-256", "RFC 9155, OpenSSL level 1"},
    {"signature-algorithm-mismatch", kError, "the algorithm inside is not the one outside", "only the inner one is signed: somebody changed the outer one, or the program is broken", "issue it again", "RFC 5280 4.1.1.2"},
    {"key-too-small", kError, "the RSA key has fewer than 2048 bits", "it can be factored, and TLS libraries refuse it", "make a P-256 key and issue the certificate again", "NIST SP 800-57"},
    {"key-odd-size", kWarning, "the RSA key's size is no multiple of 8 bits", "some devices cannot hold such a number", "make a key of 2048 or 3072 bits", "CA/B BR 6.1.6"},
    {"rsa-exponent", kWarning, "the RSA key's public exponent is below 65537", "small exponents have made signatures forgeable in careless libraries", "make a new key; today's programs take 65537", "CA/B BR 6.1.6"},
    {"curve-unusual", kError, "the key lies on a curve that TLS peers do not share", "only P-256, P-384, P-521 and Ed25519 are widely there", "make a P-256 key", "RFC 8422, RFC 8446 4.2.7"},
    {"key-unreadable", kError, "the public key cannot be read", "a point that is not on its curve, or a damaged number", "issue it again from the right key", "RFC 5480 2.2"},
    {"issuer-empty", kError, "the issuer has no name", "a chain is followed by names", "give the authority a subject", "RFC 5280 4.1.2.4"},
    {"subject-empty", kError, "an authority without a subject", "nothing it signs can name its issuer", "give the authority a subject", "RFC 5280 4.1.2.6"},
    {"common-name-too-long", kError, "the common name has more than 64 characters", "strict parsers refuse it", "shorten it: host names belong into the alternative names", "RFC 5280 A.1"},
    {"country-code", kError, "the country is not two letters", "C is an ISO 3166 code", "write DE, not DEU or Germany", "RFC 5280 A.1"},
    {"name-old-string", kWarning, "a name is in an outdated kind of string", "TeletexString, BMPString and UniversalString are read differently by different libraries", "issue it again with UTF8String", "RFC 5280 4.1.2.4"},
    // alternative names
    {"names-missing", kError, "there is no subject alternative name", "host names are looked for there alone; the common name has not counted for years", "issue it again with --name DNS:HOST", "RFC 9525 2, RFC 5280 4.2.1.6"},
    {"names-not-critical", kError, "no subject, and the alternative names are not critical", "then the names are all there is, and must not be ignored", "issue it again with a common name", "RFC 5280 4.2.1.6"},
    {"common-name-not-in-names", kWarning, "the common name is a host that the alternative names lack", "people read the one, programs check the other", "add it with --name, or take another common name", "CA/B BR 7.1.4.3"},
    {"name-with-nul", kError, "a zero byte in a name", "libraries that stop there see another host than the one that was proved: an attack of 2009", "refuse it, and ask who issued this", "CVE-2009-2408"},
    {"name-not-ascii", kError, "a name is not in ASCII", "international names are written in their xn-- form", "issue it again with the xn-- name", "RFC 5280 7.2"},
    {"name-underscore", kWarning, "an underscore in a host name", "browsers and public authorities refuse it", "rename the host", "CA/B BR 7.1.2.7.12"},
    {"name-empty-label", kError, "a dot at an end, or two together", "no host's name matches", "issue it again without the surplus dot", "RFC 5280 4.2.1.6"},
    {"name-too-long", kError, "a label of more than 63 characters, or a name of more than 253", "DNS cannot hold it", "shorten it", "RFC 1035 2.3.4"},
    {"name-odd-character", kError, "a character that no host name has", "a URL, a port or a blank was put where the bare name belongs", "write the host name alone", "RFC 1123 2.1"},
    {"name-wildcard-place", kError, "a wildcard that is not the whole first label", "it matches nothing, or what one library or another thinks", "write *.domain, or the names one by one", "RFC 9525 6.3"},
    {"name-wildcard-wide", kError, "a wildcard over a whole top-level domain", "it would stand for everybody's hosts", "name your own domain: *.stations.example.org", "CA/B BR 3.2.2.6"},
    {"name-address-as-dns", kError, "an address written as a DNS name", "clients look for addresses among the addresses", "issue it again with --name IP:ADDRESS", "RFC 5280 4.2.1.6"},
    {"address-size", kError, "an address that has neither 4 nor 16 bytes", "no client can compare it", "issue it again", "RFC 5280 4.2.1.6"},
    {"uri-relative", kError, "a URI without a scheme", "a relative reference points nowhere", "write it in full: urn:... or https://...", "RFC 5280 4.2.1.6"},
    {"email-malformed", kError, "an email address without a part before or behind the @", "it is no mailbox", "write user@example.org", "RFC 5280 4.2.1.6"},
    {"name-twice", kWarning, "the same name twice", "harmless, and a sign that a list was put together carelessly", "issue it again with each name once", "CA/B BR 7.1.2.7.12"},
    // extensions
    {"extension-twice", kError, "the same extension twice", "one library believes the first, another the last", "issue it again", "RFC 5280 4.2"},
    {"extension-unknown-critical", kError, "a critical extension that is not known here", "who does not understand it must refuse the certificate", "issue it without, or not critical", "RFC 5280 4.2"},
    {"leaf-claims-authority", kError, "a server or client that may sign others", "who has its key is an authority for every name", "revoke it and issue another one without CA:TRUE", "RFC 5280 4.2.1.9"},
    {"path-length-on-leaf", kError, "a path length without being an authority", "strict verifiers refuse the contradiction", "issue it again without pathlen", "RFC 5280 4.2.1.9"},
    {"basic-not-critical", kError, "an authority whose basic constraints are not critical", "old software would ignore them (easy-rsa writes them so)", "make the authority again", "RFC 5280 4.2.1.9"},
    {"usage-leaf-signs", kError, "keyCertSign without being an authority", "the two extensions contradict each other", "issue it again with digitalSignature alone", "RFC 5280 4.2.1.3"},
    {"usage-not-critical", kWarning, "key usage is not critical", "software that does not know it may use the key for anything", "issue it again with a critical key usage", "RFC 5280 4.2.1.3"},
    {"usage-empty", kError, "key usage without any bit", "the key may be used for nothing", "issue it again with digitalSignature", "RFC 5280 4.2.1.3"},
    {"usage-no-signature", kError, "a TLS certificate without digitalSignature", "TLS 1.3 and every ECDHE handshake sign with this key", "issue it again with digitalSignature", "RFC 8446 4.4.2.2"},
    {"usage-encipherment", kError, "keyEncipherment with a key that cannot encipher", "only RSA keys can; strict verifiers refuse the contradiction", "issue it again with digitalSignature alone", "RFC 8813 3"},
    {"usage-missing", kError, "an authority without key usage", "nothing says that it may sign certificates and lists", "make the authority again with keyCertSign and cRLSign", "RFC 5280 4.2.1.3"},
    {"usage-no-cert-sign", kError, "an authority without keyCertSign", "its signatures on certificates do not count", "make the authority again with keyCertSign", "RFC 5280 4.2.1.3"},
    {"purpose-missing", kWarning, "no extended key usage", "it stands for every purpose: a station's certificate could play the broker", "issue it again for serverAuth or clientAuth", "CA/B BR 7.1.2.7.10"},
    {"purpose-any", kWarning, "anyExtendedKeyUsage", "it stands for every purpose: a station's certificate could play the broker", "issue it again for serverAuth or clientAuth", "CA/B BR 7.1.2.7.10"},
    {"purpose-not-tls", kError, "for neither server nor client", "a TLS peer refuses it", "issue it again for serverAuth or clientAuth", "RFC 5280 4.2.1.12"},
    {"subject-key-id-missing", kError, "an authority without subject key identifier", "strict verifiers want it to find the right key among several of one name", "make the authority again", "RFC 5280 4.2.1.2"},
    {"authority-key-id-missing", kError, "no authority key identifier", "it does not say which of the issuer's keys signed it; strict verifiers refuse it", "issue it again", "RFC 5280 4.2.1.1"},
    {"constraints-not-critical", kError, "name constraints that are not critical", "software that does not know them lets the authority sign for everybody", "make the authority again", "RFC 5280 4.2.1.10"},
    {"constraints-on-leaf", kError, "name constraints without being an authority", "it signs nothing that they could hold", "issue it again without", "RFC 5280 4.2.1.10"},
    {"url-not-http", kWarning, "a revocation address that is not http", "clients fetch lists and answers over plain http alone", "name an http:// address, or none", "CA/B BR 7.1.2.11.2"},
    // the certificates above
    {"outlives-issuer", kError, "it ends after its issuer", "from the issuer's end on the chain is worth nothing", "issue it for a shorter time, or renew the authority first", "RFC 5280 6.1"},
    {"authority-key-id-mismatch", kError, "it names another key than its issuer's", "the authority was made again under its old name", "put the right authority behind it, or issue it again", "RFC 5280 4.2.1.1"},
    {"issuer-not-authority", kError, "its issuer is no authority", "a leaf signed a leaf, or the authority lacks CA:TRUE", "issue it by a real authority", "RFC 5280 4.2.1.9"},
    {"path-too-long", kError, "more authorities than one above allows", "its path length says how many may follow", "issue it directly from the one above", "RFC 5280 4.2.1.9"},
    {"name-not-permitted", kError, "a name that its authority may not sign for", "the authority's name constraints permit others", "take a name below what is permitted", "RFC 5280 4.2.1.10"},
    {"signature-bad", kError, "the signature is not its issuer's", "the file was changed, or the authority was made again under its old name", "get it again from where it came", "RFC 5280 6.1.3"},
    {"self-signed-leaf", kError, "it vouches for itself", "nobody else says who this is, and it cannot be revoked", "have it issued by an authority", "RFC 5280 6.1"},
    {"chain-incomplete", kWarning, "the authority above is not in the file", "clients that know the root alone cannot build the path", "put the issuing authority's certificate behind it", "RFC 8446 4.4.2"},
    // the file
    {"unreadable", kError, "this is no whole certificate", "the file was cut, glued or edited", "copy it again from where it came", "RFC 5280 4.1, RFC 7468"},
};
// clang-format on

}  // namespace

std::string_view lint_level_text(LintLevel level) {
  return level == LintLevel::error ? "error" : "warning";
}

std::span<const LintRule> lint_rules() { return kRules; }

const LintRule* find_lint_rule(std::string_view id) {
  const auto found = std::find_if(std::begin(kRules), std::end(kRules),
                                  [&](const LintRule& rule) { return rule.id == id; });
  return found == std::end(kRules) ? nullptr : found;
}

}  // namespace wxsec::certs
