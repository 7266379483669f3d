#include "lib/pki/contents.h"

#include <doctest/doctest.h>

#include "lib/pki/chain.h"
#include "lib/pki/issue.h"
#include "lib/pki/pem.h"
#include "lib/pki/pkcs12.h"

using namespace wxsec;
using core::Code;

namespace {

const core::Secret kNone;

struct Pair {
  pki::Key key = pki::Key::generate(pki::KeyType::p256).value();
  pki::Certificate certificate = self_signed();

  pki::Certificate self_signed() const {
    pki::CertificateSpec spec;
    spec.common_name = "device";
    spec.names = {{pki::NameKind::dns, "device.wx.test"}};
    spec.not_before = core::Instant(std::chrono::days(20'000));
    spec.not_after = spec.not_before + std::chrono::days(90);
    spec.server = true;
    return pki::Issuer::self_sign(spec, key).value();
  }
};

pki::Contents read(std::string_view bytes, const core::Secret& passphrase = kNone) {
  auto contents = pki::parse_contents(bytes, passphrase);
  REQUIRE_MESSAGE(contents.has_value(), (contents ? "" : contents.error().what));
  return std::move(*contents);
}

core::Error failure(std::string_view bytes, const core::Secret& passphrase = kNone) {
  auto contents = pki::parse_contents(bytes, passphrase);
  REQUIRE(!contents);
  return contents.error();
}

std::string utf16(std::string_view text, bool little) {
  std::string out = little ? "\xFF\xFE" : "\xFE\xFF";
  for (const char c : text) {
    if (!little) out.push_back('\0');
    out.push_back(c);
    if (little) out.push_back('\0');
  }
  return out;
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

std::string_view text_of(const core::Bytes& bytes) { return core::as_text(bytes); }

}  // namespace

TEST_CASE("pki/contents: key before certificate, marks, line ends and garbage make no difference") {
  const Pair pair;
  const core::Secret key = pair.key.to_pem();
  const std::string plain = std::string(key.reveal()) + pki::to_pem(pair.certificate);
  for (const std::string& shape :
       {plain, "\xEF\xBB\xBF" + plain, with_crlf(plain), utf16(plain, true), utf16(plain, false),
        "Bag Attributes\n  friendlyName: x\n" + plain + "\n\n-- \nkind regards\n"}) {
    const pki::Contents contents = read(shape);
    CHECK(contents.form == pki::FileForm::pem);
    REQUIRE(contents.certificates.size() == 1);
    REQUIRE(contents.keys.size() == 1);
    CHECK(contents.keys[0].matches(contents.certificates[0]));
    CHECK(contents.key_wrappings == std::vector<std::string>{"PKCS#8"});
  }
}

TEST_CASE("pki/contents: DER is told apart by what parses") {
  const Pair pair;
  CHECK(read(text_of(pair.certificate.der)).certificates.size() == 1);
  const auto key = pki::parse_pem(pair.key.to_pem().reveal()).value();
  CHECK(read(text_of(key.front().der)).keys.size() == 1);
  const core::Bytes request = pki::make_csr(pair.key, "device", {}).value();
  CHECK(read(text_of(request)).requests.size() == 1);
}

TEST_CASE("pki/contents: an encrypted key waits for its passphrase, PEM and DER [slow]") {
  const Pair pair;
  const core::Secret right("geheim");
  const core::Secret wrong("falsch");
  const core::Secret pem = pair.key.to_encrypted_pem(right).value();
  const auto blocks = pki::parse_pem(pem.reveal()).value();
  for (const std::string& shape :
       {std::string(pem.reveal()), std::string(text_of(blocks.front().der))}) {
    const pki::Contents locked = read(shape);
    CHECK(locked.locked_key);
    CHECK(locked.keys.empty());
    CHECK(locked.key_wrappings == std::vector<std::string>{"PKCS#8, encrypted"});
    CHECK(failure(shape, wrong).code == Code::crypto);
    CHECK(read(shape, right).keys.at(0).matches(pair.certificate));
  }
}

TEST_CASE("pki/contents: nothing, something else, and half of it are told apart") {
  CHECK(failure("").what == "the file is empty");
  CHECK(failure("root:x:0:0\n").code == Code::not_found);
  const core::Error other =
      failure("-----BEGIN DH PARAMETERS-----\nMAA=\n-----END DH PARAMETERS-----\n");
  CHECK(other.code == Code::not_found);
  CHECK(other.what.find("DH PARAMETERS") != std::string::npos);
  const Pair pair;
  const std::string pem = pki::to_pem(pair.certificate);
  const core::Error cut = failure(pem + pem.substr(0, pem.size() - 40));
  CHECK(cut.code == Code::malformed);
  const core::Error second =
      failure(pem + "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n" + pem);
  CHECK(second.code == Code::malformed);
  CHECK(second.what.find("block 2 of 3") == 0);
}

TEST_CASE("pki/contents: each truncation of each DER fails with words [slow]") {
  const Pair pair;
  const auto key = pki::parse_pem(pair.key.to_pem().reveal()).value();
  const core::Secret passphrase("geheim");
  const core::Secret p12 = pki::make_pkcs12(pair.key, {pair.certificate}, "x", passphrase,
                                            pki::Pkcs12Protection::weak_3des_sha1)
                               .value();
  for (const core::Bytes& whole :
       {pair.certificate.der, key.front().der, pki::make_csr(pair.key, "device", {}).value(),
        core::to_bytes(p12.reveal_bytes())}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const core::Error error = failure(text_of(whole).substr(0, size), passphrase);
      CHECK(!error.what.empty());
      CHECK(error.code != Code::internal);
    }
    std::string longer(text_of(whole));
    longer.push_back('\0');
    CHECK(!failure(longer, passphrase).what.empty());
  }
}

TEST_CASE("pki/pkcs12: what is written is read, with its passphrase alone [slow]") {
  const Pair pair;
  const core::Secret right("p\xC3\xA4ssword");
  for (const auto protection :
       {pki::Pkcs12Protection::strong, pki::Pkcs12Protection::weak_3des_sha1}) {
    const auto file =
        pki::make_pkcs12(pair.key, {pair.certificate}, "device \xC3\xA4", right, protection);
    REQUIRE_MESSAGE(file.has_value(), (file ? "" : file.error().what));
    CHECK(pki::looks_like_pkcs12(file->reveal_bytes()));
    const auto opened = pki::parse_pkcs12(file->reveal_bytes(), right);
    REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().what));
    CHECK(opened->keys.at(0).matches(pair.certificate));
    CHECK(opened->certificates.at(0).der == pair.certificate.der);
    CHECK(opened->friendly_name == "device \xC3\xA4");
    CHECK(opened->weak_encryption == (protection != pki::Pkcs12Protection::strong));
    CHECK(pki::parse_pkcs12(file->reveal_bytes(), core::Secret("falsch")).error().code ==
          Code::crypto);
    CHECK(pki::parse_pkcs12(file->reveal_bytes(), {}).error().code == Code::crypto);
  }
  CHECK(!pki::looks_like_pkcs12(pair.certificate.der));
}

