#include "src/station/watch.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/mqtt/preflight.h"
#include "lib/pki/certificate.h"
#include "src/station/connection.h"
#include "src/station/reading_line.h"
#include "src/station/report_queue.h"
#include "src/weather/payload.h"
#include "src/weather/station.h"

namespace wxsec::station {
namespace {

using core::Code;
using core::fail;
using core::Result;
using Steady = std::chrono::steady_clock;
using weather::Kind;

std::string names_of(const pki::Certificate& certificate) {
  std::string text;
  for (const auto& name : certificate.names) text += (text.empty() ? "" : ", ") + name.value;
  return text;
}

BrokerCard card_of(const tls::Peer& peer, core::Instant now) {
  BrokerCard card;
  if (peer.version) card.protocol = tls::version_name(*peer.version);
  card.cipher = peer.cipher;
  if (peer.chain.empty()) return card;
  const pki::Certificate& leaf = peer.chain.front();
  card.certificate = {
      {"subject", leaf.subject},
      {"names", names_of(leaf)},
      {"issuer", leaf.issuer},
      {"valid", fmt::format("{} to {}, {} days left", core::utc_date(leaf.not_before),
                            core::utc_date(leaf.not_after), pki::days_left(leaf, now))},
      {"key", pki::key_text(leaf)},
      {"serial", leaf.serial},
      {"sha256", pki::colons(leaf.sha256)},
  };
  return card;
}

// What it is, in one line; anything that is not what the protocol says is shown as it came.
void describe(Seen& seen) {
  constexpr std::size_t kMostShown = 200;
  const auto topic = weather::parse_topic(seen.topic);
  const std::string shown =
      core::escape_terminal(std::string_view(seen.payload).substr(0, kMostShown));
  if (topic && topic->kind == Kind::reading) {
    const auto reading = weather::decode_reading(seen.payload);
    seen.reading = reading.has_value();
    seen.line = reading ? fmt::format("{}  #{}", reading_line(*reading), reading->sequence)
                        : fmt::format("no reading ({}): {}",
                                      core::escape_terminal(reading.error().what), shown);
  } else if (topic) {
    seen.line = fmt::format("{} {}", weather::kind_name(topic->kind), shown);
  } else {
    seen.line = shown;
  }
  const std::string who = topic ? std::string(topic->station) : core::escape_terminal(seen.topic);
  seen.line = fmt::format("{}  {:<14} {}", core::rfc3339(seen.at).substr(11, 8), who, seen.line);
}

class Watch {
 public:
  Watch(const WatchOptions& options, const core::Clock& clock, const WatchEvents& events)
      : options_(options), clock_(clock), events_(events) {}

  Result<std::uint64_t> run(const std::stop_token& stop) {
    client_ = WXSEC_TRY(mqtt::Client::start(
        client_options({options_.host, options_.port, options_.security, options_.ca},
                       options_.identity),
        callbacks()));
    WXSEC_TRY(client_->subscribe(options_.filter));
    auto end = Steady::time_point::max();
    if (options_.duration) end = Steady::now() + *options_.duration;
    while (!stop.stop_requested() && Steady::now() < end && !enough()) {
      const auto until = std::min(end, Steady::now() + std::chrono::seconds{1});
      for (const Report& report : queue_.take(until, stop)) handle(report);
    }
    client_->stop(std::chrono::seconds{1});
    return count_;
  }

 private:
  bool enough() const { return options_.messages && count_ >= *options_.messages; }

  mqtt::ClientCallbacks callbacks() {
    return {.on_connection =
                [this](const mqtt::ConnectionEvent& event) {
                  queue_.push({0, event});
                },
            .on_message =
                [this](const mqtt::Message& message) {
                  queue_.push({0, message});
                  return mqtt::Handled::done;
                }};
  }

  void handle(const Report& report) {
    if (const auto* message = std::get_if<mqtt::Message>(&report.what)) {
      if (enough()) return;
      ++count_;
      Seen seen{
          .at = clock_.now(), .topic = message->topic, .payload = message->payload, .line = {}};
      describe(seen);
      if (events_.on_message) events_.on_message(seen);
    } else if (const auto* event = std::get_if<mqtt::ConnectionEvent>(&report.what)) {
      const bool down = event->kind != mqtt::ConnectionEvent::Kind::up;
      if (down && events_.on_disconnected)
        events_.on_disconnected(event->error.hint.empty()
                                    ? event->error.what
                                    : event->error.what + "; " + event->error.hint);
    }
  }

  const WatchOptions& options_;
  const core::Clock& clock_;
  const WatchEvents& events_;
  std::uint64_t count_ = 0;
  ReportQueue queue_;
  std::unique_ptr<mqtt::Client> client_;  // last: its callbacks use the queue
};

}  // namespace

Result<std::uint64_t> watch(const WatchOptions& options, const core::Clock& clock,
                            std::stop_token stop, const WatchEvents& events) {
  if (!mqtt::valid_filter(options.filter))
    return fail(Code::usage,
                fmt::format("'{}' is no topic filter", core::escape_terminal(options.filter)),
                "+ stands for one whole level, # for all that follow: wx/+/reading, wx/#");
  const auto tried = WXSEC_TRY(mqtt::preflight(client_options(
      {options.host, options.port, options.security, options.ca}, options.identity)));
  if (events.on_connected)
    events.on_connected(tried.peer ? card_of(*tried.peer, clock.now()) : BrokerCard{});
  return Watch(options, clock, events).run(stop);
}

}  // namespace wxsec::station
