// http-01: the server fetches http://NAME/.well-known/acme-challenge/TOKEN and wants to read the
// token and the fingerprint of the account's key. RFC 8555 8.3.
//
// Behind the listener is lib/http's server with its limits, since whoever scans the internet will
// come by as well.
#include <fmt/core.h>

#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "lib/http/server.h"
#include "src/acme/responder.h"

namespace wxsec::acme {
namespace {

class Answers {
 public:
  void add(const std::string& token, const std::string& answer) {
    const std::scoped_lock lock(mutex_);
    answers_[token] = answer;
  }
  http::Response find(std::string_view token) const {
    const std::scoped_lock lock(mutex_);
    const auto found = answers_.find(std::string(token));
    if (found == answers_.end()) return http::text_response(404, "no such token\n");
    http::Response response = http::text_response(200, found->second);
    response.content_type = "application/octet-stream";
    return response;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> answers_;
};

http::ServerOptions small_server(const net::Endpoint& endpoint) {
  http::ServerOptions options;
  options.listen = endpoint;
  options.threads = 1;
  options.limits.max_connections = 64;
  options.limits.max_body_bytes = 1024;
  options.limits.request = std::chrono::seconds(5);
  options.limits.idle = std::chrono::seconds(5);
  return options;
}

// One listening server and its thread.
class Listener {
 public:
  Listener(const net::Endpoint& endpoint, const Answers& answers)
      : server_(small_server(endpoint)) {
    server_.route(http::Method::get, "/.well-known/acme-challenge/{token}",
                  [&answers](const http::Request& request) {
                    return answers.find(request.parameter("token"));
                  });
  }

  // The bound address, once connections are taken.
  core::Result<net::Endpoint> start() {
    std::promise<core::Result<net::Endpoint>> ready;
    auto outcome = ready.get_future();
    thread_ = std::jthread([this, ready = std::move(ready)](const std::stop_token& stop) mutable {
      bool told = false;
      const auto end = server_.run(stop, [&](const net::Endpoint& bound) {
        told = true;
        ready.set_value(bound);
      });
      if (!told)
        ready.set_value(
            core::fail(end ? core::Error{core::Code::interrupted, "stopped", ""} : end.error()));
    });
    return outcome.get();
  }

 private:
  http::Server server_;
  std::jthread thread_;  // last: joined before the server goes
};

class HttpResponder final : public Responder {
 public:
  core::Result<net::Endpoint> listen(const net::Endpoint& endpoint) {
    auto listener = std::make_unique<Listener>(endpoint, answers_);
    auto bound = listener->start();
    if (bound) listeners_.push_back(std::move(listener));
    return bound;
  }
  core::Result<void> prepare(const std::string& /*name*/, const std::string& token,
                             const std::string& key_authorization) override {
    answers_.add(token, key_authorization);
    return {};
  }

 private:
  Answers answers_;
  std::vector<std::unique_ptr<Listener>> listeners_;
};

}  // namespace

core::Result<std::unique_ptr<Responder>> start_http_responder(
    const std::vector<net::Endpoint>& listen, const std::function<void(std::string_view)>& note) {
  auto responder = std::make_unique<HttpResponder>();
  WXSEC_TRY(listen_on_all(listen, [&](const net::Endpoint& endpoint) {
    auto bound = responder->listen(endpoint);
    if (bound && note) note(fmt::format("answering http-01 on {}", net::host_port(*bound)));
    return bound;
  }));
  return std::unique_ptr<Responder>(std::move(responder));
}

}  // namespace wxsec::acme
