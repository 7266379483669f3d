// A root, an issuing authority and leaves, all in memory, for tests. Valid from 2026-01-01 on.
#pragma once

#include <doctest/doctest.h>

#include "lib/core/time.h"
#include "lib/pki/issue.h"
#include "lib/pki/verify.h"

namespace wxsec::pki::test {

inline core::Instant at(std::string_view text) { return core::parse_rfc3339(text).value(); }
inline const core::Instant kStart = at("2026-01-01T00:00:00Z");
inline const core::Instant kNow = at("2026-02-01T00:00:00Z");

struct TinyCa {
  Key root_key;
  Certificate root;
  Key issuing_key;
  Certificate issuing;
  Issuer issuer;

  static CertificateSpec authority(std::string_view name) {
    CertificateSpec spec;
    spec.common_name = name;
    spec.organization = "wxsec test";
    spec.not_before = kStart;
    spec.not_after = at("2036-01-01T00:00:00Z");
    spec.is_ca = true;
    spec.constraints = {{"wx.test", "localhost"}, {"127.0.0.0/8", "::1/128"}, true};
    return spec;
  }
  static TinyCa make(KeyType type) {
    Key root_key = Key::generate(type).value();
    CertificateSpec root_spec = authority("Test Root");
    root_spec.path_length = 1;
    Certificate root = Issuer::self_sign(root_spec, root_key).value();
    Issuer root_issuer = Issuer::create(root, root_key).value();
    Key issuing_key = Key::generate(type).value();
    CertificateSpec issuing_spec = authority("Test Issuing");
    issuing_spec.path_length = 0;
    Certificate issuing = root_issuer.issue(issuing_spec, issuing_key.public_key()).value();
    Issuer issuer = Issuer::create(issuing, issuing_key).value();
    return {std::move(root_key), std::move(root), std::move(issuing_key), std::move(issuing),
            std::move(issuer)};
  }
  static CertificateSpec server() {
    CertificateSpec spec;
    spec.common_name = "broker";
    spec.names = {{NameKind::dns, "broker.wx.test"}, {NameKind::ip, "127.0.0.1"}};
    spec.not_before = kStart;
    spec.not_after = at("2026-04-01T00:00:00Z");
    spec.server = true;
    return spec;
  }
  std::vector<Certificate> leaf(const CertificateSpec& spec, KeyType type = KeyType::p256) const {
    const Key key = Key::generate(type).value();
    return {issuer.issue(spec, key.public_key()).value(), issuing};
  }
  VerifyOptions options() const {
    VerifyOptions options;
    options.trust = {root};
    options.at = kNow;
    return options;
  }
};

}  // namespace wxsec::pki::test
