// One client: its bytes become requests, its requests answers, and every phase has a deadline.
// Internal to lib/http; lives in one event loop.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "lib/http/live_context.h"
#include "lib/http/request_framer.h"
#include "lib/http/router.h"
#include "lib/http/server.h"
#include "lib/http/transport.h"

namespace wxsec::http {

struct Counters {
  std::atomic<std::uint64_t> connections{0}, open{0}, handshakes{0}, failed_handshakes{0};
  std::atomic<std::uint64_t> requests{0}, refused_requests{0}, plaintext_on_tls_port{0}, reloads{0};
};

// What all connections of a loop share.
struct Surroundings {
  const Limits& limits;
  Router& router;
  const Server::Observer& observer;
  Counters& counters;
};

class Connection {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Without `tls`: plaintext.
  Connection(core::Fd socket, const std::optional<LiveContext::Moment>& tls, std::string address,
             Surroundings& surroundings, TimePoint now);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // Does whatever the socket is ready for.
  void on_ready(TimePoint now);
  // Ends what took too long, and keeps event streams alive.
  void on_tick(TimePoint now);
  // What the server goes by now. A client that was let in under something else, and would not be
  // any more, is cut off.
  void recheck(const LiveContext::Moment& tls);
  // Something was published in feed().
  void on_published(TimePoint now);
  // Nothing new is begun; what is being answered may be finished.
  void wind_down(TimePoint now);

  // It is over, whatever was owed.
  void abandon() { phase_ = Phase::finished; }

  bool finished() const { return phase_ == Phase::finished; }
  bool wants_read() const;
  bool wants_write() const { return wait_write_ || sent_ < out_.size(); }
  // More can be done without the socket becoming ready again: call on_ready soon.
  bool has_more() const { return more_; }
  EventFeed* feed() const { return phase_ == Phase::events ? events_.get() : nullptr; }
  int fd() const { return transport_.fd(); }

 private:
  enum class Phase {
    handshake,  // TLS
    open,       // requests and answers in turn
    events,     // the answer is an endless stream
    draining,   // the last answer is on its way out
    lingering,  // all is said; what the client still sends is thrown away for a moment
    finished,   // to be destroyed
  };

  void shake_hands(TimePoint now);
  void greet_plaintext(TimePoint now);
  void exchange(TimePoint now);
  bool receive(TimePoint now);
  void serve(TimePoint now);
  void answer(Request request, TimePoint now);
  void refuse(int status, std::string_view detail, TimePoint now);
  void begin_events(Answer answer, TimePoint now);
  void pump_events(TimePoint now);
  void flush(TimePoint now);
  void wrote_everything(TimePoint now);
  void end_of_answers(TimePoint now);
  void discard();
  void close();
  void set_deadline(TimePoint now, std::chrono::milliseconds span) { deadline_ = now + span; }
  std::size_t unsent() const { return out_.size() - sent_; }

  Transport transport_;
  Surroundings& around_;
  RequestFramer framer_;
  Sender sender_;
  std::uint64_t vetted_ = 0;  // the generation of the context that let the client in
  Phase phase_;
  TimePoint deadline_;
  TimePoint heartbeat_{};
  std::string out_;
  std::size_t sent_ = 0;
  bool wait_write_ = false;   // TLS itself wants to write
  bool input_ended_ = false;  // the client will send no more
  bool more_ = false;
  bool drained_ = false;  // the last read took all there was
  std::shared_ptr<EventFeed> events_;
  EventFeed::Position position_ = 0;
};

}  // namespace wxsec::http
