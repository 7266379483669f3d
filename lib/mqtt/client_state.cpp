// A connection is one PahoLink; this file gives it a life: one thread that connects, subscribes
// again, hands over messages, notices the end, waits and begins anew.
//
//     connecting --ok--> up --lost--> waiting --time--> connecting
//         |                              ^
//         +--------- failed -------------+      stop: from anywhere to the end
//
// Messages arrive in Paho's thread, which all clients of the process share; they are queued here
// (bounded: a slow callback slows the broker down, through TCP) and handed over by our own thread.
#include "lib/mqtt/client_state.h"

#include <random>

#include "lib/mqtt/preflight.h"

namespace wxsec::mqtt {
namespace {

using core::Code;
using core::Error;
using core::fail;
using core::Result;
using namespace std::chrono_literals;

constexpr std::size_t kMaxQueued = 1000;  // messages; beyond it Paho's thread waits
constexpr auto kRetryPause = 200ms;       // after Handled::retry

// Paho names no cause, so we look for it ourselves; what we do not find keeps Paho's words.
Error diagnose(const ClientOptions& options, Error error) {
  if (error.code == Code::denied || error.code == Code::interrupted) return error;
  auto tried = preflight(options);
  return tried ? error : std::move(tried).error();
}

}  // namespace

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

}  // namespace wxsec::mqtt
