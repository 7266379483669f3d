// One exchange in five steps: dial, TLS, write the request, read the head, read the body. Each
// knows its own ways to fail, and the first that does fills in `failure` and `error`. The parts are
// lib/tls/stream (every refusal has a cause) and lib/proto/http_message (heads and body framing);
// cpp-httplib's client would do the same job, but reports a refused client certificate as "read
// error".
#include "lib/http/client.h"

#include <fmt/format.h>

#include <memory>

#include "lib/http/channel.h"
#include "lib/http/response_reader.h"
#include "lib/net/dial.h"
#include "lib/tls/stream.h"

namespace wxsec::http {
namespace {

using core::Code;
using core::Deadline;
using core::fail;
using core::Result;

std::string host_field(const ClientRequest& request) {
  net::Endpoint shown = request.url;
  if (!request.host_name.empty()) shown.host = request.host_name;
  const bool usual = (shown.scheme == net::Scheme::https && shown.port == 443) ||
                     (shown.scheme == net::Scheme::http && shown.port == 80);
  if (!usual) return net::host_port(shown);
  return shown.host.find(':') == std::string::npos ? shown.host : "[" + shown.host + "]";
}

// Fails with usage where a caller's field would break the message.
Result<std::string> encode(const ClientRequest& request) {
  std::string out = fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: wxsec\r\nAccept: */*\r\nConnection: close\r\n",
      method_name(request.method), request.url.path.empty() ? "/" : request.url.path,
      host_field(request));
  if (!request.body.empty()) out += fmt::format("Content-Length: {}\r\n", request.body.size());
  for (const auto& [name, value] : request.headers) {
    if (name.find_first_of("\r\n: ") != std::string::npos ||
        value.find_first_of("\r\n") != std::string::npos) {
      return fail(Code::usage, "a header field must not hold line ends");
    }
    out += fmt::format("{}: {}\r\n", name, value);
  }
  return out + "\r\n" + request.body;
}

tls::Cause cause_of_dial(Code code) {
  switch (code) {
    case Code::resolve: return tls::Cause::unknown_host;
    case Code::refused: return tls::Cause::refused;
    case Code::timeout: return tls::Cause::connect_timeout;
    default: return tls::Cause::unreachable;
  }
}

void converse(const ClientRequest& request, Channel& channel, Deadline deadline, Exchange& result) {
  const auto text = encode(request);
  if (!text) {
    result.error = text.error();
    return;
  }
  const auto written = channel.write(core::as_bytes(*text), deadline);
  // A server that refuses a request early answers and closes; its answer may be there to read.
  auto response = ResponseReader(channel, deadline).read(request);
  if (response) {
    result.response = std::move(*response);
    return;
  }
  const auto problems = std::move(result.failure.problems);
  result.failure = channel.failure();
  result.failure.problems = problems;
  result.error = written ? response.error() : written.error();
  // Say who: a socket that the peer has reset no longer knows.
  result.error = result.failure
                     ? tls::to_error(result.failure, net::host_port(request.url))
                     : core::with_context(std::move(result.error), net::host_port(request.url));
}

// The connected socket, or nothing with `result` filled in.
core::Fd connect(const ClientRequest& request, Deadline deadline, Exchange& result) {
  auto socket = net::dial(request.url, deadline);
  if (!socket) {
    result.error = socket.error();
    result.failure.cause = cause_of_dial(result.error.code);
    return {};
  }
  result.connected = true;
  result.address = net::peer_address(socket->get());
  return std::move(*socket);
}

std::unique_ptr<Channel> secure(core::Fd socket, const ClientRequest& request,
                                const tls::ClientContext& context, Deadline deadline,
                                Exchange& result) {
  const std::string& host = request.host_name.empty() ? request.url.host : request.host_name;
  tls::Handshake handshake = tls::Handshake::connect(std::move(socket), context, host, deadline);
  result.peer = std::move(handshake.peer);
  result.failure = std::move(handshake.failure);
  if (handshake.stream) return std::make_unique<TlsChannel>(std::move(*handshake.stream));
  result.error = tls::to_error(result.failure, net::host_port(request.url));
  return nullptr;
}

Exchange run(const ClientRequest& request, const tls::ClientContext* context) {
  Exchange result;
  const auto start = std::chrono::steady_clock::now();
  const Deadline deadline = Deadline::in(request.timeout);
  core::Fd socket = connect(request, deadline, result);
  if (!socket) return result;
  std::unique_ptr<Channel> channel;
  if (context == nullptr) {
    channel = std::make_unique<PlainChannel>(std::move(socket));
  } else {
    channel = secure(std::move(socket), request, *context, deadline, result);
  }
  if (channel) converse(request, *channel, deadline, result);
  result.took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - start);
  return result;
}

}  // namespace

Exchange exchange(const ClientRequest& request, const tls::ClientContext& context) {
  return run(request, request.url.scheme == net::Scheme::http ? nullptr : &context);
}

Exchange exchange_plain(const ClientRequest& request) {
  if (request.url.scheme == net::Scheme::http) return run(request, nullptr);
  Exchange result;
  result.error = {Code::usage, net::to_string(request.url) + " is not an http:// address", ""};
  return result;
}

}  // namespace wxsec::http
