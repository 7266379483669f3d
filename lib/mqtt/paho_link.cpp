// Everything of Paho stays in this file. What we learned of Paho C++ 1.2 over Paho C 1.3.12:
// - it does not check the host name unless told to (set_verify);
// - every failure to connect is -1 with one of three texts, except a CONNACK that says no;
// - its success callbacks can be fewer than the messages that arrived, and what is in flight when a
//   connection breaks may never be reported: so we keep our own book of what is in flight, and
//   close it with the connection;
// - callbacks come from its threads, which all clients of the process share: nothing may block
//   there for long;
// - it touches a client once more after it has told us that an action is over (token::on_success
//   notifies, then calls remove_token): a client destroyed at once is pulled from under its feet.
#include "lib/mqtt/paho_link.h"

#include <fmt/core.h>
#include <mqtt/async_client.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <thread>

#include "lib/core/clock.h"
#include "lib/core/escape.h"
#include "lib/net/endpoint.h"
#include "lib/proto/mqtt_packet.h"

namespace wxsec::mqtt {
namespace {

using core::Code;
using core::Deadline;
using core::Error;
using core::fail;
using core::Result;
using namespace std::chrono_literals;

namespace paho = ::mqtt;

// TLS 1.2 suites; Paho has no say in those of 1.3.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr auto kSlice = 20ms;  // how often a wait looks whether it shall stop
constexpr auto kGrace = 10ms;  // for Paho's last touch, see above; it needs microseconds
constexpr int kFirstFailure = 0x80;

int wire_version(Version version) {
  return version == Version::v5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
}

std::string uri_of(const ClientOptions& options) {
  const char* const scheme = options.transport == Transport::tls ? "ssl" : "tcp";
  const net::Endpoint endpoint{net::Scheme::none, options.host, options.port, {}};
  return fmt::format("{}://{}", scheme, net::host_port(endpoint));
}

paho::ssl_options tls_options(const TlsFiles& files) {
  paho::ssl_options options;
  options.set_trust_store(files.ca.string());
  if (!files.certificate.empty()) {
    options.set_key_store(files.certificate.string());
    options.set_private_key(files.key.string());
  }
  options.set_enabled_cipher_suites(kCiphers);
  options.set_enable_server_cert_auth(true);
  options.set_verify(true);  // the host name; off by default
  return options;
}

void set_session(const ClientOptions& options, paho::connect_options& connect) {
  const bool clean = options.session == Session::clean;
  connect.set_mqtt_version(wire_version(options.version));
  if (options.version != Version::v5) return connect.set_clean_session(clean);
  connect.set_clean_start(clean);
  if (clean) return;
  connect.set_properties({{paho::property::SESSION_EXPIRY_INTERVAL,
                           static_cast<int>(options.session_expiry.count())}});
}

paho::connect_options connect_options(const ClientOptions& options) {
  paho::connect_options connect;
  set_session(options, connect);
  connect.set_keep_alive_interval(options.keep_alive);
  connect.set_connect_timeout(
      std::max(1s, std::chrono::duration_cast<std::chrono::seconds>(options.connect_timeout)));
  connect.set_max_inflight(options.max_inflight);
  connect.set_automatic_reconnect(false);
  if (!options.username.empty()) {
    connect.set_user_name(options.username);
    connect.set_password(std::string(options.password.reveal()));
  }
  if (options.will) {
    const Message& will = *options.will;
    connect.set_will_message(paho::message(will.topic, will.payload, static_cast<int>(will.qos),
                                           will.retain == Retain::yes));
  }
  if (options.transport == Transport::tls) connect.set_ssl(tls_options(options.tls));
  return connect;
}

Error not_connected(std::string why) { return {Code::refused, std::move(why), {}}; }

// What a token's exception says: the broker's own code where there is one.
Error error_of(const paho::exception& problem, proto::MqttType type, Version version,
               std::string_view doing) {
  const bool five = version == Version::v5;
  const int code = five ? problem.get_reason_code() : problem.get_return_code();
  const bool said_no = five ? code >= kFirstFailure && code <= 0xFF
                            : type == proto::MqttType::connack && code >= 1 && code <= 5;
  if (!said_no)
    return {Code::refused, fmt::format("{}: {}", doing, core::escape_terminal(problem.what())), {}};
  const auto wire = five ? proto::MqttVersion::v5 : proto::MqttVersion::v311;
  const auto name = proto::mqtt_reason_name(type, wire, static_cast<std::uint8_t>(code));
  return {Code::denied, fmt::format("{}: the broker says: {}", doing, name), {}};
}

// Waits in slices, so that a stop is heard.
Result<void> await(const paho::token_ptr& token, Deadline deadline, const std::stop_token& stop,
                   proto::MqttType type, Version version, std::string_view doing) {
  try {
    while (!token->wait_for(kSlice)) {
      if (stop.stop_requested()) return fail(Code::interrupted, "stopped");
      if (deadline.passed()) return fail(Code::timeout, fmt::format("{}: no answer", doing));
    }
    return {};
  } catch (const paho::exception& problem) {
    return fail(error_of(problem, type, version, doing));
  }
}

}  // namespace

// Publishes in flight by number, so that each is answered exactly once: by Paho or by the end.
struct PahoLink::State final : paho::iaction_listener {
  State(const ClientOptions& options, LinkEvents to)
      : events(std::move(to)),
        version(options.version),
        client(uri_of(options), options.client_id, paho::create_options(wire_version(version))) {}
  ~State() override { std::this_thread::sleep_for(kGrace); }

