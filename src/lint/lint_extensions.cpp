// Who may use it for what: the extensions, each for itself and against each other.
#include <algorithm>
#include <array>
#include <set>

#include "src/lint/lint_subject.h"

namespace wxsec::certs {
namespace {

constexpr std::string_view kKeyUsage = "2.5.29.15";
constexpr std::string_view kBasicConstraints = "2.5.29.19";

bool is_known(std::string_view id) {
  constexpr std::array<std::string_view, 16> kKnown{
      "2.5.29.14", "2.5.29.15", "2.5.29.17",         "2.5.29.18",         "2.5.29.19", "2.5.29.30",
      "2.5.29.31", "2.5.29.32", "2.5.29.33",         "2.5.29.35",         "2.5.29.36", "2.5.29.37",
      "2.5.29.46", "2.5.29.54", "1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.1.31"};
  return std::find(kKnown.begin(), kKnown.end(), id) != kKnown.end();
}

void lint_list(const LintSubject& s) {
  std::set<std::string_view> seen;
  for (const pki::RawExtension& extension : s.raw.extensions) {
    if (!seen.insert(extension.id).second) s.add("extension-twice", extension.id);
    if (extension.critical && !is_known(extension.id))
      s.add("extension-unknown-critical", extension.id);
  }
}

bool is_twice(std::string_view id, const LintSubject& s) {
  return std::count_if(s.raw.extensions.begin(), s.raw.extensions.end(),
                       [&](const pki::RawExtension& one) { return one.id == id; }) > 1;
}

void lint_authority(const LintSubject& s) {
  const pki::Certificate& c = s.certificate;
  if (c.is_ca && !c.basic_constraints_critical) s.add("basic-not-critical", "");
  if (s.raw.find(kKeyUsage) == nullptr) s.add("usage-missing", "");
  if (s.raw.find(kKeyUsage) != nullptr && !has_item(c.key_usage, "keyCertSign"))
    s.add("usage-no-cert-sign", "");
  if (s.raw.find("2.5.29.14") == nullptr) s.add("subject-key-id-missing", "");
  if (c.has_constraints && !c.constraints.critical) s.add("constraints-not-critical", "");
}

// With RSA a key may encipher, with the curves it cannot (RFC 8813).
void lint_leaf_usage(const LintSubject& s) {
  const pki::Certificate& c = s.certificate;
  const pki::RawExtension* const usage = s.raw.find(kKeyUsage);
  if (usage == nullptr || is_twice(kKeyUsage, s)) return;
  if (c.key_usage.empty()) return s.add("usage-empty", "");
  if (!usage->critical) s.add("usage-not-critical", "");
  if (has_item(c.key_usage, "keyCertSign")) s.add("usage-leaf-signs", "");
  if (!has_item(c.key_usage, "digitalSignature") && c.key_kind != pki::KeyKind::rsa)
    s.add("usage-no-signature", "");
  const bool enciphers =
      has_item(c.key_usage, "keyEncipherment") || has_item(c.key_usage, "dataEncipherment");
  if (enciphers && c.key_kind != pki::KeyKind::rsa && c.key_bits > 0)
    s.add("usage-encipherment", c.key_algorithm);
}

void lint_purpose(const LintSubject& s) {
  const auto& purposes = s.certificate.extended_key_usage;
  if (purposes.empty()) return s.add("purpose-missing", "");
  if (has_item(purposes, "anyExtendedKeyUsage")) return s.add("purpose-any", "");
  if (!has_item(purposes, "serverAuth") && !has_item(purposes, "clientAuth"))
    s.add("purpose-not-tls", purposes.front());
}

void lint_leaf(const LintSubject& s) {
  const pki::Certificate& c = s.certificate;
  if (s.raw.has_path_length()) s.add("path-length-on-leaf", "");
  if (c.has_constraints) s.add("constraints-on-leaf", "");
  lint_leaf_usage(s);
  lint_purpose(s);
}

void lint_urls(const LintSubject& s) {
  for (const auto* urls : {&s.certificate.crl_urls, &s.certificate.ocsp_urls})
    for (const std::string& url : *urls)
      if (!url.starts_with("http://")) s.add("url-not-http", url);
}

}  // namespace

void lint_extensions(const LintSubject& s) {
  if (s.certificate.version != 3) return;
  lint_list(s);
  const bool is_tls_leaf = s.certificate.is_ca && !s.certificate.extended_key_usage.empty() &&
                           s.index == 0 && !s.certificate.names.empty();
  if (is_tls_leaf) {
    s.add("leaf-claims-authority", s.certificate.subject);
  } else if (s.is_authority()) {
    lint_authority(s);
  } else {
    lint_leaf(s);
  }
  if (s.raw.find("2.5.29.35") == nullptr && !s.certificate.self_issued)
    s.add("authority-key-id-missing", "");
  lint_urls(s);
}

}  // namespace wxsec::certs
