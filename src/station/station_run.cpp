// A station's life after each connection: subscribe to its own `stored` and `cmd` topics, say
// "online", and wait for the broker's answer to that. The retained `stored` message, which tells a
// station without memory where its numbering continues, arrives before this answer, because a
// broker works one client's packets off in order. Only then is the first reading made.
#include "src/station/station_run.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/escape.h"
#include "src/station/connection.h"
#include "src/weather/payload.h"
#include "src/weather/station.h"

namespace wxsec::station {
namespace {

using core::Result;
using weather::Kind;
using namespace std::chrono_literals;

constexpr std::size_t kWindow = 16;         // readings in flight at once; Paho takes 20
constexpr std::size_t kJournalSlack = 200;  // lines that may be out of date before a rewrite
constexpr std::size_t kHopeful = 1'000;     // kept in case that a store turns up later
constexpr auto kHold = 200ms;               // after a reading that could not be sent
constexpr std::uint64_t kOnline = 0;        // stands for the status among the answers

mqtt::Message status_message(const std::string& station, const weather::Status& status) {
  return {weather::topic(station, Kind::status), weather::encode(status), mqtt::Qos::at_least_once,
          mqtt::Retain::yes};
}

mqtt::ClientCallbacks callbacks_into(ReportQueue& queue, std::size_t number) {
  return {.on_connection =
              [&queue, number](const mqtt::ConnectionEvent& event) {
                queue.push({number, event});
              },
          .on_message =
              [&queue, number](const mqtt::Message& message) {
                queue.push({number, message});
                return mqtt::Handled::done;
              }};
}

std::string why_down(const mqtt::ConnectionEvent& event) {
  std::string text = event.error.what;
  if (!event.error.hint.empty()) text += fmt::format("; {}", event.error.hint);
  return fmt::format("{} (next attempt in {:.1f} s)", text,
                     std::chrono::duration<double>(event.next_try).count());
}

}  // namespace

StationRun::StationRun(const PublisherOptions& options, std::size_t number, Emit emit)
    : options_(options),
      number_(number),
      name_(options.stations[number].name),
      emit_(std::move(emit)),
      model_(name_, options.seed),
      outbox_(options.max_unacknowledged),
      interval_(options.interval),
      next_sequence_(options.first_sequence),
      store_answers_(options.delivery == Delivery::stored) {}

Result<std::unique_ptr<StationRun>> StationRun::start(const PublisherOptions& options,
                                                      std::size_t number,
                                                      std::chrono::milliseconds phase,
                                                      ReportQueue& queue, Emit emit) {
  std::unique_ptr<StationRun> run(new StationRun(options, number, std::move(emit)));
  run->phase_ = phase;
  run->queue_ = &queue;
  if (options.journal) {
    run->journal_ = WXSEC_TRY(Journal::open(*options.journal / (run->name_ + ".journal")));
    const Journal::Content& memory = run->journal_->content();
    run->next_sequence_ = std::max(run->next_sequence_, memory.next_sequence);
    for (const std::string& payload : memory.payloads) {
      if (const auto sequence = weather::legible_sequence(payload))
        run->outbox_.add(*sequence, payload);
    }
  }
  const Identity& identity = options.stations[number];
  auto client =
      client_options({options.host, options.port, options.security, options.ca}, identity);
  client.will = status_message(run->name_, {.online = false, .time = {}});
  client.max_inflight = static_cast<int>(kWindow) + 4;
  run->client_ = WXSEC_TRY(mqtt::Client::start(std::move(client), callbacks_into(queue, number)));
  WXSEC_TRY(run->client_->subscribe(weather::topic(run->name_, Kind::stored)));
  WXSEC_TRY(run->client_->subscribe(weather::topic(run->name_, Kind::cmd)));
  return run;
}

void StationRun::emit(Event::Kind kind, std::uint64_t sequence, std::string text) const {
  emit_({.kind = kind,
         .station = name_,
         .sequence = sequence,
         .topic = weather::topic(name_, Kind::reading),
         .text = std::move(text)});
}

void StationRun::handle(const Report& report, Time now) {
  if (const auto* connection = std::get_if<mqtt::ConnectionEvent>(&report.what))
    return on_connection(*connection);
  if (const auto* message = std::get_if<mqtt::Message>(&report.what)) return on_message(*message);
  on_answer(std::get<PublishAnswer>(report.what), now);
}

void StationRun::on_connection(const mqtt::ConnectionEvent& event) {
  connected_ = event.kind == mqtt::ConnectionEvent::Kind::up;
  if (!connected_) return emit(Event::Kind::disconnected, 0, why_down(event));
  ++counts_.connections;
  emit(Event::Kind::connected, 0, {});
  if (store_answers_) outbox_.send_all_again();
  const auto now = core::system_clock().now();
  const weather::Place place{model_.latitude_deg(), model_.longitude_deg(), model_.elevation_m()};
  client_->publish_async(status_message(name_, {.online = true, .time = now, .place = place}),
                         [queue = queue_, number = number_](const Result<void>& result) {
                           queue->push({number, PublishAnswer{kOnline, result}});
                         });
}

void StationRun::on_message(const mqtt::Message& message) {
  const auto topic = weather::parse_topic(message.topic);
  if (!topic || topic->station != name_) return;
  if (topic->kind == Kind::cmd) {
    const auto command = weather::decode_command(message.payload);
    if (!command) return;
    interval_ = std::chrono::seconds{command->interval_s};
    return emit(Event::Kind::command, 0, fmt::format("a reading every {} s", command->interval_s));
  }
  const auto answer = weather::decode_acknowledgement(message.payload);
  if (!answer) return;
  store_answers_ = true;
  if (const auto* stored = std::get_if<weather::Stored>(&*answer)) {
    if (counts_.produced == 0) next_sequence_ = std::max(next_sequence_, stored->next_sequence);
    const std::size_t ended = outbox_.stored(stored->from, stored->through);
    counts_.stored += ended;
    if (ended > 0) emit(Event::Kind::stored, stored->through, {});
    return;
  }
  const auto& refused = std::get<weather::Refused>(*answer);
  if (!outbox_.remove(refused.sequence)) return;
  ++counts_.denied;
  emit(Event::Kind::denied, refused.sequence,
       "the store refuses it: " + core::escape_terminal(refused.reason));
}

void StationRun::on_online_answer(Time now) {
  if (!due_) due_ = now + phase_;
}

void StationRun::on_answer(const PublishAnswer& answer, Time now) {
  const bool denied = !answer.result && answer.result.error().code == core::Code::denied;
  if (answer.sequence == kOnline) {
    // Denied or not, the broker has answered, so all that it had to say before is here.
    if (answer.result || denied) on_online_answer(now);
    return;
  }
  if (answer.result) {
    outbox_.acknowledged(answer.sequence, now);
    ++counts_.acknowledged;
    return emit(Event::Kind::acknowledged, answer.sequence, {});
  }
  if (!denied) {
    // The connection is going. Its end is reported separately, perhaps a moment later; to try again
    // before that would fail again, at once and without end.
    hold_until_ = now + kHold;
    return outbox_.unsent(answer.sequence);
  }
  outbox_.remove(answer.sequence);  // it would be denied for ever
  ++counts_.denied;
  emit(Event::Kind::denied, answer.sequence, answer.result.error().what);
}

Result<void> StationRun::produce(const core::Clock& clock) {
  const std::uint64_t sequence = next_sequence_++;
  std::string payload = weather::encode(model_.at(clock.now(), sequence));
  if (journal_) WXSEC_TRY(journal_->add(payload));
  ++counts_.produced;
  counts_.last_sequence = sequence;
  if (const auto dropped = outbox_.add(sequence, std::move(payload))) {
    ++counts_.dropped;
    emit(Event::Kind::dropped, *dropped, "more readings wait than may be kept");
  }
  if (options_.readings && counts_.produced >= *options_.readings) producing_ = false;
  return {};
}

void StationRun::send_waiting(Time now) {
  if (now < hold_until_) return;
  while (connected_ && due_ && client_->connected() && outbox_.in_flight() < kWindow) {
    const auto item = outbox_.next();
    if (!item) return;
    if (item->again) ++counts_.resent;
    emit(Event::Kind::published, item->sequence, item->payload);
    client_->publish_async(
        {weather::topic(name_, Kind::reading), item->payload},
        [queue = queue_, number = number_, sequence = item->sequence](const Result<void>& result) {
          queue->push({number, PublishAnswer{sequence, result}});
        });
  }
}

Result<void> StationRun::tidy_journal() {
  if (!journal_ || journal_->added() < outbox_.size() + kJournalSlack) return {};
  return journal_->rewrite(outbox_.payloads(), next_sequence_);
}

Result<void> StationRun::work(Time now, const core::Clock& clock) {
  if (producing_ && due_ && now >= *due_) {
    WXSEC_TRY(produce(clock));
    // After a long sleep of the machine one reading is made, not all that were missed.
    due_ = std::max(*due_ + interval_, now);
  }
  if (store_answers_) {
    outbox_.send_unanswered_again(now - options_.resend_after);
  } else {
    outbox_.forget_at_broker(std::min(kHopeful, options_.max_unacknowledged / 2));
  }
  send_waiting(now);
  return tidy_journal();
}

StationRun::Time StationRun::next_due(Time now) const {
  const Time idle = hold_until_ > now ? hold_until_ : now + 1s;
  return producing_ && due_ ? std::min(*due_, idle) : idle;
}

void StationRun::say_what_is_open(std::chrono::milliseconds patience) const {
  if (drained()) return;
  const char* const whose =
      store_answers_ ? "the store (is 'wxsec api serve' running?)" : "the broker";
  emit(Event::Kind::draining, 0,
       fmt::format("waits up to {:.0f} s for {} to confirm {} readings",
                   std::chrono::duration<double>(patience).count(), whose, open_readings()));
}

void StationRun::leave() {
  constexpr auto kPatience = 1s;
  if (connected_) {
    const auto now = core::system_clock().now();
    const auto told =
        client_->publish(status_message(name_, {.online = false, .time = now}), kPatience);
    if (!told) emit(Event::Kind::disconnected, 0, told.error().what);
  }
  client_->stop(kPatience);
  if (!journal_) return;
  if (!store_answers_) outbox_.forget_at_broker(0);
  const auto kept = journal_->rewrite(outbox_.payloads(), next_sequence_);
  if (!kept) emit(Event::Kind::disconnected, 0, kept.error().what);
}

StationCounts StationRun::counts() const {
  StationCounts counts = counts_;
  counts.unfinished = open_readings();
  return counts;
}

}  // namespace wxsec::station
