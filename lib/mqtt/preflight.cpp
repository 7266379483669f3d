#include "lib/mqtt/preflight.h"

#include <fmt/core.h>

#include "lib/mqtt/raw_client.h"
#include "lib/pki/certificate.h"

namespace wxsec::mqtt {
namespace {

using core::Code;
using core::Error;
using core::Result;

RawOptions raw_options(const ClientOptions& options) {
  RawOptions raw{
      .host = options.host, .port = options.port, .tls = {}, .timeout = options.connect_timeout};
  if (options.transport == Transport::tls)
    raw.tls = RawTls{.ca = options.tls.ca,
                     .server_name = {},
                     .certificate = options.tls.certificate,
                     .key = options.tls.key,
                     .keylog = {}};
  return raw;
}

RawConnect raw_connect(const ClientOptions& options) {
  RawConnect connect{.version = options.version,
                     .client_id = options.client_id,
                     .session = options.session,
                     .session_expiry = {},
                     .username = {},
                     .password = options.password.clone(),
                     .will = {},
                     .keep_alive = options.keep_alive};
  if (options.session == Session::persistent) connect.session_expiry = options.session_expiry;
  if (!options.username.empty()) connect.username = options.username;
  return connect;
}

// Whom our certificate names; empty without one.
std::string common_name(const ClientOptions& options) {
  if (options.transport != Transport::tls || options.tls.certificate.empty()) return {};
  const auto chain = pki::load_certificates(options.tls.certificate);
  return chain ? chain->front().common_name : std::string();
}

// A broker that hangs up on CONNECT without a word has usually been spoken to in the wrong way.
Error explained(const Refusal& refusal, const ClientOptions& options) {
  const std::string broker = fmt::format("{}:{}", options.host, options.port);
  if (refusal.tls) return tls::to_error(refusal.tls, broker);
  if (refusal.stage != Stage::mqtt) return refusal.error;  // names the broker already
  Error error = core::with_context(refusal.error, broker);
  if (refusal.closed_without_a_word && options.transport == Transport::plaintext_lesson) {
    error.code = Code::protocol;
    error.what = fmt::format("{} hangs up on plaintext MQTT without a word", broker);
    error.hint = "it probably speaks TLS: use mqtts:// without --insecure-lesson";
  }
  if (!error.hint.empty() || !refusal.reason) return error;
  const std::string certified = common_name(options);
  error.hint = certified.empty() || certified == options.client_id
                   ? "check user name and password, or the certificate's common name"
                   : fmt::format(
                         "the certificate {} is made out to '{}', and it is shown by '{}': "
                         "use that one's own pair, or the name '{}'",
                         options.tls.certificate.string(), certified, options.client_id, certified);
  return error;
}

}  // namespace

Result<Preflight> preflight(const ClientOptions& options) {
  auto opened = RawClient::open(raw_options(options));
  if (!opened) return core::fail(explained(opened.refusal, options));
  RawClient& client = **opened.value;
  const auto accepted = client.connect(raw_connect(options));
  if (!accepted) return core::fail(explained(accepted.refusal, options));
  Preflight result;
  if (client.peer() != nullptr) result.peer = *client.peer();
  client.disconnect();
  return result;
}

}  // namespace wxsec::mqtt
