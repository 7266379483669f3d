#include "src/certs/inspect.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include "lib/pki/key.h"
#include "lib/pki/pem.h"

namespace wxsec::certs {
namespace {

bool holds(std::string_view text, std::string_view label) {
  return text.find(label) != std::string_view::npos;
}

std::string kind_text(const pki::Key& key) {
  switch (key.kind()) {
    case pki::KeyKind::ec_p256: return "P-256";
    case pki::KeyKind::ec_p384: return "P-384";
    case pki::KeyKind::ec_p521: return "P-521";
    case pki::KeyKind::ed25519: return "Ed25519";
    case pki::KeyKind::rsa: return fmt::format("RSA {} bits", key.bits());
    case pki::KeyKind::other: break;
  }
  return "a key of an unknown kind";
}

core::Result<std::string> describe_key(const core::Path& path, const std::string& text) {
  struct stat info {};
  ::stat(path.c_str(), &info);
  const std::string mode = fmt::format("mode {:04o}", info.st_mode & 07777U);
  if (holds(text, "ENCRYPTED")) return fmt::format("encrypted, {}", mode);
  const auto key = pki::Key::parse(text, {});
  if (!key) return core::fail(core::with_context(key.error(), path.string()));
  return fmt::format("{}, {}", kind_text(*key), mode);
}

core::Result<Inspection> inspect_endpoint(const InspectOptions& options, const core::Clock& clock) {
  Inspection out;
  out.content = Content::endpoint;
  out.endpoint =
      WXSEC_TRY(look_at({options.target, options.ca, options.dir, options.timeout}, clock));
  out.chain = out.endpoint->chain;
  out.trust_known = true;
  out.verdict.reason = out.endpoint->reason;
  out.verdict.sentence = out.endpoint->sentence;
  out.verdict.hint = out.endpoint->hint;
  return out;
}

core::Result<Inspection> inspect_certificates(const InspectOptions& options,
                                              const std::string& text, core::Instant now) {
  Inspection out;
  auto chain = pki::parse_certificates(text);
  if (!chain) return core::fail(core::with_context(chain.error(), options.target));
  out.chain = std::move(*chain);
  const Trust trust = WXSEC_TRY(load_trust(options.ca, options.dir));
  std::vector<pki::Certificate> whole = out.chain;
  if (whole.size() == 1) {
    const auto beside =
        pki::load_certificates(core::Path(options.target).parent_path() / "chain.pem");
    if (beside) whole.insert(whole.end(), beside->begin(), beside->end());
  }
  out.verdict = judge(whole, trust, std::nullopt, now);
  out.trust_known = out.verdict.path.size() > 1 || trust.asked_for;
  out.key = key_beside(options.target, out.chain.front());
  return out;
}

core::Result<Inspection> inspect_file(const InspectOptions& options, core::Instant now) {
  Inspection out;
  const std::string text = WXSEC_TRY(core::read_file(options.target, pki::kMaxCertificateFile));
  if (holds(text, "BEGIN X509 CRL")) {
    out.content = Content::revocation_lists;
    out.crls = WXSEC_TRY(pki::parse_crls(text));
    return out;
  }
  if (holds(text, "PRIVATE KEY-----") && !holds(text, "BEGIN CERTIFICATE")) {
    out.content = Content::private_key;
    out.key_description = WXSEC_TRY(describe_key(options.target, text));
    return out;
  }
  return inspect_certificates(options, text, now);
}

}  // namespace

core::Result<Inspection> inspect(const InspectOptions& options, const core::Clock& clock) {
  const core::Instant now = clock.now();
  Inspection out = WXSEC_TRY(is_url(options.target) ? inspect_endpoint(options, clock)
                                                    : inspect_file(options, now));
  out.target = options.target;
  out.at = now;
  return out;
}

}  // namespace wxsec::certs
