// tls-alpn-01 (RFC 8737): the server opens a TLS connection to port 443 that offers nothing but the
// protocol "acme-tls/1", and wants to see a self-signed certificate for the name with the SHA-256
// of the key authorization in a critical extension. The connection ends with the handshake.
//
//     ClientHello  SNI broker.wx.test, ALPN acme-tls/1      peeked at, to find the certificate
//     ServerHello ... Certificate (broker.wx.test, 1.3.6.1.5.5.7.1.31) ... Finished
#include <fmt/core.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "lib/core/clock.h"
#include "lib/core/fd.h"
#include "lib/net/dial.h"
#include "lib/net/listen.h"
#include "lib/pki/issue.h"
#include "lib/pki/jose.h"
#include "lib/proto/tls_hello.h"
#include "lib/proto/tls_record.h"
#include "lib/tls/stream.h"
#include "src/acme/responder.h"

namespace wxsec::acme {
namespace {

constexpr std::chrono::seconds kHandshake{5};
constexpr std::chrono::milliseconds kLookAgain{5};
constexpr int kBacklog = 64;
// So many clients at once; one that drips its bytes holds one of them for kHandshake.
constexpr int kThreads = 4;
constexpr const char* kProtocol = "acme-tls/1";

core::Result<tls::ServerContext> context_for(const std::string& name,
                                             const std::string& key_authorization) {
  const pki::Key key = WXSEC_TRY(pki::Key::generate(pki::KeyType::p256));
  pki::CertificateSpec spec;
  spec.names = {{pki::NameKind::dns, name}};
  spec.not_before = core::system_clock().now() - std::chrono::hours(1);
  spec.not_after = spec.not_before + std::chrono::hours(24);
  spec.server = true;
  spec.acme_identifier = pki::sha256(core::as_bytes(key_authorization));
  const pki::Certificate shown = WXSEC_TRY(pki::Issuer::self_sign(spec, key));
  tls::ServerOptions options;
  options.identity.chain_pem = pki::to_pem(shown);
  options.identity.key_pem = key.to_pem();
  options.identity.source = "the challenge's certificate";
  options.alpn = {kProtocol};
  return tls::ServerContext::create(options);
}

// The server name of a ClientHello that is left in the socket; nothing if none comes in time.
std::optional<std::string> peek_server_name(int fd, core::Deadline deadline) {
  core::Bytes seen(proto::kTlsHeaderSize + proto::kMaxTlsBody);
  while (net::wait_ready(fd, net::Direction::read, deadline)) {
    const ssize_t n = ::recv(fd, seen.data(), seen.size(), MSG_PEEK | MSG_DONTWAIT);
    if (n <= 0) return std::nullopt;
    const auto stream = core::ByteView(seen).first(static_cast<std::size_t>(n));
    const auto frame = proto::peek_tls_record(stream);
    if (frame.state == proto::FrameState::bad) return std::nullopt;
    if (frame.state == proto::FrameState::done && stream.size() >= frame.size) {
      constexpr std::size_t kBefore = proto::kTlsHeaderSize + proto::kTlsHandshakeHeaderSize;
      proto::TlsClientHello hello;
      if (frame.size <= kBefore ||
          !proto::decode_client_hello(stream.first(frame.size).subspan(kBefore), hello))
        return std::nullopt;
      return std::string(hello.server_name);
    }
    std::this_thread::sleep_for(kLookAgain);  // poll(2) would return at once: the start is there
  }
  return std::nullopt;
}

class AlpnResponder final : public Responder {
 public:
  AlpnResponder() : wake_(::eventfd(0, EFD_CLOEXEC)) {}
  AlpnResponder(const AlpnResponder&) = delete;
  AlpnResponder& operator=(const AlpnResponder&) = delete;
  ~AlpnResponder() override {
    constexpr std::uint64_t kOne = 1;
    if (::write(wake_.get(), &kOne, sizeof kOne) < 0) return;
  }

  void add(net::Listener listener) { listeners_.push_back(std::move(listener)); }
  void start() {
    for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { serve(); });
  }
  core::Result<void> prepare(const std::string& name, const std::string& /*token*/,
                             const std::string& key_authorization) override {
    tls::ServerContext context = WXSEC_TRY(context_for(name, key_authorization));
    const std::scoped_lock lock(mutex_);
    contexts_.insert_or_assign(name, std::move(context));
    return {};
  }

 private:
  std::optional<tls::ServerContext> context_of(const std::string& name) const {
    const std::scoped_lock lock(mutex_);
    const auto found = contexts_.find(name);
    if (found == contexts_.end()) return std::nullopt;
    return found->second;
  }

  void answer(core::Fd socket) const {
    const core::Deadline deadline = core::Deadline::in(kHandshake);
    const auto name = peek_server_name(socket.get(), deadline);
    const auto context = name ? context_of(*name) : std::nullopt;
    if (!context) return;
    auto stream = tls::Stream::accept(std::move(socket), *context, deadline);
    if (stream && !stream->shutdown(deadline)) return;
  }

  void serve() const {
    std::vector<pollfd> waits{{wake_.get(), POLLIN, 0}};
    for (const net::Listener& listener : listeners_)
      waits.push_back({listener.fd.get(), POLLIN, 0});
    while (::poll(waits.data(), waits.size(), -1) >= 0 || errno == EINTR) {
      if (waits.front().revents != 0) return;
      for (const pollfd& wait : waits) {
        if ((wait.revents & POLLIN) == 0) continue;
        core::Fd socket(::accept4(wait.fd, nullptr, nullptr, SOCK_CLOEXEC));
        if (socket) answer(std::move(socket));
      }
    }
  }

  core::Fd wake_;
  std::vector<net::Listener> listeners_;
  mutable std::mutex mutex_;
  std::map<std::string, tls::ServerContext> contexts_;
  std::vector<std::jthread> threads_;  // last: joined before the rest goes
};

}  // namespace

core::Result<std::unique_ptr<Responder>> start_alpn_responder(
    const std::vector<net::Endpoint>& listen, const std::function<void(std::string_view)>& note) {
  auto responder = std::make_unique<AlpnResponder>();
  const auto take = [&](const net::Endpoint& endpoint) -> core::Result<net::Endpoint> {
    net::Listener listener = WXSEC_TRY(net::listen(endpoint, kBacklog));
    net::Endpoint bound = listener.endpoint;
    if (note) note(fmt::format("answering tls-alpn-01 on {}", net::host_port(bound)));
    responder->add(std::move(listener));
    return bound;
  };
  WXSEC_TRY(listen_on_all(listen, take));
  responder->start();
  return std::unique_ptr<Responder>(std::move(responder));
}

}  // namespace wxsec::acme
