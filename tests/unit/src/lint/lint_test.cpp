#include "src/lint/lint.h"

#include <doctest/doctest.h>

#include <set>

#include "lib/pki/issue.h"
#include "lib/pki/pkcs12.h"
#include "lib/pki/verify.h"
#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;

namespace {

const core::Path kVectors = WXSEC_SOURCE_DIR "/tests/vectors/x509";
const core::Instant kThen = at("2026-06-01T00:00:00Z");

std::string header(const std::string& text, std::string_view field) {
  const std::string key = std::string(field) + ": ";
  const std::size_t from = text.find(key);
  REQUIRE(from != std::string::npos);
  return text.substr(from + key.size(), text.find('\n', from) - from - key.size());
}

std::set<std::string> ids_of(const core::Path& file) {
  LintOptions options;
  options.targets = {file.string()};
  const auto report = lint(options, core::FixedClock(kThen)).value();
  CHECK(report.troubles.empty());
  std::set<std::string> ids;
  for (const LintedFile& one : report.files)
    for (const LintFinding& finding : one.findings) {
      CHECK_FALSE(finding.rule->cause.empty());
      CHECK_FALSE(finding.rule->remedy.empty());
      ids.insert(std::string(finding.rule->id));
    }
  return ids;
}

std::string joined(const std::set<std::string>& ids) {
  std::string out;
  for (const std::string& id : ids) out += (out.empty() ? "" : " ") + id;
  return out;
}

// What a fleet is made of: every kind of curve, purpose and name.
pki::CertificateSpec good_spec(unsigned i) {
  using pki::NameKind;
  pki::CertificateSpec spec;
  const std::string host = "host-" + std::to_string(i) + ".wx.test";
  spec.common_name = i % 3 == 0 ? host : "station-" + std::to_string(i);
  spec.organization = i % 2 == 0 ? "Weather Net" : "";
  spec.names = {{NameKind::dns, host}};
  if (i % 4 == 1) spec.names.push_back({NameKind::ip, "127.0.0.1"});
  if (i % 4 == 2) spec.names.push_back({NameKind::ip, "::1"});
  if (i % 5 == 1) spec.names.push_back({NameKind::uri, "urn:wx:" + std::to_string(i)});
  if (i % 5 == 2) spec.names.push_back({NameKind::email, "ops@wx.test"});
  if (i % 7 == 3) spec.names.push_back({NameKind::dns, "*.stations.wx.test"});
  spec.not_before = kThen - std::chrono::hours(i % 24 + 1);
  spec.not_after = kThen + std::chrono::hours(24 * (i % 365 + 1));
  spec.server = i % 3 != 1;
  spec.client = i % 3 != 0;
  return spec;
}

struct Signer {
  pki::Certificate root;
  pki::Certificate issuing;
  pki::Issuer issuer;
};

Signer signer_of(const Layout& layout) {
  const auto issuing = pki::load_certificates(layout.issuing().cert).value().front();
  const auto key = pki::Key::load(layout.issuing().key, {}).value();
  return {pki::load_certificates(layout.root().cert).value().front(), issuing,
          pki::Issuer::create(issuing, key).value()};
}

// A directory whose authorities have RSA keys.
Layout with_rsa(const core::Path& dir) {
  InitOptions options;
  options.dir = dir;
  options.stations = 0;
  options.key = pki::KeyType::rsa2048;
  REQUIRE(init(options, clock_at(kStart)).has_value());
  return Layout(dir);
}

// Made once: RSA keys take their time.
std::vector<pki::Key> rsa_keys() {
  std::vector<pki::Key> pool;
  for (const auto type :
       {pki::KeyType::rsa2048, pki::KeyType::rsa2048, pki::KeyType::rsa3072, pki::KeyType::rsa4096})
    pool.push_back(pki::Key::generate(type).value());
  return pool;
}

// One of the kinds that stations and servers have; a third are RSA keys out of the pool.
core::Bytes public_key(unsigned i, const std::vector<pki::Key>& pool) {
  if (i % 3 == 2) return pool[i / 3 % pool.size()].public_key();
  const auto type = i % 10 == 0   ? pki::KeyType::ed25519
                    : i % 10 == 1 ? pki::KeyType::p384
                                  : pki::KeyType::p256;
  return pki::Key::generate(type).value().public_key();
}

}  // namespace

TEST_CASE("certs/lint: every vector has the one fault that it was made with, and no other") {
  std::size_t faults = 0;
  const auto names = core::list_directory(kVectors).value();
  for (const std::string& name : names) {
    if (!name.ends_with(".pem")) continue;
    const std::string text = core::read_file(kVectors / name, 1 << 20).value();
    const std::string expected = header(text, "expect");
    INFO(name << ": " << header(text, "comment"));
    CHECK(joined(ids_of(kVectors / name)) == (expected == "none" ? "" : expected));
    faults += expected == "none" ? 0U : 1U;
  }
  CHECK(faults >= 40);
}

