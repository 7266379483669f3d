// A connection is one PahoLink; this file gives it a life: one thread that connects, subscribes
// again, hands over messages, notices the end, waits and begins anew.
//
//     connecting --ok--> up --lost--> waiting --time--> connecting
//         |                              ^
//         +--------- failed -------------+      stop: from anywhere to the end
//
// Messages arrive in Paho's thread, which all clients of the process share; they are queued here
// (bounded: a slow callback slows the broker down, through TCP) and handed over by our own thread.
#include "lib/mqtt/client.h"

#include <fmt/core.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "lib/mqtt/backoff.h"
#include "lib/mqtt/paho_link.h"
#include "lib/mqtt/preflight.h"

namespace wxsec::mqtt {
namespace {

using core::Code;
using core::Deadline;
using core::Error;
using core::fail;
using core::Result;
using namespace std::chrono_literals;

constexpr std::size_t kMaxQueued = 1000;  // messages; beyond it Paho's thread waits
constexpr auto kRetryPause = 200ms;       // after Handled::retry

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

// Paho names no cause, so we look for it ourselves; what we do not find keeps Paho's words.
Error diagnose(const ClientOptions& options, Error error) {
  if (error.code == Code::denied || error.code == Code::interrupted) return error;
  auto tried = preflight(options);
  return tried ? error : std::move(tried).error();
}

}  // namespace

struct Client::State {
  ClientOptions options;
  ClientCallbacks callbacks;

  mutable std::mutex mutex;
  std::condition_variable_any changed;
  std::shared_ptr<PahoLink> link;  // while up
  // What is to be told: a message, or an answer to a publish.
  struct Arrival {
    Message message;
    std::function<void()> answer;  // if set, there is no message
  };
  std::deque<Arrival> inbox;
  std::vector<std::string> filters;
  std::size_t subscribed = 0;  // how many of `filters` this connection has
  std::optional<Error> lost;   // set by Paho's thread
  std::optional<Error> last_error;
  bool closing = false;
  std::jthread worker;  // last: it uses all of the above