  void on_failure(const paho::token& token) override {
    const int reason = static_cast<int>(token.get_reason_code());
    if (reason >= kFirstFailure) return answer(token, denied(reason));
    answer(token, not_connected("the connection broke before the broker acknowledged"));
  }
  void on_success(const paho::token& token) override {
    const int reason = static_cast<int>(token.get_reason_code());
    if (version == Version::v5 && reason >= kFirstFailure) return answer(token, denied(reason));
    answer(token, std::nullopt);
  }

  static Error denied(int reason) {
    const auto name = proto::mqtt_reason_name(proto::MqttType::puback, proto::MqttVersion::v5,
                                              static_cast<std::uint8_t>(reason));
    return {Code::denied, fmt::format("the broker refuses the message: {}", name), {}};
  }
  void answer(const paho::token& token, std::optional<Error> error) {
    const auto number = reinterpret_cast<std::uintptr_t>(token.get_user_context());
    finish(number, std::move(error));
  }
  void finish(std::uintptr_t number, std::optional<Error> error) {
    Client::PublishResult result;
    {
      const std::lock_guard lock(mutex);
      const auto found = in_flight.find(number);
      if (found == in_flight.end()) return;
      result = std::move(found->second);
      in_flight.erase(found);
    }
    if (result) result(error ? Result<void>(fail(std::move(*error))) : Result<void>());
  }
  void finish_all(const char* why) {
    std::map<std::uintptr_t, Client::PublishResult> left;
    {
      const std::lock_guard lock(mutex);
      left.swap(in_flight);
    }
    for (auto& [number, result] : left) {
      if (result) result(fail(not_connected(why)));
    }
  }
  void lost(Error error) {
    {
      const std::lock_guard lock(mutex);
      if (over) return;
      over = true;
    }
    events.on_lost(std::move(error));
    finish_all("the connection broke before the broker acknowledged");
  }
  void listen();

  LinkEvents events;
  Version version;
  std::mutex mutex;
  bool over = false;
  std::uintptr_t last_number = 0;
  std::map<std::uintptr_t, Client::PublishResult> in_flight;
  paho::async_client client;  // last: its callbacks use all of the above
};

void PahoLink::State::listen() {
  client.set_message_callback([this](const paho::const_message_ptr& message) {
    events.on_message({message->get_topic(), message->get_payload_str(),
                       message->get_qos() == 0 ? Qos::at_most_once : Qos::at_least_once,
                       message->is_retained() ? Retain::yes : Retain::no});
  });
  client.set_connection_lost_handler(
      [this](const std::string&) { lost(not_connected("the connection broke")); });
  client.set_disconnected_handler([this](const paho::properties&, paho::ReasonCode reason) {
    const auto code = static_cast<std::uint8_t>(reason);
    constexpr std::uint8_t kTakenOver = 0x8E;
    Error error = not_connected(fmt::format(
        "the broker disconnects us: {}",
        proto::mqtt_reason_name(proto::MqttType::disconnect, proto::MqttVersion::v5, code)));
    if (code == kTakenOver)
      error.hint = "another client with the same certificate or client id has connected";
    lost(std::move(error));
  });
}

PahoLink::PahoLink(std::unique_ptr<State> state) : state_(std::move(state)) {}

PahoLink::~PahoLink() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->over = true;
  }
  state_->finish_all("the connection was closed before the broker acknowledged");
}

Result<std::unique_ptr<PahoLink>> PahoLink::connect(const ClientOptions& options, LinkEvents events,
                                                    const std::stop_token& stop) {
  const std::string doing = fmt::format("cannot connect to {}:{}", options.host, options.port);
  try {
    auto state = std::make_unique<State>(options, std::move(events));
    state->listen();
    const paho::token_ptr token = state->client.connect(connect_options(options));
    WXSEC_TRY(await(token, Deadline::in(options.connect_timeout + 1s), stop,
                    proto::MqttType::connack, options.version, doing));
    return std::unique_ptr<PahoLink>(new PahoLink(std::move(state)));
  } catch (const std::exception& problem) {  // Paho's, and std::bad_alloc's kin
    return fail(Code::refused, fmt::format("{}: {}", doing, core::escape_terminal(problem.what())));
  }
}

Result<void> PahoLink::subscribe(const std::string& filter, std::chrono::milliseconds timeout) {
  const std::string doing = fmt::format("cannot subscribe to {}", core::escape_terminal(filter));
  try {
    const paho::token_ptr token = state_->client.subscribe(filter, 1);
    WXSEC_TRY(
        await(token, Deadline::in(timeout), {}, proto::MqttType::suback, state_->version, doing));
    return {};
  } catch (const std::exception& problem) {
    return fail(Code::refused, fmt::format("{}: {}", doing, core::escape_terminal(problem.what())));
  }
}

void PahoLink::publish(const Message& message, Client::PublishResult result) {
  std::uintptr_t number = 0;
  {
    const std::lock_guard lock(state_->mutex);
    number = ++state_->last_number;
    state_->in_flight.emplace(number, std::move(result));
  }
  try {
    state_->client.publish(
        paho::make_message(message.topic, message.payload, static_cast<int>(message.qos),
                           message.retain == Retain::yes),
        reinterpret_cast<void*>(number), *state_);
  } catch (const std::exception& problem) {
    state_->finish(number, not_connected(core::escape_terminal(problem.what())));
  }
}

void PahoLink::disconnect(std::chrono::milliseconds timeout) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->over = true;
  }
  try {
    state_->client.disconnect(static_cast<int>(timeout.count()))->wait_for(timeout + 100ms);
  } catch (const std::exception&) {
    // It is gone already: nothing to say goodbye to.
    return;
  }
}

}  // namespace wxsec::mqtt
