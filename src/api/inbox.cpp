// Why the station gets an answer of its own: the broker takes a message off its books when the
// client library has received it, and the broker itself may die with messages it has acknowledged.
// So a reading counts as delivered only when `wx/<station>/stored` covers its sequence, which is
// sent after the transaction is on disk (PROTOCOL.md section 4). Killing any process at any moment
// then costs nothing but sending again.
//
//     MQTT thread    take -> decode -> waiting_
//     own thread            waiting_ -> append (one transaction) -> publish `stored` -> events
#include "src/api/inbox.h"

#include <fmt/core.h>

#include <chrono>
#include <utility>

#include "lib/core/stop.h"
#include "src/api/render.h"
#include "src/weather/payload.h"
#include "src/weather/station.h"

namespace wxsec::api {

using weather::Kind;

Inbox::Taken Inbox::take(std::string_view topic, std::string_view payload) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kMaxWaiting) return Taken::full;
  }
  const auto parsed = weather::parse_topic(topic);
  if (parsed && parsed->kind == Kind::reading) {
    take_reading(parsed->station, payload);
  } else if (parsed && parsed->kind == Kind::status) {
    if (payload.empty()) return Taken::yes;  // a retained message was deleted
    const auto status = weather::decode_status(payload);
    if (!status) {
      refuse(parsed->station, {}, core::with_context(status.error(), "status"));
      return Taken::yes;
    }
    outside_.live.set_status(parsed->station, *status);
    outside_.events.publish("status", status_event(parsed->station, *status));
  } else {
    refuse(topic, {}, {core::Code::malformed, "not a topic of ours", ""});
  }
  return Taken::yes;
}

void Inbox::take_reading(std::string_view station, std::string_view payload) {
  auto reading = weather::decode_reading(payload);
  if (!reading) return refuse(station, payload, reading.error());
  const auto timely = weather::check_time(*reading, outside_.clock.now());
  if (!timely) return refuse(station, payload, timely.error());
  const std::lock_guard lock(mutex_);
  waiting_.push_back({std::string(station), *reading});
  outside_.live.waiting = waiting_.size();
  arrived_.notify_one();
}

void Inbox::refuse(std::string_view station, std::string_view payload, const core::Error& error) {
  ++outside_.live.refused;
  outside_.tell({.kind = ServeEvent::Kind::refused,
                 .station = std::string(station),
                 .text = error.what,
                 .reading = {}});
  const auto sequence = weather::legible_sequence(payload);
  if (!sequence) return;
  outside_.publish(weather::topic(station, Kind::stored),
                   weather::encode(weather::Refused{*sequence, error.what}));
}

std::vector<store::StationReading> Inbox::next_batch(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, stop, [&] { return !waiting_.empty(); });
  std::vector<store::StationReading> batch;
  while (!waiting_.empty() && batch.size() < kMaxBatch) {
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return batch;
}

void Inbox::run(std::stop_token stop) {
  while (true) {
    const auto batch = next_batch(stop);
    if (batch.empty()) return;  // only a stop leaves nothing to do
    while (!store_batch(batch)) {
      if (!core::sleep_unless_stopped(stop, std::chrono::seconds(1))) return;
    }
    const std::lock_guard lock(mutex_);
    outside_.live.waiting = waiting_.size();
  }
}

bool Inbox::store_batch(const std::vector<store::StationReading>& batch) {
  const auto appended = outside_.store.append(batch);
  if (!appended) {
    ++outside_.live.store_failures;
    outside_.tell({.kind = ServeEvent::Kind::store_failed,
                   .station = {},
                   .text = appended.error().what,
                   .reading = {}});
    return false;
  }
  outside_.live.stored += appended->added;
  outside_.live.duplicates += appended->duplicates;
  for (const store::StoredRun& stored : appended->runs) {
    acknowledge(stored.station, stored.run, stored.highest);
  }
  for (const store::StationReading& item : batch) {
    outside_.events.publish("reading", reading_json(item.station, item.reading));
    outside_.tell({.kind = ServeEvent::Kind::stored,
                   .station = item.station,
                   .text = {},
                   .reading = item.reading});
  }
  return true;
}

void Inbox::acknowledge(const std::string& station, const store::Run& run, std::uint64_t highest) {
  outside_.publish(weather::topic(station, Kind::stored),
                   weather::encode(weather::Stored{run.first, run.last, highest + 1}));
}

void Inbox::acknowledge_all() {
  const auto stations = outside_.store.stations();
  if (!stations) return;
  for (const store::StationSummary& summary : *stations) {
    if (summary.runs.empty()) continue;
    acknowledge(summary.station, summary.runs.back(), summary.runs.back().last);
  }
}

}  // namespace wxsec::api
