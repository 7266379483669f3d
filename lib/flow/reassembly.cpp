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
#include "lib/flow/reassembly.h"

#include <algorithm>

#include "lib/flow/tcp.h"
#include "lib/wire/reader.h"

namespace wxsec::flow {
namespace {

constexpr std::size_t kMaxHeld = std::size_t{1} << 20;
constexpr std::size_t kPieceOverhead = 96;  // a map node and its vector
constexpr std::int64_t kPatienceNs = 2'000'000'000;
constexpr std::int64_t kPatienceAcknowledgedNs = 100'000'000;
constexpr unsigned kPatienceAcknowledgedPackets = 8;

// Equal for equal bytes, and different for different ones nearly always (32 bits). Four lanes, for
// a multiplication takes longer than it takes to begin the next one.
std::uint32_t digest_of(core::ByteView bytes) {
  constexpr std::uint64_t kPrime = 0x9E3779B97F4A7C15ULL;
  std::uint64_t a = bytes.size();
  std::uint64_t b = 1;
  std::uint64_t c = 2;
  std::uint64_t d = 3;
  wire::Reader in(bytes);
  while (in.left() >= 32) {
    const auto words = in.le_u64_four();
    a = (a ^ words[0]) * kPrime;
    b = (b ^ words[1]) * kPrime;
    c = (c ^ words[2]) * kPrime;
    d = (d ^ words[3]) * kPrime;
  }
  while (in.left() >= 8) a = (a ^ in.le_u64()) * kPrime;
  while (!in.empty()) b = (b ^ in.u8()) * kPrime;
  std::uint64_t state = 0;
  for (const std::uint64_t lane : {a, b, c, d}) state = (state ^ lane ^ (lane >> 32)) * kPrime;
  return static_cast<std::uint32_t>(state >> 32);
}

}  // namespace

void HalfStream::start(std::uint32_t sequence) {
  started_ = true;
  next_ = sequence;
}

std::uint64_t HalfStream::offset_of(std::uint32_t sequence) const {
  const std::int64_t distance = sequence_distance(sequence, next_);
  const std::int64_t place = static_cast<std::int64_t>(delivered_) + distance;
  return place < 0 ? 0 : static_cast<std::uint64_t>(place);
}

void HalfStream::add(std::uint32_t sequence, core::ByteView payload, std::size_t missing,
                     std::int64_t time_ns, StreamSink& sink) {
  if (!started_) start(sequence);
  if (payload.empty() && missing == 0) return;
  const std::int32_t ahead = sequence_distance(sequence, next_);
  if (ahead > 0) {
    if (!waiting_) {
      waiting_ = std::make_unique<Waiting>();
      waiting_->since_ns = time_ns;
    }
    hold(offset_of(sequence), payload, missing, sink);
    while (held() > kMaxHeld) skip_gap(sink);
    return;
  }
  const auto old = static_cast<std::size_t>(-static_cast<std::int64_t>(ahead));
  if (old > 0) compare_with_past(sequence, payload, sink);
  if (old >= payload.size() + missing) return;
  if (old == 0) remember(sequence, payload);
  const std::size_t cut = std::min(old, payload.size());
  deliver(payload.subspan(cut), missing - (old - cut), sink);
  if (waiting_) drain(sink);
}

void HalfStream::deliver(core::ByteView payload, std::size_t missing, StreamSink& sink) {
  next_ += static_cast<std::uint32_t>(payload.size() + missing);
  delivered_ += payload.size() + missing;
  if (!payload.empty()) sink.on_data(payload);
  if (missing > 0) sink.on_gap(missing);
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
      pieces.emplace(offset, Piece{core::to_bytes(rest.first(room)), 0});
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
  while (!pieces.empty() && pieces.begin()->first <= delivered_) {
    auto node = pieces.extract(pieces.begin());
    const Piece& piece = node.mapped();
    waiting_->held -= piece.bytes.size() + kPieceOverhead;
    const std::uint64_t old = delivered_ - node.key();
    if (old >= piece.bytes.size() + piece.missing) continue;
    const std::size_t cut = std::min<std::uint64_t>(old, piece.bytes.size());
    deliver(core::ByteView(piece.bytes).subspan(cut), piece.missing - (old - cut), sink);
  }
  waiting_->packets = 0;
  if (pieces.empty()) waiting_.reset();
}

// The hole before the first waiting piece is given up.
void HalfStream::skip_gap(StreamSink& sink) {
  if (!waiting_) return;
  const std::uint64_t gap = waiting_->pieces.begin()->first - delivered_;
  deliver({}, gap, sink);
  drain(sink);
}

void HalfStream::acknowledged(std::uint32_t acknowledgement) {
  if (started_) acknowledged_ = std::max(acknowledged_, offset_of(acknowledgement));
}

void HalfStream::fin(std::uint32_t sequence_after_data) {
  if (has_fin_ || !started_) return;
  has_fin_ = true;
  fin_ = offset_of(sequence_after_data);
}

void HalfStream::age(std::int64_t time_ns, StreamSink& sink) {
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
  while (waiting_) skip_gap(sink);
}

void HalfStream::remember(std::uint32_t sequence, core::ByteView payload) {
  past_[past_at_] = {sequence, static_cast<std::uint32_t>(payload.size()), digest_of(payload)};
  past_at_ = static_cast<std::uint8_t>((past_at_ + 1U) % past_.size());
}

void HalfStream::compare_with_past(std::uint32_t sequence, core::ByteView payload,
                                   StreamSink& sink) {
  for (const Past& one : past_) {
    if (one.sequence != sequence || one.size == 0 || one.size > payload.size()) continue;
    if (digest_of(payload.first(one.size)) != one.digest) sink.on_conflict(one.size, payload);
    return;
  }
}

}  // namespace wxsec::flow
