#include "lib/core/stop.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <thread>

namespace wxsec::core {
namespace {

// Sent by the destructor to end the signal thread; chosen because nobody else sends it to us.
constexpr int kQuit = SIGUSR2;
constexpr int kExitInterrupted = 130;
// timeout(1) and terminals signal the process and its group: one wish, heard twice.
constexpr auto kSameWish = std::chrono::milliseconds(250);

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, kQuit}) sigaddset(&set, number);
  return set;
}

}  // namespace

struct StopOnSignals::State {
  std::stop_source source;
  Fd wake;
  std::mutex mutex;
  std::function<void()> hangup;
  std::thread thread;

  void stop() {
    source.request_stop();
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(wake.get(), &one, sizeof one);
  }

  void run() {
    const sigset_t set = watched();
    // By a signal: a stop that was asked for otherwise is no first one.
    std::optional<std::chrono::steady_clock::time_point> interrupted;
    for (int number = 0; sigwait(&set, &number) == 0;) {
      if (number == kQuit) return;
      if (number == SIGHUP) {
        const std::lock_guard lock(mutex);
        if (hangup) hangup();
        continue;
      }
      const auto now = std::chrono::steady_clock::now();
      if (interrupted && number == SIGINT && now - *interrupted > kSameWish)
        std::_Exit(kExitInterrupted);
      if (!interrupted) interrupted = now;
      stop();
    }
  }
};

Result<StopOnSignals> StopOnSignals::install() {
  auto state = std::make_unique<State>();
  state->wake = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state->wake) return fail(Code::internal, "cannot create an eventfd");
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // write() then says EFBIG, which can be told
  State* const raw = state.get();
  state->thread = std::thread([raw] { raw->run(); });
  return StopOnSignals(std::move(state));
}

StopOnSignals::StopOnSignals(std::unique_ptr<State> state) : state_(std::move(state)) {}
StopOnSignals::StopOnSignals(StopOnSignals&&) noexcept = default;
StopOnSignals& StopOnSignals::operator=(StopOnSignals&&) noexcept = default;

StopOnSignals::~StopOnSignals() {
  if (!state_) return;
  pthread_kill(state_->thread.native_handle(), kQuit);
  state_->thread.join();
}

std::stop_token StopOnSignals::token() const { return state_->source.get_token(); }
int StopOnSignals::wake_fd() const { return state_->wake.get(); }
void StopOnSignals::request_stop() { state_->stop(); }

void StopOnSignals::on_hangup(std::function<void()> callback) {
  const std::lock_guard lock(state_->mutex);
  state_->hangup = std::move(callback);
}

bool sleep_unless_stopped(const std::stop_token& stop, std::chrono::milliseconds span) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, span, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace wxsec::core
