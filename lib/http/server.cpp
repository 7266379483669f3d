// The server's own thread accepts connections and deals them out to the event loops in turn, so
// that no loop gets all the busy ones. It stops accepting while the house is full, and rests for a
// moment when the process is out of descriptors; the clients wait in the system's queue meanwhile.
#include "lib/http/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <vector>

#include "lib/core/log.h"
#include "lib/http/event_loop.h"
#include "lib/http/live_context.h"
#include "lib/net/listen.h"
#include "lib/net/socket_address.h"

namespace wxsec::http {
namespace {

using core::Code;
using core::fail;
using core::Result;

constexpr int kBacklog = 1024;
constexpr int kRestMs = 100;
constexpr std::chrono::milliseconds kGrace = std::chrono::seconds(1);

Response plain_refusal(int status, std::string_view detail, std::string_view) {
  return text_response(status, std::string(detail) + "\n");
}

// One loop's thread and what belongs to it.
struct Worker {
  Worker(const LiveContext* context, const std::vector<Route>& routes,
         const Server::Refusal& refusal, const Limits& limits, const Server::Observer& observer,
         Counters& counters)
      : router(routes, refusal), loop(context, {limits, router, observer, counters}) {}
  Router router;
  EventLoop loop;
  std::jthread thread;
};

}  // namespace

struct Server::State {
  explicit State(ServerOptions given) : options(std::move(given)) {}

  Result<void> prepare_tls();
  const LiveContext* context() const { return options.tls ? &tls : nullptr; }
  void start_workers(std::vector<std::unique_ptr<Worker>>& workers);
  void accept_until(const std::stop_token& stop, int listener,
                    std::vector<std::unique_ptr<Worker>>& workers);
  bool accept_one(int listener, EventLoop& loop);

  ServerOptions options;
  std::vector<Route> routes;
  Refusal refusal = plain_refusal;
  Observer observer;
  Counters counters;
  std::mutex tls_mutex;  // creation; afterwards `tls` is thread-safe itself
  LiveContext tls;
};

Result<void> Server::State::prepare_tls() {
  const std::scoped_lock lock(tls_mutex);
  if (!options.tls || tls.current()) return {};
  options.tls->alpn = {"http/1.1"};
  return tls.replace(options.tls->clone());
}

void Server::State::start_workers(std::vector<std::unique_ptr<Worker>>& workers) {
  for (unsigned i = 0; i < std::max(1U, options.threads); ++i) {
    workers.push_back(
        std::make_unique<Worker>(context(), routes, refusal, options.limits, observer, counters));
    EventLoop& loop = workers.back()->loop;
    workers.back()->thread =
        std::jthread([&loop](const std::stop_token& stop) { loop.run(stop, kGrace); });
  }
}

// False when there is nothing to accept, or no descriptor for it.
bool Server::State::accept_one(int listener, EventLoop& loop) {
  net::SocketAddress address;
  address.length = sizeof address.storage;
  core::Fd socket(
      ::accept4(listener, address.get(), &address.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket) {
    const int reason = errno;
    if (reason == EMFILE || reason == ENFILE || reason == ENOBUFS || reason == ENOMEM) {
      core::log_warning("out of file descriptors: new connections wait");
      std::this_thread::sleep_for(std::chrono::milliseconds(kRestMs));
    }
    return reason == ECONNABORTED || reason == EINTR;
  }
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ++counters.connections;
  ++counters.open;
  loop.adopt(std::move(socket), net::to_string(address));
  return true;
}

void Server::State::accept_until(const std::stop_token& stop, int listener,
                                 std::vector<std::unique_ptr<Worker>>& workers) {
  const core::Fd stopped(::eventfd(0, EFD_CLOEXEC));
  const std::stop_callback on_stop(stop, [&] { ::eventfd_write(stopped.get(), 1); });
  std::size_t turn = 0;
  while (!stop.stop_requested()) {
    const bool full = counters.open >= options.limits.max_connections;
    std::array<pollfd, 2> watched{pollfd{.fd = stopped.get(), .events = POLLIN, .revents = 0},
                                  pollfd{.fd = listener, .events = POLLIN, .revents = 0}};
    if (::poll(watched.data(), full ? 1 : 2, full ? kRestMs : -1) <= 0 || full) continue;
    while (counters.open < options.limits.max_connections &&
           accept_one(listener, workers[turn % workers.size()]->loop)) {
      ++turn;
    }
  }
}

Server::Server(ServerOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Server::~Server() = default;

void Server::route(Method method, std::string_view pattern, Handler handler) {
  state_->routes.push_back({method, std::string(pattern), std::move(handler)});
}
void Server::on_refusal(Refusal make) { state_->refusal = std::move(make); }
void Server::on_answer(Observer observer) { state_->observer = std::move(observer); }

Result<void> Server::run(std::stop_token stop,
                         const std::function<void(const net::Endpoint& bound)>& listening) {
  WXSEC_TRY(state_->prepare_tls());
  const net::Listener listener = WXSEC_TRY(net::listen(state_->options.listen, kBacklog));
  std::vector<std::unique_ptr<Worker>> workers;
  state_->start_workers(workers);
  if (listening) listening(listener.endpoint);
  state_->accept_until(stop, listener.fd.get(), workers);
  for (const auto& worker : workers) worker->thread.request_stop();  // all wind down at once
  return {};
}

Result<void> Server::reload(const tls::Identity& identity) {
  if (!state_->options.tls) return fail(Code::usage, "this server has no certificate: it is plain");
  WXSEC_TRY(state_->prepare_tls());
  WXSEC_TRY(state_->tls.replace(identity));
  ++state_->counters.reloads;
  return {};
}

Result<void> Server::reload(tls::ServerOptions options) {
  if (!state_->options.tls) return fail(Code::usage, "this server has no certificate: it is plain");
  options.alpn = {"http/1.1"};
  WXSEC_TRY(state_->tls.replace(std::move(options)));
  ++state_->counters.reloads;
  return {};
}

std::string Server::served_serial() const {
  if (!state_->prepare_tls()) return {};
  return state_->tls.serial();
}

ServerStats Server::stats() const {
  const Counters& c = state_->counters;
  return {c.connections,           c.open,     c.handshakes,
          c.failed_handshakes,     c.requests, c.refused_requests,
          c.plaintext_on_tls_port, c.reloads};
}

}  // namespace wxsec::http
