// The life of a connection:
//
//   handshake -> open <-> open ...            one turn per request; pipelined ones queue up
//                  |-> events                 the answer has no end
//                  |-> draining -> lingering  the last answer (Connection: close, or a refusal)
//   any -> finished                           closed, broken, or out of time
//
// `lingering` is for refusals: closing a socket while the client's bytes still wait in it makes the
// kernel send a reset, and that would destroy the very answer that says what was wrong.
//
// One deadline runs at any time. It is set when a phase starts, not when a byte comes, so a client
// that drips is cut off like one that is silent. The exception is writing, where any progress
// counts: the reader may be far away, and what it can cost is bounded by max_unsent_bytes.
#include "lib/http/connection.h"

#include <array>
#include <utility>

namespace wxsec::http {
namespace {

constexpr std::size_t kReadSize = 16 * 1024;  // a whole TLS record
constexpr int kReadsPerTurn = 8;              // then the other connections have their turn
constexpr std::size_t kEventBuffer = 64 * 1024;
constexpr std::chrono::milliseconds kLinger = std::chrono::seconds(2);

}  // namespace

Connection::Connection(core::Fd socket, const std::optional<LiveContext::Moment>& tls,
                       std::string address, Surroundings& surroundings, TimePoint now)
    : transport_(std::move(socket), tls ? std::optional(tls->context) : std::nullopt),
      around_(surroundings),
      framer_(surroundings.limits),
      vetted_(tls ? tls->generation : 0),
      phase_(transport_.encrypted() ? Phase::handshake : Phase::open) {
  sender_.address = std::move(address);
  set_deadline(now, transport_.encrypted() ? around_.limits.handshake : around_.limits.request);
}

Connection::~Connection() {
  if (events_) events_->count_reader(-1);
}

bool Connection::wants_read() const {
  if (phase_ == Phase::finished || phase_ == Phase::draining || input_ended_) return false;
  return phase_ != Phase::open || unsent() < around_.limits.max_unsent_bytes;
}

void Connection::on_ready(TimePoint now) {
  more_ = false;
  switch (phase_) {
    case Phase::handshake: return shake_hands(now);
    case Phase::open: return exchange(now);
    case Phase::events:
      discard();
      pump_events(now);
      return flush(now);
    case Phase::draining: return flush(now);
    case Phase::lingering: return discard();
    case Phase::finished: return;
  }
}

void Connection::shake_hands(TimePoint now) {
  if (transport_.peer_speaks_plaintext()) return greet_plaintext(now);
  const Transport::Io state = transport_.handshake();
  wait_write_ = state == Transport::Io::wait_write;
  if (state == Transport::Io::closed) {
    ++around_.counters.failed_handshakes;
    phase_ = Phase::finished;
  }
  if (state != Transport::Io::done) return;
  ++around_.counters.handshakes;
  transport_.describe(sender_);
  phase_ = Phase::open;
  set_deadline(now, around_.limits.request);
  exchange(now);
}

// Plain HTTP sent to this port gets told so, in plain HTTP, and never any data.
void Connection::greet_plaintext(TimePoint now) {
  ++around_.counters.plaintext_on_tls_port;
  transport_.give_up_tls();
  refuse(400, "this port speaks HTTPS: use https:// in the address", now);
}

void Connection::exchange(TimePoint now) {
  int turns = 0;
  while (phase_ == Phase::open && wants_read()) {
    if (!receive(now)) break;
    serve(now);
    if (drained_) break;  // to ask again would cost a call; epoll tells when there is more
    if (++turns == kReadsPerTurn) {
      more_ = true;
      break;
    }
  }
  flush(now);
}

// True if something came.
bool Connection::receive(TimePoint now) {
  std::array<char, kReadSize> buffer;  // NOLINT: filled by read()
  const Transport::Result result = transport_.read(buffer);
  wait_write_ = result.state == Transport::Io::wait_write;
  if (result.state == Transport::Io::closed) input_ended_ = true;
  if (result.state != Transport::Io::done) return false;
  drained_ = result.count < buffer.size() && !transport_.has_pending();
  if (framer_.idle()) set_deadline(now, around_.limits.request);
  framer_.push({buffer.data(), result.count});
  return true;
}

void Connection::serve(TimePoint now) {
  while (phase_ == Phase::open && unsent() < around_.limits.max_unsent_bytes) {
    switch (framer_.next()) {
      case RequestFramer::Step::need_more: return;
      case RequestFramer::Step::send_continue: out_ += "HTTP/1.1 100 Continue\r\n\r\n"; break;
      case RequestFramer::Step::done: answer(framer_.take(), now); break;
      case RequestFramer::Step::refused:
        return refuse(framer_.refusal().status, framer_.refusal().detail, now);
    }
  }
}

void Connection::answer(Request request, TimePoint now) {
  const auto start = std::chrono::steady_clock::now();
  request.sender = sender_;
  const bool keep_alive = framer_.keep_alive() && !input_ended_;
  Answer answer = around_.router.answer(request, keep_alive);
  out_ += answer.bytes;
  ++around_.counters.requests;
  if (around_.observer) {
    const auto took = std::chrono::steady_clock::now() - start;
    around_.observer(request, answer.status, answer.body_bytes,
                     std::chrono::duration_cast<std::chrono::microseconds>(took));
  }
  set_deadline(now, around_.limits.write_stall);
  if (answer.events && request.method == Method::get) return begin_events(std::move(answer), now);
  if (!keep_alive || answer.events) phase_ = Phase::draining;
}

void Connection::refuse(int status, std::string_view detail, TimePoint now) {
  ++around_.counters.refused_requests;
  out_ += around_.router.refuse(status, detail, transport_.encrypted() ? Secure::yes : Secure::no)
              .bytes;
  set_deadline(now, around_.limits.write_stall);
  phase_ = Phase::draining;
  flush(now);
}

void Connection::begin_events(Answer answer, TimePoint now) {
  events_ = std::move(answer.events);
  events_->count_reader(+1);
  position_ = events_->start(answer.last_event_id);
  phase_ = Phase::events;
  heartbeat_ = now + around_.limits.event_heartbeat;
  pump_events(now);
}

void Connection::pump_events(TimePoint now) {
  if (phase_ != Phase::events) return;
  if (unsent() == 0) set_deadline(now, around_.limits.write_stall);
  const std::size_t room = unsent() < kEventBuffer ? kEventBuffer : 0;
  const EventFeed::State state = events_->read(position_, room, out_);
  if (state == EventFeed::State::fell_behind) return close();
  if (state == EventFeed::State::closed) phase_ = Phase::draining;
}

void Connection::on_published(TimePoint now) {
  pump_events(now);
  flush(now);
}

void Connection::flush(TimePoint now) {
  const bool had_output = unsent() > 0;
  while (unsent() > 0) {
    const Transport::Result result = transport_.write(std::string_view(out_).substr(sent_));
    if (result.state == Transport::Io::closed) return close();
    if (result.state != Transport::Io::done) break;
    sent_ += result.count;
    set_deadline(now, around_.limits.write_stall);
  }
  if (sent_ >= kEventBuffer) out_.erase(0, std::exchange(sent_, 0));
  if (unsent() > 0) return;
  if (had_output) wrote_everything(now);
  end_of_answers(now);
}

void Connection::wrote_everything(TimePoint now) {
  std::string().swap(out_);  // an idle connection costs no buffer
  sent_ = 0;
  if (phase_ == Phase::events) return pump_events(now);
  if (phase_ != Phase::open) return;
  set_deadline(now, framer_.idle() ? around_.limits.idle : around_.limits.request);
  serve(now);  // requests that waited because too much was unsent
  more_ = more_ || unsent() > 0;
}

void Connection::end_of_answers(TimePoint now) {
  if (unsent() > 0) return;
  if (phase_ == Phase::open && input_ended_) return close();
  if (phase_ != Phase::draining) return;
  transport_.finish_writing();
  phase_ = input_ended_ ? Phase::finished : Phase::lingering;
  set_deadline(now, kLinger);
}

void Connection::close() {
  if (phase_ != Phase::handshake) transport_.finish_writing();
  phase_ = Phase::finished;
}

// Reads and forgets, a bounded amount at a time.
void Connection::discard() {
  std::array<char, kReadSize> buffer;  // NOLINT: never read from
  for (int i = 0; i < kReadsPerTurn && !input_ended_; ++i) {
    const Transport::Result result = transport_.read(buffer);
    if (result.state == Transport::Io::closed) input_ended_ = true;
    if (result.state != Transport::Io::done) break;
  }
  if (input_ended_) phase_ = Phase::finished;
}

void Connection::on_tick(TimePoint now) {
  if (phase_ == Phase::finished) return;
  if (phase_ == Phase::events) {
    if (unsent() == 0 && now >= heartbeat_) {
      out_ += ":\n\n";  // a comment: keeps proxies from hanging up, and finds dead readers
      heartbeat_ = now + around_.limits.event_heartbeat;
      set_deadline(now, around_.limits.write_stall);
      flush(now);
    }
    if (unsent() > 0 && now >= deadline_) phase_ = Phase::finished;
    return;
  }
  if (now < deadline_) return;
  if (phase_ == Phase::handshake) ++around_.counters.failed_handshakes;
  const bool half_a_request = phase_ == Phase::open && !framer_.idle() && unsent() == 0;
  if (half_a_request) return refuse(408, "the request did not arrive in time", now);
  close();
}

// A handshake under way goes on with the context that it began with; then it is looked at.
void Connection::recheck(const LiveContext::Moment& tls) {
  if (phase_ == Phase::handshake || phase_ == Phase::finished) return;
  if (std::exchange(vetted_, tls.generation) == tls.generation) return;
  if (!transport_.acceptable_to(tls.context)) close();
}

void Connection::wind_down(TimePoint now) {
  if (phase_ == Phase::lingering || phase_ == Phase::finished) return;
  const bool owes_answer = phase_ == Phase::draining || (phase_ == Phase::open && unsent() > 0);
  if (!owes_answer) return close();
  phase_ = Phase::draining;
  flush(now);
}

}  // namespace wxsec::http