TEST_CASE("certs/lint: every rule has a vector, or a reason to have none") {
  std::set<std::string> shown;
  const auto names = core::list_directory(kVectors).value();
  for (const std::string& name : names)
    if (name.ends_with(".pem"))
      shown.insert(header(core::read_file(kVectors / name, 1 << 20).value(), "expect"));
  // For public authorities alone; sizes and names that openssl does not make.
  const std::set<std::string> without{"lifetime-public", "key-odd-size", "issuer-empty",
                                      "subject-empty"};
  std::set<std::string_view> ids;
  for (const LintRule& rule : lint_rules()) {
    INFO(rule.id);
    CHECK(ids.insert(rule.id).second);
    CHECK(shown.contains(std::string(rule.id)) != without.contains(std::string(rule.id)));
    for (const std::string_view text : {rule.title, rule.cause, rule.remedy, rule.source})
      CHECK_FALSE(text.empty());
  }
}

TEST_CASE("certs/lint: nothing is said of five hundred good chains, RSA among them [slow]") {
  const Made made;
  const FastDirectory parent;
  const Signer by_ec = signer_of(made.layout);
  const Signer by_rsa = signer_of(with_rsa(parent.path() / "certs"));
  const std::vector<pki::Key> pool = rsa_keys();
  unsigned rsa_leaves = 0;
  unsigned rsa_chains = 0;
  for (unsigned i = 0; i < 500; ++i) {
    const Signer& signer = i % 4 == 3 ? by_rsa : by_ec;
    const pki::Certificate leaf = signer.issuer.issue(good_spec(i), public_key(i, pool)).value();
    const std::vector<pki::Certificate> chain{leaf, signer.issuing, signer.root};
    std::string said;
    for (const LintFinding& finding : lint_chain(chain, HoldTo::private_authority, kThen))
      said += std::string(finding.rule->id) + " " + finding.evidence + "; ";
    CHECK_MESSAGE(said.empty(), said);
    pki::VerifyOptions options;
    options.trust = {signer.root};
    options.at = kThen;
    CHECK(pki::verify(chain, options).valid());
    const bool rsa = leaf.key_kind == pki::KeyKind::rsa;
    rsa_leaves += rsa ? 1 : 0;
    rsa_chains += rsa && signer.issuing.key_kind == pki::KeyKind::rsa ? 1 : 0;
  }
  CHECK(rsa_leaves >= 150);
  CHECK(rsa_chains >= 40);  // RSA from the leaf to the root
}

TEST_CASE("certs/lint: public authorities are held to their own limits") {
  Made made;
  const auto chain = pki::load_certificates(made.layout.broker().fullchain).value();
  CHECK(lint_chain(chain, HoldTo::public_authority, made.clock.now()).empty());
  const auto then = pki::load_certificates(kVectors / "three-years.pem").value();
  std::set<std::string_view> ids;
  for (const auto& finding : lint_chain(then, HoldTo::public_authority, kThen))
    ids.insert(finding.rule->id);
  CHECK(ids == std::set<std::string_view>{"lifetime-too-long", "lifetime-public"});
}

TEST_CASE("certs/lint: what cannot be looked at is told, a directory of none as well") {
  Made made;
  LintOptions options;
  CHECK(lint(options, made.clock).error().code == core::Code::usage);
  const core::Path empty = made.parent.path() / "empty";
  std::filesystem::create_directory(empty);
  options.targets = {"/nonexistent.pem", empty.string(), made.layout.broker().cert.string()};
  const auto report = lint(options, made.clock).value();
  CHECK(report.troubles.size() == 2);
  REQUIRE(report.files.size() == 1);
  CHECK(report.files[0].findings.empty());
}

TEST_CASE("certs/lint: a PKCS#12 file is a trouble, with what to do") {
  Made made;
  const core::Path file = made.parent.path() / "pair.p12";
  const auto key = pki::Key::load(made.layout.broker().key, {}).value();
  const auto bytes =
      pki::make_pkcs12(key, pki::load_certificates(made.layout.broker().cert).value(), "broker",
                       core::Secret("geheim"), pki::Pkcs12Protection::weak_3des_sha1);
  REQUIRE(core::write_file_new(file, bytes.value().reveal(), {}).has_value());
  LintOptions options;
  options.targets = {file.string()};
  const auto report = lint(options, made.clock).value();
  CHECK(report.files.empty());
  REQUIRE(report.troubles.size() == 1);
  CHECK(report.troubles[0].hint.find("wxsec certs inspect " + file.string()) != std::string::npos);
}

TEST_CASE("certs/lint: a file without a certificate is a trouble, not a finding and not fine") {
  Made made;
  const core::Path file = made.parent.path() / "other.pem";
  for (const std::string_view content : {"", "some text\n", "SQLite format 3", "\x01\x02\xFF"}) {
    REQUIRE(core::write_file_atomic(file, content, {}).has_value());
    LintOptions options;
    options.targets = {file.string()};
    const auto report = lint(options, made.clock).value();
    CHECK(report.files.empty());
    REQUIRE(report.troubles.size() == 1);
    CHECK(report.troubles[0].what.find("other.pem: no certificate in it") != std::string::npos);
  }
}
