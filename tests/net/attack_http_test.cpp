// What an API says in the clear.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <string>
#include <thread>

#include "lib/net/dial.h"
#include "lib/net/listen.h"
#include "tests/support/attack_site.h"

namespace {

using namespace wxsec;
using namespace test::attack_site;

// Says the same to everybody who connects.
class Canned {
 public:
  explicit Canned(std::string answer)
      : listener_(*net::listen({net::Scheme::none, "127.0.0.1", 0, ""}, 8)),
        thread_([this, answer = std::move(answer)](const std::stop_token& stop) {
          while (!stop.stop_requested()) serve(answer);
        }) {}
  std::uint16_t port() const { return listener_.endpoint.port; }

 private:
  void serve(const std::string& answer) const {
    if (!net::wait_ready(listener_.fd.get(), net::Direction::read, core::Deadline::in(20ms)))
      return;
    const core::Fd socket(::accept(listener_.fd.get(), nullptr, nullptr));
    if (!socket || !net::wait_ready(socket.get(), net::Direction::read, core::Deadline::in(2s)))
      return;
    char request[4096];
    if (::recv(socket.get(), request, sizeof request, 0) <= 0) return;
    ::send(socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  }
  net::Listener listener_;
  std::jthread thread_;
};

std::string http_answer(const std::string& status, const std::string& type,
                        const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: " + type +
         "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

report::Check ask_api(std::uint16_t port) {
  Target target;
  target.api = net::Endpoint{net::Scheme::https, "127.0.0.1", port, ""};
  target.plain_http_ports = {test::closed_port()};
  return run_one("plain-http", target);
}

}  // namespace

TEST_CASE("attack/http: data in the clear is broken") {
  const Canned api(http_answer("200 OK", "application/json", "{\"items\":[]}"));
  const report::Check check = ask_api(api.port());
  CAPTURE(all(check));
  CHECK(id_of(check) == "WX-HTTP-001");
}

TEST_CASE("attack/http: an answer without data holds, a question for a password is no proof") {
  for (const auto& [answer, expected] : std::vector<std::pair<std::string, Outcome>>{
           {http_answer("400 Bad Request", "text/plain", "this is an HTTPS port"), Outcome::held},
           {http_answer("404 Not Found", "text/html", "<h1>nginx</h1>"), Outcome::held},
           {http_answer("200 OK", "text/html", "<h1>It works!</h1>"), Outcome::held},
           {"\x15\x03\x01\x00\x02\x02\x46", Outcome::held},
           {http_answer("401 Unauthorized", "application/json", "{}"), Outcome::inconclusive}}) {
    const Canned api(answer);
    const report::Check check = ask_api(api.port());
    CAPTURE(all(check));
    CHECK(check.outcome == expected);
  }
}
