// One station of a run: its weather, its readings that are not done, its connection. All functions
// are called by the thread of run_stations; only the client's callbacks, which fill the queue, are
// not.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lib/core/clock.h"
#include "src/station/journal.h"
#include "src/station/outbox.h"
#include "src/station/report_queue.h"
#include "src/weather/model.h"

namespace wxsec::station {

class StationRun {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Emit = std::function<void(const Event&)>;

  // Opens the journal and starts connecting. `phase` delays the first reading, so that many
  // stations do not speak at the same moment. Fails: as Journal::open and mqtt::Client::start.
  static core::Result<std::unique_ptr<StationRun>> start(const PublisherOptions& options,
                                                         std::size_t number,
                                                         std::chrono::milliseconds phase,
                                                         ReportQueue& queue, Emit emit);
  StationRun(const StationRun&) = delete;
  StationRun& operator=(const StationRun&) = delete;
  ~StationRun() = default;

  void handle(const Report& report, Time now);
  // Makes the readings that are due and sends what waits. Fails with io when the journal does.
  core::Result<void> work(Time now, const core::Clock& clock);
  // When work() has something to do again.
  Time next_due(Time now) const;
  // No more readings from now on.
  void stop_producing() { producing_ = false; }
  bool producing() const { return producing_; }
  bool drained() const { return open_readings() == 0; }
  // At the end of a run: an event, if answers are still missing.
  void say_what_is_open(std::chrono::milliseconds patience) const;
  // Says that it goes offline, then disconnects in order.
  void leave();
  StationCounts counts() const;
  const std::string& name() const { return name_; }

 private:
  StationRun(const PublisherOptions& options, std::size_t number, Emit emit);
  void on_connection(const mqtt::ConnectionEvent& event);
  void on_message(const mqtt::Message& message);
  void on_answer(const PublishAnswer& answer, Time now);
  void on_online_answer(Time now);
  core::Result<void> produce(const core::Clock& clock);
  void send_waiting(Time now);
  core::Result<void> tidy_journal();
  std::size_t open_readings() const {
    return store_answers_ ? outbox_.size() : outbox_.before_broker();
  }
  void emit(Event::Kind kind, std::uint64_t sequence, std::string text) const;

  const PublisherOptions& options_;
  std::size_t number_;
  std::string name_;
  Emit emit_;
  weather::Model model_;
  Outbox outbox_;
  StationCounts counts_;
  std::optional<Journal> journal_;
  std::chrono::milliseconds interval_;
  std::chrono::milliseconds phase_{0};
  std::uint64_t next_sequence_ = 1;
  Time hold_until_{};        // nothing is sent before
  std::optional<Time> due_;  // nothing until it is known with which sequence to begin
  bool store_answers_;       // the store's word ends a reading; else the broker's (Delivery)
  bool connected_ = false;
  bool producing_ = true;
  ReportQueue* queue_ = nullptr;
  std::unique_ptr<mqtt::Client> client_;  // last: its callbacks use the queue
};

}  // namespace wxsec::station