TEST_CASE("pki/pkcs12: a file without a passphrase is not made, nor one with half of it") {
  const Pair pair;
  using pki::Pkcs12Protection;
  const std::string with_nul("half\0lost", 9);
  for (const std::string& bad : {std::string(), with_nul, std::string("\xFF\xFE")}) {
    const auto made = pki::make_pkcs12(pair.key, {pair.certificate}, "x", core::Secret(bad),
                                       Pkcs12Protection::weak_3des_sha1);
    REQUIRE(!made);
    CHECK(made.error().code == Code::usage);
  }
}

TEST_CASE("pki/pkcs12: a flipped bit anywhere is found, and rounds without end are not counted") {
  const Pair pair;
  const core::Secret passphrase("geheim");
  const core::Secret file = pki::make_pkcs12(pair.key, {pair.certificate}, "x", passphrase,
                                             pki::Pkcs12Protection::weak_3des_sha1)
                                .value();
  const core::Bytes whole = core::to_bytes(file.reveal_bytes());
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    core::Bytes changed = whole;
    changed[at] ^= 0x10U;
    (void)pki::parse_contents(text_of(changed), passphrase);  // no crash; a name may still parse
  }
  // The MAC's rounds stand last: INTEGER 2048.
  core::Bytes endless = whole;
  REQUIRE(endless[endless.size() - 4] == 0x02);
  REQUIRE(endless[endless.size() - 2] == 0x08);
  endless[endless.size() - 2] = 0x80;  // negative: no count at all
  CHECK(pki::parse_pkcs12(endless, passphrase).error().code == Code::too_large);
}

TEST_CASE("pki/chain: a heap becomes leaf, issuer, root, whatever its order") {
  pki::CertificateSpec spec;
  spec.not_before = core::Instant(std::chrono::days(20'000));
  spec.not_after = spec.not_before + std::chrono::days(900);
  spec.is_ca = true;
  spec.common_name = "root";
  const auto root_key = pki::Key::generate(pki::KeyType::p256).value();
  const auto root = pki::Issuer::self_sign(spec, root_key).value();
  const auto root_issuer = pki::Issuer::create(root, root_key).value();
  spec.common_name = "issuing";
  const auto issuing_key = pki::Key::generate(pki::KeyType::ed25519).value();
  const auto issuing = root_issuer.issue(spec, issuing_key.public_key()).value();
  const auto impostor =
      pki::Issuer::self_sign(spec, root_key).value();  // the same name, another key
  spec.is_ca = false;
  spec.common_name = "leaf";
  const auto leaf_key = pki::Key::generate(pki::KeyType::p256).value();
  const auto leaf =
      pki::Issuer::create(issuing, issuing_key).value().issue(spec, leaf_key.public_key()).value();
  const auto chain = pki::build_chain(leaf, {root, impostor, leaf, issuing});
  REQUIRE(chain.size() == 3);
  CHECK(chain[1].der == issuing.der);
  CHECK(chain[2].der == root.der);
  CHECK(!pki::is_issued_by(leaf, impostor));
  CHECK(pki::build_chain(leaf, {root}).size() == 1);
}
