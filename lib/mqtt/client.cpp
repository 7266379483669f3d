// What the client's owner calls; its life of connections is in client_state.cpp.
#include "lib/mqtt/client.h"

#include <fmt/core.h>

#include "lib/mqtt/client_state.h"

namespace wxsec::mqtt {
namespace {

using core::Code;
using core::fail;
using core::Result;
using namespace std::chrono_literals;

Result<void> check(const ClientOptions& options) {
  if (options.transport == Transport::tls) {
    if (options.tls.ca.empty())
      return fail(Code::usage, "a TLS connection needs the CA to trust", "give it with --ca");
    if (options.tls.certificate.empty() != options.tls.key.empty())
      return fail(Code::usage, "a client certificate and its key come together",
                  "give both --cert and --key");
  }
  if (options.will && !valid_topic(options.will->topic))
    return fail(Code::usage, "the last will's topic cannot be published to");
  if (options.host.empty()) return fail(Code::usage, "the broker's host name is empty");
  return {};
}

}  // namespace

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}
Client::~Client() { stop(1s); }

Result<std::unique_ptr<Client>> Client::start(ClientOptions options, ClientCallbacks callbacks) {
  WXSEC_TRY(check(options));
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  state->callbacks = std::move(callbacks);
  State* const raw = state.get();
  state->worker = std::jthread([raw](const std::stop_token& stop) { raw->work(stop); });
  return std::unique_ptr<Client>(new Client(std::move(state)));
}

bool Client::connected() const {
  const std::lock_guard lock(state_->mutex);
  return state_->link != nullptr && !state_->lost && state_->subscribed == state_->filters.size();
}

Result<void> Client::wait_connected(std::chrono::milliseconds timeout) {
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  const auto up = [&] {
    return state.link && !state.lost && !state.last_error &&
           state.subscribed == state.filters.size();
  };
  if (state.changed.wait_for(lock, timeout, up)) return {};
  if (state.last_error) return fail(*state.last_error);
  return fail(Code::timeout, fmt::format("no connection to {}:{} in time", state.options.host,
                                         state.options.port));
}

Result<void> Client::subscribe(std::string filter) {
  if (!valid_filter(filter)) return fail(Code::usage, "malformed topic filter");
  const std::lock_guard lock(state_->mutex);
  state_->filters.push_back(std::move(filter));
  state_->changed.notify_all();
  return {};
}

void Client::publish_async(const Message& message, PublishResult result) {
  std::shared_ptr<PahoLink> link;
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->lost) link = state_->link;
  }
  if (!valid_topic(message.topic)) {
    if (result) result(fail(Code::usage, "malformed topic"));
  } else if (link == nullptr) {
    if (result) result(fail(Code::refused, "not connected"));
  } else {
    link->publish(message,
                  [state = state_.get(), result = std::move(result)](const Result<void>& outcome) {
                    if (result) state->answer([result, outcome] { result(outcome); });
                  });
  }
}

Result<void> Client::publish(const Message& message, std::chrono::milliseconds timeout) {
  struct Answer {
    std::mutex mutex;
    std::condition_variable came;
    std::optional<Result<void>> result;
  };
  const auto answer = std::make_shared<Answer>();
  publish_async(message, [answer](const Result<void>& result) {
    const std::lock_guard lock(answer->mutex);
    answer->result = result;
    answer->came.notify_all();
  });
  std::unique_lock lock(answer->mutex);
  if (!answer->came.wait_for(lock, timeout, [&] { return answer->result.has_value(); }))
    return fail(Code::timeout, "the broker did not acknowledge in time");
  return *answer->result;
}

void Client::stop(std::chrono::milliseconds timeout) {
  State& state = *state_;
  std::shared_ptr<PahoLink> link;
  {
    const std::lock_guard lock(state.mutex);
    state.closing = true;
    link = std::exchange(state.link, nullptr);
    state.changed.notify_all();
  }
  state.worker.request_stop();
  if (link) link->disconnect(timeout);
  if (state.worker.joinable()) state.worker.join();
  link.reset();
  state.retire({Code::interrupted, "stopped", {}});  // a connection made meanwhile
  for (const State::Arrival& arrival : std::exchange(state.inbox, {})) {
    if (arrival.answer) arrival.answer();
  }
}

}  // namespace wxsec::mqtt