  void work(const std::stop_token& stop);
  bool connect(const std::stop_token& stop, BackoffTimer& backoff, int attempt);
  void serve(const std::stop_token& stop);
  Result<void> subscribe_new();
  void deliver_waiting(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  void pause(std::chrono::milliseconds span, const std::stop_token& stop);
  void retire(const Error& why);
  Handled tell(const Arrival& arrival);
  void tell(const ConnectionEvent& event) {
    if (callbacks.on_connection) callbacks.on_connection(event);
  }
  void answer(std::function<void()> call);
  LinkEvents events();
};

void Client::State::answer(std::function<void()> call) {
  const std::lock_guard lock(mutex);
  inbox.push_back({{}, std::move(call)});
  changed.notify_all();
}

LinkEvents Client::State::events() {
  return {.on_message =
              [this](Message message) {
                std::unique_lock lock(mutex);
                changed.wait(lock, [&] { return inbox.size() < kMaxQueued || closing || lost; });
                inbox.push_back({std::move(message), {}});
                changed.notify_all();
              },
          .on_lost =
              [this](Error error) {
                const std::lock_guard lock(mutex);
                lost = std::move(error);
                changed.notify_all();
              }};
}

// Tells what is queued, oldest first. The lock is released around the callback.
void Client::State::deliver_waiting(std::unique_lock<std::mutex>& lock,
                                    const std::stop_token& stop) {
  while (!inbox.empty() && !stop.stop_requested()) {
    Arrival arrival = std::move(inbox.front());
    inbox.pop_front();
    changed.notify_all();
    lock.unlock();
    const Handled handled = tell(arrival);
    lock.lock();
    if (handled == Handled::done) continue;
    inbox.push_front(std::move(arrival));
    changed.wait_for(lock, stop, kRetryPause, [] { return false; });
  }
}

Handled Client::State::tell(const Arrival& arrival) {
  if (!arrival.answer)
    return callbacks.on_message ? callbacks.on_message(arrival.message) : Handled::done;
  arrival.answer();
  return Handled::done;
}

// The wait between two attempts; what is queued is not made to wait with us.
void Client::State::pause(std::chrono::milliseconds span, const std::stop_token& stop) {
  const auto until = std::chrono::steady_clock::now() + span;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    deliver_waiting(lock, stop);
    if (!changed.wait_until(lock, stop, until, [&] { return !inbox.empty(); })) return;
  }
}

// Ends the link. Outside the lock, for Paho's thread may be waiting for it in one of our callbacks;
// `lost` lets that thread go on.
void Client::State::retire(const Error& why) {
  std::shared_ptr<PahoLink> old;
  {
    const std::lock_guard lock(mutex);
    if (!lost) lost = why;
    old = std::exchange(link, nullptr);
    changed.notify_all();
  }
}

Result<void> Client::State::subscribe_new() {
  for (;;) {
    std::string filter;
    std::shared_ptr<PahoLink> now;
    {
      const std::lock_guard lock(mutex);
      if (subscribed == filters.size()) return {};
      filter = filters[subscribed];
      now = link;
    }
    if (now == nullptr) return fail(Code::interrupted, "stopped");
    WXSEC_TRY(now->subscribe(filter, options.connect_timeout));
    const std::lock_guard lock(mutex);
    ++subscribed;
  }
}

bool Client::State::connect(const std::stop_token& stop, BackoffTimer& backoff, int attempt) {
  {
    const std::lock_guard lock(mutex);
    lost.reset();
    subscribed = 0;
  }
  auto made = PahoLink::connect(options, events(), stop);
  if (made) {
    {
      const std::lock_guard lock(mutex);
      link = std::move(*made);
    }
    const Result<void> granted = subscribe_new();
    if (granted) return true;
    retire(granted.error());
    made = fail(granted.error());
  }
  if (stop.stop_requested()) return false;
  const Error error = diagnose(options, std::move(made).error());
  {
    const std::lock_guard lock(mutex);
    last_error = error;
  }
  const auto wait = backoff.next();
  tell({.kind = ConnectionEvent::Kind::failed,
        .error = error,
        .next_try = wait,
        .attempt = attempt});
  pause(wait, stop);
  return false;
}

// Until the connection is lost or a stop is asked for.
void Client::State::serve(const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  while (!stop.stop_requested() && !lost) {
    changed.wait(lock, stop, [&] { return lost || !inbox.empty() || subscribed < filters.size(); });
    if (subscribed < filters.size() && !lost && !stop.stop_requested()) {
      lock.unlock();
      const Result<void> granted = subscribe_new();
      lock.lock();
      if (!granted && !lost) lost = granted.error();
    }
    deliver_waiting(lock, stop);
  }
}

void Client::State::work(const std::stop_token& stop) {
  BackoffTimer backoff(options.backoff, std::random_device{}());
  int attempt = 1;
  while (!stop.stop_requested()) {
    if (!connect(stop, backoff, attempt)) {
      ++attempt;
      continue;
    }
    attempt = 1;
    const auto since = std::chrono::steady_clock::now();
    {
      const std::lock_guard lock(mutex);
      last_error.reset();
      changed.notify_all();
    }
    tell({.kind = ConnectionEvent::Kind::up, .error = {}});
    serve(stop);
    if (stop.stop_requested()) break;
    // A connection that is thrown out at once must not come back at once.
    if (std::chrono::steady_clock::now() - since > options.backoff.longest) backoff.reset();
    const auto wait = backoff.next();
    Error error;
    {
      const std::lock_guard lock(mutex);
      error = lost.value_or(Error{});
      last_error = error;
    }
    retire(error);
    tell({.kind = ConnectionEvent::Kind::down, .error = error, .next_try = wait});
    pause(wait, stop);
  }
}

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
