#include "src/api/ingest.h"

#include <fmt/core.h>

#include <chrono>
#include <utility>

#include "lib/net/endpoint.h"
#include "src/weather/station.h"

namespace wxsec::api {
namespace {

using core::Code;
using core::Result;

// How long the broker keeps messages for us while we are away.
constexpr std::chrono::hours kSessionExpiry{24};
constexpr std::chrono::seconds kFarewell{2};

}  // namespace

Result<mqtt::ClientOptions> client_options(const BrokerOptions& broker, bool insecure_lesson) {
  const net::Endpoint endpoint = WXSEC_TRY(net::parse_endpoint(broker.url, 8883));
  if (endpoint.scheme != net::Scheme::mqtts && endpoint.scheme != net::Scheme::mqtt) {
    return core::fail(Code::usage, fmt::format("{} is no broker's URL", broker.url),
                      "write mqtts://HOST:8883");
  }
  if (!endpoint.tls() && !insecure_lesson) {
    return core::fail(Code::usage, "readings would come over an unencrypted connection",
                      "use mqtts://, or --insecure-lesson if that is the lesson");
  }
  mqtt::ClientOptions options;
  options.host = endpoint.host;
  options.port = endpoint.port;
  options.transport = endpoint.tls() ? mqtt::Transport::tls : mqtt::Transport::plaintext_lesson;
  if (endpoint.tls()) options.tls = {broker.ca, broker.certificate, broker.key};
  options.client_id = broker.client_id;
  options.username = broker.user;
  options.password = broker.password.clone();
  options.session = mqtt::Session::persistent;
  options.session_expiry = kSessionExpiry;
  options.backoff = {std::chrono::milliseconds(250), std::chrono::seconds(10)};
  options.max_inflight = 1000;
  return options;
}

Ingest::Ingest(Inbox::Outside outside)
    : live_(outside.live), events_(outside.events), tell_(outside.tell), inbox_([&] {
        outside.publish = [this](std::string topic, std::string payload) {
          sender_->publish_async(
              {.topic = std::move(topic),
               .payload = std::move(payload),
               .retain = mqtt::Retain::yes},
              [](const Result<void>&) {});  // the next reading brings the next one
        };
        return std::move(outside);
      }()) {}

Result<std::unique_ptr<Ingest>> Ingest::start(mqtt::ClientOptions options, Inbox::Outside outside) {
  std::unique_ptr<Ingest> ingest(new Ingest(std::move(outside)));
  ingest->live_.set_broker({.expected = true, .connected = false, .problem = "connecting"});
  mqtt::ClientCallbacks callbacks;
  callbacks.on_connection = [raw = ingest.get()](const mqtt::ConnectionEvent& event) {
    raw->on_connection(event);
  };
  callbacks.on_message = [raw = ingest.get()](const mqtt::Message& message) {
    return raw->inbox_.take(message.topic, message.payload) == Inbox::Taken::yes
               ? mqtt::Handled::done
               : mqtt::Handled::retry;
  };
  const std::lock_guard lock(ingest->starting_);
  ingest->client_ = WXSEC_TRY(mqtt::Client::start(std::move(options), std::move(callbacks)));
  ingest->sender_ = ingest->client_.get();
  for (const weather::Kind kind : {weather::Kind::reading, weather::Kind::status}) {
    WXSEC_TRY(ingest->client_->subscribe(weather::topic_of_all(kind)));
  }
  ingest->writer_ =
      std::jthread([raw = ingest.get()](std::stop_token stop) { raw->inbox_.run(stop); });
  return ingest;
}

Ingest::~Ingest() {
  if (writer_.joinable()) {
    writer_.request_stop();
    writer_.join();
  }
  if (client_) client_->stop(kFarewell);
}

void Ingest::on_connection(const mqtt::ConnectionEvent& event) {
  { const std::lock_guard started(starting_); }
  const bool up = event.kind == mqtt::ConnectionEvent::Kind::up;
  live_.set_broker({.expected = true, .connected = up, .problem = up ? "" : event.error.what});
  if (up) inbox_.acknowledge_all();
  events_.publish("broker", up ? R"({"connected":true})" : R"({"connected":false})");
  if (!up && told_ == event.error.what) return;
  told_ = up ? "" : event.error.what;
  tell_({.kind = up ? ServeEvent::Kind::broker_connected : ServeEvent::Kind::broker_lost,
         .station = {},
         .text = up ? "" : event.error.what,
         .reading = {}});
}

}  // namespace wxsec::api
