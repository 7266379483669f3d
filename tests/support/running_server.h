// Our HTTPS server with a few routes in a thread, and clients for it: ours, other people's, and
// bare sockets.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "lib/http/client.h"
#include "lib/http/server.h"
#include "lib/net/dial.h"
#include "lib/proc/child.h"
#include "lib/proc/which.h"
#include "tests/support/tiny_ca.h"

namespace wxsec::test {

inline const TinyCa& our_ca() {
  static const TinyCa ca("our CA");
  return ca;
}

inline http::ServerOptions secure_options() {
  http::ServerOptions options;
  options.listen = {.scheme = net::Scheme::https, .host = "127.0.0.1", .port = 0, .path = {}};
  options.tls.emplace();
  options.tls->identity = our_ca().issue({});
  return options;
}

inline http::ServerOptions plain_options() {
  http::ServerOptions options;
  options.listen = {.scheme = net::Scheme::http, .host = "127.0.0.1", .port = 0, .path = {}};
  return options;
}

// A server with a few routes, running in a thread until destroyed.
class Running {
 public:
  explicit Running(http::ServerOptions options) : server(std::move(options)) {
    using http::Method;
    server.route(Method::get, "/hello",
                 [](const http::Request&) { return http::text_response(200, "hello"); });
    server.route(Method::get, "/big", [](const http::Request&) {
      return http::text_response(200, std::string(3'000'000, 'x'));
    });
    server.route(Method::post, "/echo", [](const http::Request& request) {
      return http::text_response(200, request.body);
    });
    server.route(Method::get, "/who", [](const http::Request& request) {
      return http::text_response(200, request.sender.client_name + " " + request.sender.protocol +
                                          " " + (request.sender.secure ? "secure" : "bare"));
    });
    server.route(Method::get, "/live", [this](const http::Request& request) {
      http::Response response;
      response.events = feed;
      response.last_event_id = request.header("Last-Event-ID").value_or("");
      return response;
    });
    std::promise<net::Endpoint> bound;
    auto where = bound.get_future();
    thread_ = std::jthread([this, &bound](const std::stop_token& stop) {
      outcome = server.run(stop, [&](const net::Endpoint& at) { bound.set_value(at); });
    });
    REQUIRE(where.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
    url = where.get();
    url.host = "localhost";
  }
  void stop() {
    thread_.request_stop();
    thread_.join();
  }
  std::string url_of(std::string_view path) const {
    return net::to_string(url) + std::string(path);
  }

  http::Server server;
  std::shared_ptr<http::EventFeed> feed = http::EventFeed::create(1000);
  net::Endpoint url;
  core::Result<void> outcome;

 private:
  std::jthread thread_;
};

inline tls::ClientContext trusting(std::optional<tls::Identity> identity = {}) {
  tls::ClientOptions options;
  options.ca_pem = our_ca().pem();
  options.identity = std::move(identity);
  auto context = tls::ClientContext::create(options);
  REQUIRE(context);
  return *context;
}

inline http::Exchange get(const Running& running, std::string path,
                          const tls::ClientContext& context = trusting()) {
  http::ClientRequest request;
  request.url = running.url;
  request.url.path = std::move(path);
  return http::exchange(request, context);
}

inline core::Fd dial(const Running& running) {
  auto socket = net::dial(running.url, core::Deadline::in(std::chrono::seconds(5)));
  REQUIRE(socket);
  return std::move(*socket);
}

inline void send_raw(const core::Fd& socket, std::string_view text) {
  REQUIRE(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(text.size()));
}

// Everything until the peer closes.
inline std::string read_all(const core::Fd& socket) {
  std::string out;
  std::array<char, 65536> buffer{};
  while (net::wait_ready(socket.get(), net::Direction::read,
                         core::Deadline::in(std::chrono::seconds(10)))) {
    const ssize_t n = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (n <= 0) break;
    out.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return out;
}

inline std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string_view::npos; ++at) ++n;
  return n;
}

inline std::string run(const char* program, std::vector<std::string> arguments,
                       std::string input = {}) {
  const auto path = proc::which(program, program);
  REQUIRE(path);
  proc::Spec spec{.program = *path, .arguments = std::move(arguments)};
  spec.input = std::move(input);
  const auto output = proc::run(spec, core::Deadline::in(std::chrono::seconds(30)));
  REQUIRE(output);
  std::string out = output->out;
  if (out.ends_with('\n')) out.pop_back();  // run() gives whole lines
  return out;
}

struct CaFile {
  CaFile()
      : directory(*core::TempDirectory::create("http-test")), path(directory.path() / "ca.pem") {
    REQUIRE(core::write_file_atomic(path, our_ca().pem(), {}));
  }
  core::TempDirectory directory;
  core::Path path;
};

}  // namespace wxsec::test
