// A run of the sniffer whose events all go to a Collector: a file in one go, or an interface in a
// thread while somebody causes the traffic.
#include "src/sniff/expose.h"

#include <atomic>
#include <future>
#include <optional>
#include <thread>
#include <utility>

namespace wxsec::sniff {
namespace {

Exposure exposure_of(Collector& collector, const Summary& summary) {
  Exposure out = collector.finish();
  out.packets = summary.packets;
  out.counters = summary.counters;
  return out;
}

bool is_login(const flow::Event& event) {
  const auto* message = std::get_if<flow::MqttMessage>(&event.what);
  if (message == nullptr || event.decrypted) return false;
  const auto* connect = std::get_if<proto::MqttConnect>(&message->packet->body);
  return connect != nullptr && connect->password.has_value();
}

}  // namespace

core::Result<Exposure> expose_file(const core::Path& file, const core::Path& key_log,
                                   const core::Clock& clock) {
  Collector collector(clock);
  SessionOptions options;
  options.file = file;
  options.key_log = key_log;
  SessionCallbacks callbacks;
  callbacks.on_event = [&](const flow::Event& event) { collector.take(event); };
  const Summary summary = WXSEC_TRY(run(options, callbacks, std::stop_token{}));
  if (summary.cut_short) return core::fail(*summary.cut_short);
  return exposure_of(collector, summary);
}

struct LiveSniffer::State {
  State(const SessionOptions& the_options, const core::Clock& clock)
      : options(the_options), collector(clock) {}

  SessionOptions options;
  Collector collector;
  std::atomic<std::uint64_t> messages{0};
  std::atomic<std::uint64_t> logins{0};
  std::atomic<std::uint64_t> last_packet{0};
  std::promise<std::optional<core::Error>> ready;
  core::Result<Summary> outcome = Summary{};
  bool told = false;
  std::jthread thread;

  void run_in_thread(const std::stop_token& stop);
  void tell(std::optional<core::Error> error) {
    if (!std::exchange(told, true)) ready.set_value(std::move(error));
  }
};

void LiveSniffer::State::run_in_thread(const std::stop_token& stop) {
  SessionCallbacks callbacks;
  callbacks.on_ready = [this] { tell(std::nullopt); };
  callbacks.on_event = [this](const flow::Event& event) {
    collector.take(event);
    last_packet.store(event.packet, std::memory_order_relaxed);
    const bool counts = std::holds_alternative<flow::MqttMessage>(event.what) ||
                        std::holds_alternative<flow::HttpMessage>(event.what) ||
                        std::holds_alternative<flow::TlsRecordSeen>(event.what);
    if (counts) messages.fetch_add(1, std::memory_order_relaxed);
    if (is_login(event)) logins.fetch_add(1, std::memory_order_relaxed);
  };
  outcome = run(options, callbacks, stop);
  tell(outcome ? std::nullopt : std::optional(outcome.error()));
}

LiveSniffer::LiveSniffer(std::unique_ptr<State> state) : state_(std::move(state)) {}
LiveSniffer::LiveSniffer(LiveSniffer&&) noexcept = default;
LiveSniffer& LiveSniffer::operator=(LiveSniffer&&) noexcept = default;
LiveSniffer::~LiveSniffer() = default;

core::Result<LiveSniffer> LiveSniffer::start(const SessionOptions& options,
                                             const core::Clock& clock) {
  auto state = std::make_unique<State>(options, clock);
  State* const raw = state.get();
  raw->options.privileges = Privileges::keep;  // never for somebody else's process
  std::future<std::optional<core::Error>> ready = raw->ready.get_future();
  raw->thread = std::jthread([raw](const std::stop_token& stop) { raw->run_in_thread(stop); });
  if (auto error = ready.get()) return core::fail(std::move(*error));
  return LiveSniffer(std::move(state));
}

std::uint64_t LiveSniffer::packets() const { return state_->last_packet.load(); }
std::uint64_t LiveSniffer::messages() const { return state_->messages.load(); }
std::uint64_t LiveSniffer::logins() const { return state_->logins.load(); }

core::Result<Exposure> LiveSniffer::finish() {
  state_->thread.request_stop();
  if (state_->thread.joinable()) state_->thread.join();
  if (!state_->outcome) return core::fail(state_->outcome.error());
  return exposure_of(state_->collector, *state_->outcome);
}

}  // namespace wxsec::sniff
