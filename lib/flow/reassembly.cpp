// TCP numbers its bytes; packets carry ranges of them, and the network may lose, repeat and reorder
// packets. An eavesdropper sees the same mess as the receiver, with two differences: it cannot ask
// for a retransmission, and it may miss a packet that the receiver got.
//
//     delivered           missing        waiting_
//     |===================|..............|=======|   |====|
//                         next_                            acknowledged_
//
// So a hole is waited for, but not for ever: once the receiver has acknowledged bytes beyond it, or
// too much waits behind it, it is reported as a gap and the stream goes on after it. Where ranges
// overlap, the first bytes seen count (as they do for Linux); differing ones are reported, since an
// attacker can use them to show the receiver something else than us.
//
// Anybody can send a FIN; the receiver believes one that stands at the end of the data, and so do
// we. Data in its place, or an acknowledgement of more than it, shows that it was a stray one.
//
// Few zeros that may be the link layer's filling are in doubt until something shows what they are:
// data that has their sequence numbers (then they were filling), data, an end or an acknowledgement
// that counts them (then they were data).
#include "lib/flow/reassembly.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/flow/tcp.h"

namespace wxsec::flow {
namespace {

constexpr std::size_t kMaxHeld = std::size_t{1} << 20;
constexpr std::size_t kPieceOverhead = 96;  // a map node and its vector
constexpr std::int64_t kPatienceNs = 2'000'000'000;
constexpr std::int64_t kPatienceAcknowledgedNs = 100'000'000;
constexpr unsigned kPatienceAcknowledgedPackets = 8;

// So far ahead of what is known to be sent may be what counts; larger windows are hardly ever used.
constexpr std::int64_t kMostAhead = std::int64_t{16} << 20;

constexpr std::array<std::uint8_t, 6> kZeros{};  // as many as ever are in doubt

}  // namespace

void HalfStream::start(std::uint32_t sequence) {
  started_ = true;
  next_ = sequence;
}

bool HalfStream::has_had(std::uint32_t sequence, std::size_t size) const {
  const std::int64_t behind = sequence_distance(sequence, next_);
  const std::int64_t place = static_cast<std::int64_t>(delivered_) + behind;
  return started_ && place >= -1 && behind + static_cast<std::int64_t>(size) <= 1;
}

bool HalfStream::within(std::uint32_t sequence, std::int64_t most) const {
  const std::int64_t distance = sequence_distance(sequence, next_);
  return !started_ || (distance <= most && -distance <= most);
}

std::uint64_t HalfStream::offset_of(std::uint32_t sequence) const {
  const std::int64_t distance = sequence_distance(sequence, next_);
  const std::int64_t place = static_cast<std::int64_t>(delivered_) + distance;
  return place < 0 ? 0 : static_cast<std::uint64_t>(place);
}

std::uint64_t HalfStream::Waiting::end() const {
  if (pieces.empty() || pieces.rbegin()->second.perhaps_padding) return 0;
  return pieces.rbegin()->first + pieces.rbegin()->second.bytes.size() +
         pieces.rbegin()->second.missing;
}

void HalfStream::add(const Arrival& arrival, StreamSink& sink) {
  if (!started_) start(arrival.sequence);
  const core::ByteView payload = arrival.payload;
  if (payload.empty() && arrival.missing == 0) return;
  if (over() && (arrival.perhaps_padding || arrival.perhaps_keep_alive)) return;
  if ((zeros_ > 0 || arrival.perhaps_padding) && doubt(arrival, sink)) return;
  const std::int32_t ahead = sequence_distance(arrival.sequence, next_);
  if (ahead > 0) return wait_for_order(arrival, sink);
  const auto old = static_cast<std::size_t>(-static_cast<std::int64_t>(ahead));
  if (old > 0 && !(old == 1 && arrival.perhaps_keep_alive)) {
    const core::ByteView again = payload.first(std::min(old, payload.size()));
    const std::uint64_t differing = sink.past().differing(past_, arrival.sequence, again);
    if (differing > 0) sink.on_conflict(differing, payload);
  }
  if (old >= payload.size() + arrival.missing) return;
  const std::size_t cut = std::min(old, payload.size());
  const core::ByteView fresh = payload.subspan(cut);
  const std::size_t missing = arrival.missing - (old - cut);
  if (!waiting_) return deliver(fresh, missing, sink);
  // What waits was seen first.
  displace_zeros(delivered_, fresh.size() + missing);
  if (!waiting_->pieces.empty() &&
      waiting_->pieces.begin()->first < delivered_ + fresh.size() + missing) {
    hold(delivered_, fresh, missing, sink);
  } else {
    deliver(fresh, missing, sink);
  }
  drain(sink);
}

void HalfStream::wait_for_order(const Arrival& arrival, StreamSink& sink) {
  if (!waiting_) {
    waiting_ = std::make_unique<Waiting>();
    waiting_->since_ns = arrival.time_ns;
  }
  const std::uint64_t offset = offset_of(arrival.sequence);
  if (arrival.perhaps_padding) {
    hold_zeros(offset, arrival.payload);
  } else {
    displace_zeros(offset, arrival.payload.size() + arrival.missing);
    hold(offset, arrival.payload, arrival.missing, sink);
  }
  if (waiting_->pieces.empty()) waiting_.reset();
  while (held() > kMaxHeld) skip_gap(sink);
}

// True if nothing is left to do with the arrival: it may be filling, and is noted as that.
bool HalfStream::doubt(const Arrival& arrival, StreamSink& sink) {
  const std::int32_t ahead = sequence_distance(arrival.sequence, next_);
  const auto size = static_cast<std::int64_t>(arrival.payload.size() + arrival.missing);
  if (zeros_ > 0 && (ahead == zeros_ || acknowledged_ >= delivered_ + zeros_)) {
    take_zeros(sink);
    return doubt(arrival, sink);
  }
  if (!arrival.perhaps_padding) {
    if (ahead < zeros_ && ahead + size > 0) zeros_ = 0;
    return false;
  }
  if (ahead > 0) return false;
  if (ahead + size > zeros_) zeros_ = static_cast<std::uint8_t>(ahead + size);
  return true;
}

// They were data.
void HalfStream::take_zeros(StreamSink& sink) {
  const std::size_t zeros = std::exchange(zeros_, std::uint8_t{0});
  deliver(core::ByteView(kZeros).first(zeros), 0, sink);
}

void HalfStream::deliver(core::ByteView payload, std::size_t missing, StreamSink& sink) {
  past_ = sink.past().remember(past_, next_, payload);
  next_ += static_cast<std::uint32_t>(payload.size() + missing);
  delivered_ += payload.size() + missing;
  if (has_fin_ && delivered_ > fin_) has_fin_ = fin_acknowledged_ = false;
  if (!payload.empty()) sink.on_data(payload);
  if (missing > 0) sink.on_gap(missing);
}

// Only where nothing else waits.
void HalfStream::hold_zeros(std::uint64_t offset, core::ByteView zeros) {
  auto& pieces = waiting_->pieces;
  auto next = pieces.lower_bound(offset);
  if (next != pieces.end() && next->first < offset + zeros.size()) return;
  if (next != pieces.begin()) {
    --next;
    if (next->first + next->second.bytes.size() + next->second.missing > offset) return;
  }
  pieces.emplace(offset, Piece{core::to_bytes(zeros), 0, true});
  waiting_->held += zeros.size() + kPieceOverhead;
}

// Data has come for these places: what may be filling was filling.
void HalfStream::displace_zeros(std::uint64_t offset, std::uint64_t size) {
  auto& pieces = waiting_->pieces;
  auto one = pieces.lower_bound(offset < kZeros.size() ? 0 : offset - kZeros.size());
  while (one != pieces.end() && one->first < offset + size) {
    const Piece& piece = one->second;
    if (!piece.perhaps_padding || one->first + piece.bytes.size() <= offset) {
      ++one;
      continue;
    }
    waiting_->held -= piece.bytes.size() + kPieceOverhead;
    one = pieces.erase(one);
  }
}

// Keeps those parts for which nothing waits yet; compares the others.
void HalfStream::hold(std::uint64_t offset, core::ByteView payload, std::size_t missing,
                      StreamSink& sink) {
  std::uint64_t differing = 0;
  auto& pieces = waiting_->pieces;
  auto next = pieces.upper_bound(offset);
  if (next != pieces.begin()) --next;
  core::ByteView rest = payload;
  while (!rest.empty() && next != pieces.end()) {
    const std::uint64_t end = next->first + next->second.bytes.size();
    if (end <= offset) {
      ++next;
      continue;
    }
    if (next->first > offset) {
      const std::size_t room = std::min<std::uint64_t>(rest.size(), next->first - offset);
      pieces.emplace(offset, Piece{core::to_bytes(rest.first(room)), 0, false});
      waiting_->held += room + kPieceOverhead;
      offset += room;
      rest = rest.subspan(room);
      continue;
    }
    const std::size_t common = std::min<std::uint64_t>(rest.size(), end - offset);
    const auto there = core::ByteView(next->second.bytes).subspan(offset - next->first, common);
    for (std::size_t i = 0; i < common; ++i) differing += there[i] != rest[i] ? 1U : 0U;
    offset += common;
    rest = rest.subspan(common);
    ++next;
  }
  if (!rest.empty() || (missing > 0 && !pieces.contains(offset))) {
    // A piece that the snap length cut down to nothing may stand here already.
    Piece& piece = pieces[offset];
    piece.bytes = core::to_bytes(rest);
    piece.missing = missing;
    waiting_->held += rest.size() + kPieceOverhead;
  }
  if (differing > 0) sink.on_conflict(differing, payload);
}

// Delivers what has become contiguous.
void HalfStream::drain(StreamSink& sink) {
  auto& pieces = waiting_->pieces;
  while (!pieces.empty() && pieces.begin()->first <= delivered_ + zeros_) {
    if (zeros_ > 0) take_zeros(sink);  // something follows them
    auto node = pieces.extract(pieces.begin());
    const Piece& piece = node.mapped();
    waiting_->held -= piece.bytes.size() + kPieceOverhead;
    const std::uint64_t old = delivered_ - node.key();
    if (old >= piece.bytes.size() + piece.missing) continue;
    const std::size_t cut = std::min<std::uint64_t>(old, piece.bytes.size());
    if (piece.perhaps_padding) {
      zeros_ = static_cast<std::uint8_t>(piece.bytes.size() - cut);
    } else {
      deliver(core::ByteView(piece.bytes).subspan(cut), piece.missing - (old - cut), sink);
    }
  }
  waiting_->packets = 0;
  if (pieces.empty()) waiting_.reset();
}

// The hole before the first waiting piece is given up.
void HalfStream::skip_gap(StreamSink& sink) {
  if (zeros_ > 0) take_zeros(sink);
  if (!waiting_) return;
  const std::uint64_t first = waiting_->pieces.begin()->first;
  if (first > delivered_) deliver({}, first - delivered_, sink);
  drain(sink);
}

void HalfStream::acknowledged(std::uint32_t acknowledgement) {
  if (!started_) return;
  const std::uint64_t place = offset_of(acknowledgement);
  if (place > std::max(acknowledged_, delivered_) + kMostAhead) return;
  acknowledged_ = place;
  if (!has_fin_ || place <= fin_) return;
  // FIN has a number of its own (RFC 9293 3.4).
  fin_acknowledged_ = fin_acknowledged_ || place == fin_ + 1;
  has_fin_ = fin_acknowledged_;
}

void HalfStream::fin(std::uint32_t sequence_after_data) {
  if (!started_ || over()) return;
  const std::int32_t ahead = sequence_distance(sequence_after_data, next_);
  if (ahead < 0 || ahead > kMostAhead) return;
  const std::uint64_t place = delivered_ + static_cast<std::uint32_t>(ahead);
  if (acknowledged_ > place + 1 || (waiting_ && waiting_->end() > place)) return;
  has_fin_ = true;
  fin_ = place;
  fin_acknowledged_ = acknowledged_ == place + 1;
}

// RFC 5961 3.2: what the receiver expects, or in its window. It may not have got yet what we have.
bool HalfStream::believes_reset(std::uint32_t sequence) const {
  if (!started_) return true;
  const std::int64_t ahead = sequence_distance(sequence, next_);
  if (ahead >= 0) return ahead <= kMostAhead;
  return acknowledged_ > 0 && offset_of(sequence) >= acknowledged_;
}

void HalfStream::age(std::int64_t time_ns, StreamSink& sink) {
  const std::uint64_t counted = std::max(acknowledged_, has_fin_ ? fin_ : 0);
  if (zeros_ > 0 && counted >= delivered_ + zeros_) take_zeros(sink);
  if (!waiting_) return;
  ++waiting_->packets;
  const std::int64_t waited = time_ns - waiting_->since_ns;
  // One beyond: an acknowledgement of FIN counts a byte that is not there.
  const bool receiver_has_it = acknowledged_ >= waiting_->pieces.begin()->first;
  const bool give_up = waited > kPatienceNs ||
                       (receiver_has_it && (waiting_->packets > kPatienceAcknowledgedPackets ||
                                            waited > kPatienceAcknowledgedNs));
  if (!give_up) return;
  skip_gap(sink);
  if (waiting_) waiting_->since_ns = time_ns;
}

void HalfStream::flush(StreamSink& sink) {
  if (finished()) zeros_ = 0;  // the end stands where they do
  if (over()) waiting_.reset();
  while (waiting_ || zeros_ > 0) skip_gap(sink);
}

void HalfStream::close(StreamSink& sink) {
  flush(sink);
  // One byte more may be a FIN: this one, or one that we lack.
  const std::uint64_t fin = has_fin_ ? fin_ : delivered_;
  const std::uint64_t counted = acknowledged_ == fin + 1 ? fin : std::max(fin, acknowledged_);
  if (counted > delivered_) deliver({}, counted - delivered_, sink);
}

}  // namespace wxsec::flow
