// Clients shake hands with the real Mosquitto and with the API all the time, while both get new
// certificates again and again: none of the handshakes fails, and none sees a pair that does not
// match. WXSEC_HANDSHAKES says how many there are to be (10000 for the full count), 300 unless
// told.
#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <set>
#include <thread>

#include "lib/core/file.h"
#include "lib/core/number.h"
#include "lib/proc/child.h"
#include "lib/proc/which.h"
#include "lib/proto/mqtt_packet.h"
#include "lib/tls/probe.h"
#include "src/certs/layout.h"

namespace {

using namespace wxsec;
using namespace std::chrono_literals;
using core::Deadline;

std::uint64_t wanted_handshakes() {
  const char* const text = std::getenv("WXSEC_HANDSHAKES");
  return core::parse_number<std::uint64_t>(text == nullptr ? "300" : text, 1, 1'000'000)
      .value_or(300);
}

core::Path binary() {
  const char* const given = std::getenv("WXSEC");
  return given == nullptr ? WXSEC_BINARY : given;
}

// A `wxsec ...` server on a port of its own choice.
struct Server {
  std::unique_ptr<proc::Child> child;
  net::Endpoint at;

  Server(const core::Path& directory, net::Scheme scheme, std::vector<std::string> arguments) {
    std::mutex mutex;
    std::string port;
    auto started = proc::Child::start(
        {.program = binary(), .arguments = std::move(arguments), .directory = directory},
        [&](std::string_view line) {
          if (line.find("listening on") == std::string_view::npos) return;
          const std::scoped_lock lock(mutex);
          if (port.empty()) port = line.substr(line.rfind(':') + 1);
        });
    REQUIRE(started.has_value());
    child = std::make_unique<proc::Child>(std::move(*started));
    const auto ready = child->wait_for_line("listening on", Deadline::in(60s));
    REQUIRE_MESSAGE(ready.has_value(), child->recent_output());
    const auto end = Deadline::in(10s);
    while (!end.passed()) {
      const std::scoped_lock lock(mutex);
      if (!port.empty()) break;
    }
    const std::scoped_lock lock(mutex);
    const auto number = core::parse_number<std::uint16_t>(port, 1, 65535);
    REQUIRE(number.has_value());
    at = {scheme, "localhost", *number, {}};
  }
};

struct Tally {
  std::atomic<std::uint64_t> good{0};
  std::mutex mutex;
  std::vector<std::string> bad;
  std::set<std::string> serials;  // what was served

  // On a busy machine the wanted ones can all be over before the first renewal is.
  bool enough(std::uint64_t wanted) {
    const std::scoped_lock lock(mutex);
    return (good >= wanted && serials.size() > 1) || bad.size() > 20;
  }
};

void shake_hands(const net::Endpoint& at, const core::Bytes& ping,
                 const tls::ClientContext& context, std::uint64_t wanted, Tally& tally) {
  while (!tally.enough(wanted)) {
    tls::ProbeOptions probe;
    probe.target = at;
    probe.ping = ping;
    probe.timeout = 60s;
    const auto seen = tls::probe(probe, context);
    const std::scoped_lock lock(tally.mutex);
    if (seen.failure || seen.answer.empty()) {
      tally.bad.push_back(tls::to_error(seen.failure, net::to_string(at)).what);
      continue;
    }
    ++tally.good;
    tally.serials.insert(seen.peer.chain.front().serial);
  }
}

core::Result<proc::Output> wxsec_in(const core::Path& directory, std::vector<std::string> words) {
  return proc::run({.program = binary(), .arguments = std::move(words), .directory = directory},
                   Deadline::in(120s));
}

tls::ClientContext client_of(const certs::Layout& layout, const char* name) {
  tls::ClientOptions options;
  options.ca_pem = core::read_file(layout.ca(), 100'000).value();
  options.identity =
      tls::read_identity(layout.current(name).fullchain, layout.current(name).key).value();
  return tls::ClientContext::create(options).value();
}

}  // namespace

TEST_CASE("certs/handshakes: none fails while broker and API are renewed") {
  if (!proc::which("mosquitto", "").has_value()) {
    MESSAGE("skip: mosquitto is not installed");
    std::exit(77);
  }
  const auto work = core::TempDirectory::create("wxsec-handshakes-").value();
  REQUIRE(wxsec_in(work.path(), {"certs", "init", "--stations", "1"}).value().ending.ok());
  const certs::Layout layout(work.path() / "certs");
  std::vector<std::string> run{"broker", "run", "--listen", "127.0.0.1:0"};
  if (::geteuid() == 0) run.insert(run.end(), {"--user", "root"});
  const Server broker(work.path(), net::Scheme::mqtts, std::move(run));
  const Server api(
      work.path(), net::Scheme::https,
      {"api", "serve", "--broker", "none", "--client-auth", "require", "--listen", "127.0.0.1:0"});
  proto::MqttConnect connect;
  connect.client_id = "handshakes";
  const core::Bytes hello = proto::encode_mqtt(connect);
  const std::string get = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  const core::Bytes request(get.begin(), get.end());
  const auto as_operator = client_of(layout, "operator");

  const std::uint64_t wanted = wanted_handshakes() / 2;
  Tally at_broker;
  Tally at_api;
  std::uint64_t renewals = 0;
  {
    std::jthread mqtt([&] { shake_hands(broker.at, hello, as_operator, wanted, at_broker); });
    std::jthread https([&] { shake_hands(api.at, request, as_operator, wanted, at_api); });
    while (!at_broker.enough(wanted) || !at_api.enough(wanted)) {
      const auto renewed = wxsec_in(
          work.path(), {"certs", "renew", "broker", "api", "--force", "--verify-within", "60s",
                        "--reload", "broker=pid:" + std::to_string(broker.child->pid()), "--verify",
                        "broker=" + net::to_string(broker.at), "--reload",
                        "api=pid:" + std::to_string(api.child->pid()), "--verify",
                        "api=" + net::to_string(api.at)});
      REQUIRE(renewed.has_value());
      CHECK_MESSAGE(renewed->ending.ok(), renewed->out);
      ++renewals;
    }
  }
  for (const auto& [name, tally] : {std::pair("broker", &at_broker), std::pair("api", &at_api)}) {
    CAPTURE(name);
    CHECK_MESSAGE(tally->bad.empty(), (tally->bad.empty() ? "" : tally->bad.front()));
    CHECK(tally->good >= wanted);
    CHECK(tally->serials.size() > 1);  // the clients saw the change
  }
  MESSAGE(at_broker.good.load() << " handshakes with the broker, " << at_api.good.load()
                                << " with the API, " << renewals << " renewals, "
                                << at_broker.serials.size() + at_api.serials.size()
                                << " certificates seen");
}
