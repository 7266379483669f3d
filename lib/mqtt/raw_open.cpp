// The way to a peer before MQTT's first byte: address, TCP, and a handshake whose failure is kept
// whole. A witness or an attempt that only knew "connection failed" would prove nothing.
#include <fmt/core.h>

#include "lib/mqtt/raw_client.h"
#include "lib/net/dial.h"
#include "lib/tls/context.h"

namespace wxsec::mqtt {
namespace {

using core::Code;
using core::Deadline;
using core::Result;

constexpr std::size_t kMaxCaBytes = 4U << 20;

RawResult<std::unique_ptr<RawClient>> refused(Stage stage, core::Error error) {
  return {std::nullopt,
          Refusal{.stage = stage, .error = std::move(error), .tls = {}, .reason = {}}};
}

Result<tls::ClientContext> context_for(const RawTls& options) {
  tls::ClientOptions client;
  if (options.ca.empty()) {
    client.trust = tls::Trust::accept_any_certificate;
    client.host_name = tls::HostName::accept_any_name;
    client.ca_pem = "";  // no anchors: nothing is verified
  } else {
    client.ca_pem = WXSEC_TRY(core::read_file(options.ca, kMaxCaBytes));
  }
  if (!options.certificate.empty())
    client.identity = WXSEC_TRY(tls::read_identity(options.certificate, options.key));
  if (options.keylog) client.keylog = WXSEC_TRY(tls::keylog_to_file(*options.keylog));
  return tls::ClientContext::create(client);
}

RawResult<std::unique_ptr<RawClient>> over_tls(core::Fd socket, const RawOptions& options,
                                               const tls::ClientContext& context) {
  const RawTls& tls_options = *options.tls;
  const std::string& name =
      tls_options.server_name.empty() ? options.host : tls_options.server_name;
  auto handshake =
      tls::Handshake::connect(std::move(socket), context, name, Deadline::in(options.timeout));
  if (handshake.stream)
    return {RawClient::over(tls_stream(std::move(*handshake.stream)), options.timeout), {}};
  Refusal refusal{
      .stage = Stage::tls, .error = {}, .tls = std::move(handshake.failure), .reason = {}};
  refusal.error = tls::to_error(refusal.tls, fmt::format("{}:{}", options.host, options.port));
  refusal.closed_without_a_word = refusal.tls.cause == tls::Cause::hung_up;
  return {std::nullopt, std::move(refusal)};
}

}  // namespace

RawResult<std::unique_ptr<RawClient>> RawClient::open(const RawOptions& options) {
  std::optional<tls::ClientContext> context;
  if (options.tls) {
    auto made = context_for(*options.tls);
    if (!made) return refused(Stage::tls, std::move(made).error());
    context = std::move(*made);
  }
  auto socket =
      net::dial({net::Scheme::none, options.host, options.port, {}}, Deadline::in(options.timeout));
  if (!socket) {
    const Stage stage = socket.error().code == Code::resolve ? Stage::resolve : Stage::tcp;
    return refused(stage, std::move(socket).error());
  }
  if (context) return over_tls(std::move(*socket), options, *context);
  return {over(socket_stream(std::move(*socket)), options.timeout), {}};
}

}  // namespace wxsec::mqtt
