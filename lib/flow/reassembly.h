// One direction of a TCP connection, put in order: what the receiver's application would read, with
// the places marked where the capture lacks bytes. Bounded in memory and patience.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>

#include "lib/core/bytes.h"

namespace wxsec::flow {

// Takes the ordered stream. The bytes are valid during the call.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  virtual void on_data(core::ByteView bytes) = 0;
  virtual void on_gap(std::uint64_t bytes) = 0;
  // A retransmission differed in `bytes` bytes from what was there first.
  virtual void on_conflict(std::uint64_t bytes, core::ByteView retransmission) = 0;
};

class HalfStream {
 public:
  bool started() const { return started_; }
  bool has_delivered() const { return delivered_ > 0; }
  // `sequence` is that of the first byte of data.
  void start(std::uint32_t sequence);
  std::uint32_t next_sequence() const { return next_; }

  // A segment's payload; `missing` more bytes were on the wire and are not in the capture. Starts
  // the stream where it was not.
  void add(std::uint32_t sequence, core::ByteView payload, std::size_t missing,
           std::int64_t time_ns, StreamSink& sink);
  // The peer has everything before `acknowledgement`: what we lack of it is lost for the capture.
  void acknowledged(std::uint32_t acknowledgement);
  // A segment with FIN ends here.
  void fin(std::uint32_t sequence_after_data);
  // Something came before its time.
  bool waits() const { return waiting_ != nullptr; }
  // Called with each packet of the flow while something waits: gives up on what is missing when
  // patience is over.
  void age(std::int64_t time_ns, StreamSink& sink);
  // Delivers what is left, gaps and all.
  void flush(StreamSink& sink);

  // Everything up to FIN was delivered.
  bool finished() const { return has_fin_ && delivered_ >= fin_; }
  std::size_t held() const { return waiting_ ? waiting_->held : 0; }

 private:
  struct Piece {
    core::Bytes bytes;
    std::size_t missing = 0;
  };

  // Most streams never need one.
  struct Waiting {
    std::map<std::uint64_t, Piece> pieces;  // by place, without overlap
    std::size_t held = 0;
    std::int64_t since_ns = 0;
    unsigned packets = 0;  // of this flow since then
  };

  std::uint64_t offset_of(std::uint32_t sequence) const;
  void hold(std::uint64_t offset, core::ByteView payload, std::size_t missing, StreamSink& sink);
  void deliver(core::ByteView payload, std::size_t missing, StreamSink& sink);
  void drain(StreamSink& sink);
  void skip_gap(StreamSink& sink);
  void remember(std::uint32_t sequence, core::ByteView payload);
  void compare_with_past(std::uint32_t sequence, core::ByteView payload, StreamSink& sink);

  // What was delivered lately, to notice retransmissions that say something else.
  struct Past {
    std::uint32_t sequence = 0;
    std::uint32_t size = 0;
    std::uint32_t digest = 0;
  };

  bool started_ = false;
  bool has_fin_ = false;
  std::uint8_t past_at_ = 0;
  std::uint32_t next_ = 0;       // sequence number of the next byte in order
  std::uint64_t delivered_ = 0;  // its place in the stream
  std::uint64_t fin_ = 0;        // place of the end
  std::uint64_t acknowledged_ = 0;
  std::unique_ptr<Waiting> waiting_;  // null: nothing waits
  std::array<Past, 4> past_{};
};

}  // namespace wxsec::flow
