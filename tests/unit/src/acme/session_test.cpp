#include "src/acme/session.h"

#include <doctest/doctest.h>

#include <vector>

#include "lib/core/time.h"

using namespace wxsec;
using namespace wxsec::acme;

namespace {

// A server of a few lines: answers by path, counts, and remembers where it was asked.
struct FakeServer {
  std::vector<std::string> asked = {};
  int bad_nonces = 0;  // so many more POSTs are refused
  int answer_status = 200;
  std::string answer_body = "{}";
  http::Fields answer_headers = {};
  std::string directory = R"({"newNonce":"https://ca.test/nonce","newAccount":"https://ca.test/a",)"
                          R"("newOrder":"https://ca.test/o"})";

  core::Result<http::ClientResponse> answer(const http::ClientRequest& request) {
    asked.push_back(request.url.path);
    http::ClientResponse out;
    out.status = 200;
    out.headers = {{"replay-nonce", "n" + std::to_string(asked.size())}};
    if (request.url.path == "/dir") {
      out.body = directory;
    } else if (request.method == http::Method::post && bad_nonces > 0) {
      --bad_nonces;
      out.status = 400;
      out.body = R"({"type":"urn:ietf:params:acme:error:badNonce","detail":"bad"})";
    } else if (request.method == http::Method::post) {
      out.status = answer_status;
      out.body = answer_body;
      out.headers.insert(out.headers.end(), answer_headers.begin(), answer_headers.end());
    }
    return out;
  }
  SessionOptions options() {
    SessionOptions out;
    out.directory_url = "https://ca.test/dir";
    out.exchange = [this](const http::ClientRequest& request) { return answer(request); };
    return out;
  }
};

const pki::Key& account_key() {
  static const pki::Key key = pki::Key::generate(pki::KeyType::p256).value();
  return key;
}

core::Result<Session> opened(FakeServer& server) {
  auto session = Session::open(server.options(), core::system_clock());
  if (session) session->sign_as(account_key(), "https://ca.test/account/1");
  return session;
}

}  // namespace

TEST_CASE("acme/session: one nonce is asked for, the later ones come with the answers") {
  FakeServer server;
  auto session = opened(server);
  REQUIRE(session);
  REQUIRE(session->post("https://ca.test/x", "{}", "test"));
  REQUIRE(session->post("https://ca.test/y", "{}", "test"));
  // The directory's own answer brought one already.
  CHECK(server.asked == std::vector<std::string>{"/dir", "/x", "/y"});
}

TEST_CASE("acme/session: a refused nonce is tried again with the next, but not for ever") {
  FakeServer server;
  auto session = opened(server);
  server.bad_nonces = kNonceTries - 1;
  CHECK(session->post("https://ca.test/x", "{}", "test").has_value());
  server.bad_nonces = 1000;
  const auto refused = session->post("https://ca.test/x", "{}", "test");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what.find("badNonce") != std::string::npos);
  CHECK(server.bad_nonces == 1000 - kNonceTries);
}

TEST_CASE("acme/session: no request goes to another host, port or scheme") {
  FakeServer server;
  auto session = opened(server);
  const auto before = server.asked.size();
  for (const char* url :
       {"http://ca.test/x", "https://ca.test:444/x", "https://elsewhere.test/x", "", "x", "/x",
        "https://ca.test@elsewhere.test/x", "https://ca.test.elsewhere.test/", "https://ca.test/\n",
        "https://ca.test/\xff", "file:///etc/passwd", "https://[::1]/x"}) {
    CHECK(session->check_url(url).error().code == core::Code::protocol);
    CHECK_FALSE(session->post(url, "{}", "test"));
    CHECK_FALSE(session->get(url, "test"));
  }
  CHECK_FALSE(session->check_url("https://ca.test/" + std::string(3000, 'a')));
  CHECK(server.asked.size() == before);
  CHECK(session->check_url("https://CA.test:443/order/1?x=y"));
}

TEST_CASE("acme/session: the directory itself must be asked over https") {
  FakeServer server;
  SessionOptions options = server.options();
  options.directory_url = "http://ca.test/dir";
  CHECK(Session::open(std::move(options), core::system_clock()).error().code == core::Code::usage);
  CHECK(server.asked.empty());
}

TEST_CASE(
    "acme/session: a refusal carries the server's reason, its type and the wait it asks for") {
  FakeServer server;
  auto session = opened(server);
  server.answer_status = 429;
  server.answer_body = R"({"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many"})";
  server.answer_headers = {{"Retry-After", "7200"}};
  std::string type;
  const auto refused = session->post("https://ca.test/o", "{}", "order", &type);
  REQUIRE_FALSE(refused);
  CHECK(type == "rateLimited");
  CHECK(refused.error().code == core::Code::denied);
  CHECK(refused.error().hint.find("2 hours") != std::string::npos);
}

TEST_CASE("acme/session: redirects are refused, and a wait beyond the deadline is not begun") {
  FakeServer server;
  auto session = opened(server);
  server.answer_status = 307;
  server.answer_headers = {{"Location", "https://elsewhere.test/\x1b[2J"}};
  const auto moved = session->post("https://ca.test/o", "{}", "order");
  REQUIRE_FALSE(moved);
  CHECK(moved.error().code == core::Code::protocol);
  CHECK(moved.error().what.find('\x1b') == std::string::npos);
  CHECK(session->wait(std::chrono::hours(1), 0, "order").error().code == core::Code::timeout);
}

TEST_CASE("acme/session: a stop is obeyed before the next request") {
  FakeServer server;
  std::stop_source stop;
  SessionOptions options = server.options();
  options.stop = stop.get_token();
  auto session = Session::open(std::move(options), core::system_clock());
  REQUIRE(session);
  session->sign_as(account_key(), "");
  stop.request_stop();
  CHECK(session->post("https://ca.test/o", "{}", "order").error().code == core::Code::interrupted);
}
