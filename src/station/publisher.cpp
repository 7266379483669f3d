// All stations of a run in one loop: take what the clients' threads have reported, let each station
// make and send what is due, sleep until the next one is. The clients have their own threads; here
// nothing is shared but the queue.
#include "src/station/publisher.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "lib/mqtt/preflight.h"
#include "src/station/connection.h"
#include "src/station/report_queue.h"
#include "src/station/station_run.h"
#include "src/weather/station.h"

namespace wxsec::station {
namespace {

using core::Code;
using core::fail;
using core::Result;
using Steady = std::chrono::steady_clock;
using OnEvent = std::function<void(const Event&)>;

Result<void> check(const PublisherOptions& options) {
  if (options.stations.empty()) return fail(Code::usage, "there are no stations to run");
  if (options.stations.size() > static_cast<std::size_t>(kMaxStations))
    return fail(Code::usage, fmt::format("{} stations: at most {} in one process",
                                         options.stations.size(), kMaxStations));
  if (options.interval.count() <= 0) return fail(Code::usage, "the interval must be positive");
  for (const Identity& identity : options.stations)
    WXSEC_TRY(weather::check_station_id(identity.name));
  if (options.journal) WXSEC_TRY(core::make_directories(*options.journal, 0700));
  return {};
}

// One handshake per station, before anything is published, for the sake of a clear reason.
Result<void> preflight_all(const PublisherOptions& options, const std::stop_token& stop,
                           const OnEvent& on_event) {
  for (const Identity& identity : options.stations) {
    if (stop.stop_requested()) return {};
    const auto client =
        client_options({options.host, options.port, options.security, options.ca}, identity);
    const auto tried = mqtt::preflight(client);
    if (!tried) return fail(core::with_context(tried.error(), identity.name));
    std::string text = "plaintext";
    if (tried->peer)
      text = fmt::format("{} {}",
                         tried->peer->version ? tls::version_name(*tried->peer->version) : "TLS",
                         tried->peer->cipher);
    on_event({.kind = Event::Kind::preflight_passed,
              .station = identity.name,
              .topic = {},
              .text = std::move(text)});
  }
  return {};
}

void add(StationCounts& total, const StationCounts& one) {
  total.produced += one.produced;
  total.acknowledged += one.acknowledged;
  total.stored += one.stored;
  total.resent += one.resent;
  total.denied += one.denied;
  total.dropped += one.dropped;
  total.unfinished += one.unfinished;
  total.connections += one.connections;
  total.last_sequence = std::max(total.last_sequence, one.last_sequence);
}

class Run {
 public:
  Run(const PublisherOptions& options, const core::Clock& clock, const OnEvent& on_event)
      : options_(options), clock_(clock), on_event_(on_event) {}

  Result<void> start() {
    const auto count = options_.stations.size();
    for (std::size_t number = 0; number < count; ++number) {
      const auto phase = options_.interval * static_cast<long>(number) / static_cast<long>(count);
      stations_.push_back(WXSEC_TRY(StationRun::start(options_, number, phase, queue_, on_event_)));
    }
    return {};
  }

  // Until every station has made its readings, the time is over, or somebody asks for the stop.
  Result<void> produce(const std::stop_token& stop, std::optional<Steady::time_point> end) {
    const auto done = [&](Steady::time_point now) { return (end && now >= *end) || !producing(); };
    WXSEC_TRY(loop(stop, end.value_or(Steady::time_point::max()), done));
    for (const auto& station : stations_) station->stop_producing();
    return {};
  }

  // What is open still gets its answers. A second stop is not waited for: the time is bounded.
  Result<void> drain() {
    const auto end = Steady::now() + options_.drain_timeout;
    const auto usual = std::min(end, Steady::now() + std::chrono::seconds(1));
    WXSEC_TRY(drain_until(usual));
    if (drained() || end == usual) return {};
    for (const auto& station : stations_) station->say_what_is_open(options_.drain_timeout);
    return drain_until(end);
  }

  PublisherResult leave() {
    PublisherResult result;
    for (const auto& station : stations_) station->leave();
    for (const auto& station : stations_) {
      const StationCounts counts = station->counts();
      add(result.total, counts);
      result.stations.emplace(station->name(), counts);
    }
    result.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - begin_);
    return result;
  }

 private:
  Result<void> drain_until(Steady::time_point end) {
    return loop({}, end, [&](Steady::time_point now) { return now >= end || drained(); });
  }
  template <class Done>
  Result<void> loop(const std::stop_token& stop, Steady::time_point end, Done done) {
    for (auto now = Steady::now(); !done(now) && !stop.stop_requested(); now = Steady::now()) {
      auto until = end;
      for (const auto& station : stations_) {
        WXSEC_TRY(station->work(now, clock_));
        until = std::min(until, station->next_due(now));
      }
      if (done(now)) return {};
      const auto reports = queue_.take(until, stop);
      now = Steady::now();
      for (const Report& report : reports) stations_[report.station]->handle(report, now);
    }
    return {};
  }
  bool producing() const {
    return std::any_of(stations_.begin(), stations_.end(),
                       [](const auto& station) { return station->producing(); });
  }
  bool drained() const {
    return std::all_of(stations_.begin(), stations_.end(),
                       [](const auto& station) { return station->drained(); });
  }

  const PublisherOptions& options_;
  const core::Clock& clock_;
  const OnEvent& on_event_;
  Steady::time_point begin_ = Steady::now();
  ReportQueue queue_;
  std::vector<std::unique_ptr<StationRun>> stations_;  // last: their clients use the queue
};

}  // namespace

Result<PublisherResult> run_stations(const PublisherOptions& options, const core::Clock& clock,
                                     std::stop_token stop, const OnEvent& on_event) {
  WXSEC_TRY(check(options));
  if (options.preflight) WXSEC_TRY(preflight_all(options, stop, on_event));
  Run run(options, clock, on_event);
  WXSEC_TRY(run.start());
  std::optional<Steady::time_point> end;
  if (options.duration) end = Steady::now() + *options.duration;
  WXSEC_TRY(run.produce(stop, end));
  WXSEC_TRY(run.drain());
  return run.leave();
}

}  // namespace wxsec::station
