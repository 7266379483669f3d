// How a man in the middle works, in one picture:
//
//     station  ==TLS, our certificate==>  relay  ==TLS==>  broker
//                                       reads, keeps,
//                                       could change
//
// Both ends see a healthy TLS connection. The station's only chance is the certificate that it is
// shown in the first handshake: signed by whom, for which name? If it looks, it sends an alert and
// leaves before it has said anything, and `refusal` holds that alert. If it does not look, `said`
// holds its CONNECT with everything in it.
#include "src/attack/relay.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "lib/net/dial.h"
#include "lib/net/listen.h"
#include "lib/tls/stream.h"

namespace wxsec::attack {
namespace {

using core::Deadline;

constexpr std::size_t kMaxKept = 64 * 1024;
constexpr int kBacklog = 16;
constexpr int kTickMs = 20;  // how often a stop is looked for

bool readable(int fd) {
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, 1, 0) > 0;
}

// Moves what has arrived from one side to the other; false once either side has ended. A record is
// at most 16 KiB, so one read takes all that TLS holds decrypted.
bool forward(tls::Stream& from, tls::Stream& to, std::string* keep, Deadline deadline) {
  std::array<std::uint8_t, 17 * 1024> buffer{};
  const auto count = from.read(buffer, deadline);
  if (!count || *count == 0) return false;
  const core::ByteView bytes(buffer.data(), *count);
  if (keep != nullptr && keep->size() + bytes.size() <= kMaxKept) *keep += core::as_text(bytes);
  return bool(to.write(bytes, deadline));
}

core::Result<tls::ClientContext> believing_context() {
  tls::ClientOptions options;
  options.ca_pem = "";
  options.trust = tls::Trust::accept_any_certificate;
  options.host_name = tls::HostName::accept_any_name;
  return tls::ClientContext::create(options);
}

std::string refusal_of(const tls::Failure& failure) {
  if (failure.alert) return "alert " + failure.alert->name;
  return std::string(tls::cause_sentence(failure.cause));
}

}  // namespace

struct Relay::State {
  State(RelayOptions o, tls::ServerContext s, tls::ClientContext c, net::Listener l)
      : options(std::move(o)), server(std::move(s)), client(std::move(c)), listener(std::move(l)) {}

  RelayOptions options;
  tls::ServerContext server;
  tls::ClientContext client;
  net::Listener listener;

  std::mutex mutex;
  std::condition_variable idle;
  bool busy = false;
  std::vector<Overheard> learned;
  std::jthread thread;

  void run(const std::stop_token& stop);
  Overheard serve(core::Fd socket, const std::stop_token& stop);
  void pass_on(tls::Stream& victim, Overheard& overheard, const std::stop_token& stop);
};

// Reads the client's first words even if the broker will not have us: they are what is stolen.
void Relay::State::pass_on(tls::Stream& victim, Overheard& overheard, const std::stop_token& stop) {
  std::optional<tls::Stream> broker;
  if (auto socket = net::dial(options.upstream, Deadline::in(options.timeout))) {
    auto handshake = tls::Handshake::connect(std::move(*socket), client, options.upstream.host,
                                             Deadline::in(options.timeout));
    broker = std::move(handshake.stream);
  }
  Deadline silence = Deadline::in(options.timeout);
  while (!silence.passed() && !stop.stop_requested()) {
    std::array<pollfd, 2> both{{{victim.fd(), POLLIN, 0}, {broker ? broker->fd() : -1, POLLIN, 0}}};
    if (::poll(both.data(), both.size(), kTickMs) <= 0) continue;
    silence = Deadline::in(options.timeout);
    if (readable(victim.fd())) {
      if (!broker) {
        std::array<std::uint8_t, 17 * 1024> buffer{};
        const auto count = victim.read(buffer, silence);
        if (count) overheard.said += core::as_text(core::ByteView(buffer.data(), *count));
        return;
      }
      if (!forward(victim, *broker, &overheard.said, silence)) return;
    }
    if (broker && readable(broker->fd()) && !forward(*broker, victim, nullptr, silence)) {
      // A broker that wants a certificate of us hangs up; the client may not have spoken yet.
      if (!overheard.said.empty()) return;
      broker.reset();
    }
  }
}

Overheard Relay::State::serve(core::Fd socket, const std::stop_token& stop) {
  Overheard overheard;
  auto handshake = tls::Handshake::accept(std::move(socket), server, Deadline::in(options.timeout));
  if (!handshake.stream) {
    overheard.refusal = refusal_of(handshake.failure);
    return overheard;
  }
  pass_on(*handshake.stream, overheard, stop);
  // Under TLS 1.3 a client may send its alert after our side of the handshake is done.
  if (overheard.said.empty() && handshake.stream->failure())
    overheard.refusal = refusal_of(handshake.stream->failure());
  return overheard;
}

void Relay::State::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    pollfd one{listener.fd.get(), POLLIN, 0};
    if (::poll(&one, 1, kTickMs) <= 0) continue;
    core::Fd socket(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) continue;
    {
      const std::lock_guard lock(mutex);
      busy = true;
    }
    Overheard overheard = serve(std::move(socket), stop);
    const std::lock_guard lock(mutex);
    learned.push_back(std::move(overheard));
    busy = readable(listener.fd.get());
    idle.notify_all();
  }
}

Relay::Relay(std::unique_ptr<State> state) : state_(std::move(state)) {}
Relay::Relay(Relay&&) noexcept = default;
Relay& Relay::operator=(Relay&&) noexcept = default;
Relay::~Relay() = default;

core::Result<Relay> Relay::start(RelayOptions options) {
  tls::ServerOptions server;
  server.identity = options.identity.clone();
  auto context = WXSEC_TRY(tls::ServerContext::create(server));
  auto client = WXSEC_TRY(believing_context());
  auto listener = WXSEC_TRY(net::listen({net::Scheme::mqtts, "127.0.0.1", 0, {}}, kBacklog));
  auto state = std::make_unique<State>(std::move(options), std::move(context), std::move(client),
                                       std::move(listener));
  State* const raw = state.get();
  state->thread = std::jthread([raw](const std::stop_token& stop) { raw->run(stop); });
  return Relay(std::move(state));
}

net::Endpoint Relay::endpoint() const { return state_->listener.endpoint; }

std::vector<Overheard> Relay::take() {
  std::unique_lock lock(state_->mutex);
  state_->idle.wait_for(lock, state_->options.timeout, [this] { return !state_->busy; });
  return std::exchange(state_->learned, {});
}

}  // namespace wxsec::attack
