// {"protected": base64url({"alg":"ES256","nonce":...,"url":...,"kid" or "jwk":...}),
//  "payload":   base64url(what is asked),
//  "signature": base64url(r || s over "protected.payload")}
#include "src/acme/jws.h"

#include <fmt/core.h>

#include "lib/core/bytes.h"
#include "lib/pki/jose.h"
#include "lib/pki/pem.h"
#include "src/acme/json.h"

namespace wxsec::acme {
namespace {

using nlohmann::ordered_json;

std::string armoured(std::string_view text) { return pki::encode_base64url(core::as_bytes(text)); }

std::string dumped(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string flattened(const std::string& head, const std::string& payload,
                      const core::Bytes& signature) {
  return ordered_json{
      {"protected", head}, {"payload", payload}, {"signature", pki::encode_base64url(signature)}}
      .dump();
}

}  // namespace

core::Result<std::string> jwk_of(const pki::Key& key) {
  const pki::CurvePoint point = WXSEC_TRY(pki::p256_point(key));
  return fmt::format(R"({{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}})",
                     pki::encode_base64url(point.x), pki::encode_base64url(point.y));
}

core::Result<std::string> thumbprint_of(const pki::Key& key) {
  const std::string jwk = WXSEC_TRY(jwk_of(key));
  return pki::encode_base64url(pki::sha256(core::as_bytes(jwk)));
}

core::Result<std::string> sign_request(const Signing& signing, std::string_view url,
                                       std::string_view nonce, std::string_view payload) {
  ordered_json head{{"alg", "ES256"}};
  if (signing.account_url.empty()) {
    head["jwk"] = ordered_json::parse(WXSEC_TRY(jwk_of(signing.key)));
  } else {
    head["kid"] = signing.account_url;
  }
  head["nonce"] = nonce;
  head["url"] = url;
  const std::string first = armoured(dumped(head));
  const std::string second = armoured(payload);
  const core::Bytes signature =
      WXSEC_TRY(pki::sign_es256(signing.key, core::as_bytes(first + "." + second)));
  return flattened(first, second, signature);
}

core::Result<ExternalAccount> load_external_account(std::string_view key_id,
                                                    const core::Path& key_file) {
  constexpr std::size_t kMaxKeyFile = 4096;
  const core::Secret text(WXSEC_TRY(core::read_file(key_file, kMaxKeyFile)));
  std::string_view digits = text.reveal();
  while (!digits.empty() && (digits.back() == '\n' || digits.back() == '\r' ||
                             digits.back() == ' ' || digits.back() == '='))
    digits.remove_suffix(1);
  auto bytes = pki::decode_base64url(digits);
  if (!bytes || bytes->empty())
    return core::fail(core::Code::malformed,
                      fmt::format("{} holds no HMAC key in base64url", key_file.string()),
                      "put in what the authority's page shows as the HMAC key, and nothing else");
  ExternalAccount out{std::string(key_id), core::Secret(std::string(core::as_text(*bytes)))};
  core::wipe(bytes->data(), bytes->size());
  return out;
}

core::Result<std::string> bind_external(const ExternalAccount& external,
                                        const pki::Key& account_key,
                                        std::string_view new_account_url) {
  const ordered_json head{
      {"alg", "HS256"}, {"kid", external.key_id}, {"url", std::string(new_account_url)}};
  const std::string first = armoured(dumped(head));
  const std::string second = armoured(WXSEC_TRY(jwk_of(account_key)));
  return flattened(first, second,
                   pki::hmac_sha256(external.hmac_key, core::as_bytes(first + "." + second)));
}

}  // namespace wxsec::acme
