// A service that runs in a thread of its own until it is told to stop, and says when it is ready.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "lib/core/result.h"

namespace wxsec::lab {

template <class Ready, class Outcome>
class Background {
 public:
  using SayReady = std::function<void(Ready)>;
  using Body = std::function<core::Result<Outcome>(const SayReady&, std::stop_token)>;

  // Runs `body` and returns once it has said that it is ready. Fails with the body's own error when
  // it ends before that, with timeout, and with interrupted once `cut_short` asks for a stop.
  static core::Result<Background> start(std::string name, Body body,
                                        std::chrono::milliseconds within,
                                        const std::stop_token& cut_short) {
    Background out(std::move(name));
    State* const state = out.state_.get();
    state->thread = std::jthread([state, body = std::move(body)](std::stop_token stop) {
      auto outcome = body([state](Ready ready) { state->set_ready(std::move(ready)); }, stop);
      state->set_outcome(std::move(outcome));
    });
    std::unique_lock lock(state->mutex);
    state->changed.wait_for(lock, cut_short, within,
                            [&] { return state->ready || state->outcome; });
    if (state->ready) return out;
    if (state->outcome && !*state->outcome) return core::fail(state->outcome->error());
    lock.unlock();
    if (cut_short.stop_requested())
      return core::fail(core::Code::interrupted, "the wait for " + out.name_ + " was cut short");
    return core::fail(core::Code::timeout, out.name_ + " did not get ready in time");
  }

  // What it said when it became ready.
  const Ready& ready() const { return *state_->ready; }

  // Whether its body has returned.
  bool ended() const {
    const std::lock_guard lock(state_->mutex);
    return state_->outcome.has_value();
  }

  // Asks it to stop, waits for its end, and tells how that was. Once only.
  core::Result<Outcome> stop() {
    state_->thread.request_stop();
    return finish();
  }
  // Waits for it to end by itself. Once only.
  core::Result<Outcome> finish() {
    state_->thread.join();
    return std::move(*state_->outcome);
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::optional<Ready> ready;
    std::optional<core::Result<Outcome>> outcome;
    std::jthread thread;  // last: joins before the rest goes

    void set_ready(Ready value) {
      const std::lock_guard lock(mutex);
      if (!ready) ready = std::move(value);
      changed.notify_all();
    }
    void set_outcome(core::Result<Outcome> value) {
      const std::lock_guard lock(mutex);
      outcome.emplace(std::move(value));
      changed.notify_all();
    }
  };

  explicit Background(std::string name)
      : name_(std::move(name)), state_(std::make_unique<State>()) {}

  std::string name_;
  std::unique_ptr<State> state_;
};

}  // namespace wxsec::lab
