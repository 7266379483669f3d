// The question is what the *client* does, so the client must be the real one: lib/mqtt/client.h, by
// which wxsec's stations and ingest connect. Nothing follows from it for other people's stations. A
// refusal only proves something if the trap works, hence the control: a client that verifies
// nothing walks into it, and the relay reads its CONNECT.
#include "src/attack/impostor.h"

#include <fmt/core.h>

#include <condition_variable>
#include <mutex>
#include <optional>

#include "lib/mqtt/client.h"
#include "lib/mqtt/raw_client.h"
#include "src/attack/outcome.h"
#include "src/attack/relay.h"

namespace wxsec::attack {
namespace {

constexpr std::string_view kControlName = "wxsec-control";

std::string said_by_all(const std::vector<Overheard>& connections) {
  std::string all;
  for (const Overheard& one : connections) all += one.said;
  return all;
}

// The first reason for which a client left; the others are its further tries.
std::string first_refusal(const std::vector<Overheard>& connections) {
  for (const Overheard& one : connections) {
    if (!one.refusal.empty()) return one.refusal;
  }
  return {};
}

// How the first attempt of a client to connect went, told by its own thread.
class FirstTry {
 public:
  void note(const mqtt::ConnectionEvent& event) {
    const std::lock_guard lock(mutex_);
    if (result_) return;
    using Kind = mqtt::ConnectionEvent::Kind;
    result_ = event.kind == Kind::up ? core::Result<void>() : core::fail(event.error);
    told_.notify_all();
  }
  core::Result<void> wait(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    if (told_.wait_for(lock, timeout, [this] { return result_.has_value(); })) return *result_;
    return core::fail(core::Code::timeout, "it has not come to a decision");
  }

 private:
  std::mutex mutex_;
  std::condition_variable told_;
  std::optional<core::Result<void>> result_;
};

// True if the relay read the CONNECT of a client that checks nothing.
bool trap_works(Relay& relay, const Target& target, report::Check& check) {
  const net::Endpoint place = relay.endpoint();
  auto client = mqtt::RawClient::open({place.host, place.port, mqtt::RawTls{}, target.timeout});
  if (client) {
    mqtt::RawConnect connect;
    connect.client_id = kControlName;
    static_cast<void>((*client.value)->connect(connect));  // the broker may well refuse the relay
    client.value->reset();
  }
  const std::string said = said_by_all(relay.take());
  const bool works = said.find(kControlName) != std::string::npos;
  check.evidence.push_back(
      works ? fmt::format("control, a client that checks nothing: the relay read its CONNECT ({} "
                          "bytes)",
                          said.size())
            : std::string("control, a client that checks nothing: the relay read nothing"));
  return works;
}

// Why there is no broker to be impersonated; empty if one answers in TLS (an alert is an answer).
std::string why_no_broker(const Target& target) {
  const auto client = mqtt::RawClient::open(
      {target.broker->host, target.broker->port, mqtt::RawTls{}, target.timeout});
  if (client || client.refusal.tls.alert) return {};
  return fmt::format("{} does not answer in TLS: {}", net::to_string(*target.broker),
                     client.refusal.error.what);
}

mqtt::ClientOptions station_options(const Target& target, const net::Endpoint& place) {
  mqtt::ClientOptions options;
  options.host = place.host;
  options.port = place.port;
  options.tls = {target.ca, target.station.cert, target.station.key};
  options.client_id = target.station_name;
  options.connect_timeout = target.timeout;
  return options;
}

}  // namespace

report::Check attempt_to_play_broker(const Session& session, const Forged& forged,
                                     std::string_view what, std::string_view id) {
  const Target& target = session.target;
  report::Check check = begin(*target.broker);
  check.target =
      fmt::format("wxsec's own station, as if on its way to {}", net::to_string(*target.broker));
  if (!target.broker->tls())
    return inconclusive(std::move(check),
                        "the broker is not reached over TLS: there is nothing to "
                        "impersonate, see plain-publish");
  if (const std::string why = why_no_broker(target); !why.empty())
    return inconclusive(std::move(check), why);
  auto relay = Relay::start(
      {{forged.chain_pem, forged.key_pem.clone(), "the impostor"}, *target.broker, target.timeout});
  if (!relay) return inconclusive(std::move(check), relay.error().what);
  check.evidence.push_back(
      fmt::format("{} listens at {}", what, net::to_string(relay->endpoint())));
  if (!trap_works(*relay, target, check))
    return inconclusive(std::move(check), "the relay did not work, so a refusal proves nothing");

  FirstTry first_try;
  auto client = mqtt::Client::start(
      station_options(target, relay->endpoint()),
      {[&first_try](const mqtt::ConnectionEvent& event) { first_try.note(event); }, {}});
  if (!client) return inconclusive(std::move(check), client.error().what);
  const auto connected = first_try.wait(target.timeout + target.timeout);
  (*client)->stop(target.timeout);
  const std::vector<Overheard> overheard = relay->take();
  const std::string said = said_by_all(overheard);
  const std::string alert = first_refusal(overheard);
  check.evidence.push_back("wxsec's station: " +
                           (connected ? std::string("connected") : connected.error().what));
  check.evidence.push_back(
      fmt::format("the relay: {}, {} bytes read",
                  alert.empty() ? "no refusal" : "the station left with " + alert, said.size()));
  if (connected || !said.empty()) {
    check.bytes = core::to_bytes(core::as_bytes(std::string_view(said).substr(0, 256)));
    return broken(std::move(check), id, net::to_string(*target.broker),
                  fmt::format("wxsec's station talked to {}", what));
  }
  if (alert.empty() || connected.error().code != core::Code::tls)
    return inconclusive(std::move(check),
                        "wxsec's station did not connect, but for another reason");
  return held(std::move(check),
              fmt::format("wxsec's station refuses {}, before it says a word", what));
}

}  // namespace wxsec::attack
