// One direction of a TCP connection, put in order: what the receiver's application would read, with
// the places marked where the capture lacks bytes. Bounded in memory and patience.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "lib/core/bytes.h"
#include "lib/flow/past.h"

namespace wxsec::flow {

// Takes the ordered stream. The bytes are valid during the call.
class StreamSink {
 public:
  explicit StreamSink(Past& past) : past_(past) {}
  virtual ~StreamSink() = default;
  virtual void on_data(core::ByteView bytes) = 0;
  virtual void on_gap(std::uint64_t bytes) = 0;
  // A retransmission differed in `bytes` bytes from what was there first.
  virtual void on_conflict(std::uint64_t bytes, core::ByteView retransmission) = 0;
  // Where what was delivered is remembered.
  Past& past() const { return past_; }

 private:
  Past& past_;
};

// What one packet brings.
struct Arrival {
  std::uint32_t sequence = 0;
  core::ByteView payload;
  std::size_t missing = 0;  // so many more bytes were on the wire and are not in the capture
  // Zeros that the link layer's filling may have become: see TcpSegment.
  bool perhaps_padding = false;
  bool perhaps_keep_alive = false;
  std::int64_t time_ns = 0;
};

class HalfStream {
 public:
  bool started() const { return started_; }
  bool has_delivered() const { return delivered_ > 0; }
  // `sequence` is that of the first byte of data.
  void start(std::uint32_t sequence);
  std::uint32_t next_sequence() const { return next_; }
  // The number of the first byte.
  std::uint32_t first_sequence() const { return next_ - static_cast<std::uint32_t>(delivered_); }
  // Do so many bytes lie in what was delivered, with a keep-alive's byte before and FIN behind it?
  bool has_had(std::uint32_t sequence, std::size_t size) const;
  // Is this at most so far away from where the stream is? True for any before it is started.
  bool within(std::uint32_t sequence, std::int64_t most) const;

  // Starts the stream where it was not.
  void add(const Arrival& arrival, StreamSink& sink);
  // The peer has everything before `acknowledgement`: what we lack of it is lost for the capture.
  // Not believed where no window reaches.
  void acknowledged(std::uint32_t acknowledgement);
  // A segment with FIN ends here. Ignored where the end cannot lie (before what was delivered or
  // waits, or beyond any window); taken back when data comes for its place.
  void fin(std::uint32_t sequence_after_data);
  // Would the receiver believe an RST with this number?
  bool believes_reset(std::uint32_t sequence) const;
  // Something came before its time, or may not be data.
  bool waits() const { return waiting_ != nullptr || zeros_ > 0; }
  // Called with each packet of the flow while something waits: gives up on what is missing when
  // patience is over.
  void age(std::int64_t time_ns, StreamSink& sink);
  // Delivers what is left, gaps and all.
  void flush(StreamSink& sink);
  // The same at the stream's end, and tells of a gap where FIN or the peer has counted more bytes.
  void close(StreamSink& sink);

  bool has_fin() const { return has_fin_; }
  // Everything up to FIN was delivered, and nothing beyond it.
  bool finished() const { return has_fin_ && delivered_ == fin_; }
  // The peer has acknowledged that, too: the direction has really ended.
  bool over() const { return fin_acknowledged_ && finished(); }
  // Places in the stream: before which everything was delivered, or acknowledged as last seen.
  std::uint64_t delivered() const { return delivered_; }
  std::uint64_t acknowledged() const { return acknowledged_; }
  std::size_t held() const { return waiting_ ? waiting_->held : 0; }

 private:
  struct Piece {
    core::Bytes bytes;
    std::size_t missing = 0;
    bool perhaps_padding = false;
  };

  // Most streams never need one.
  struct Waiting {
    std::map<std::uint64_t, Piece> pieces;  // by place, without overlap
    std::size_t held = 0;
    std::int64_t since_ns = 0;
    unsigned packets = 0;  // of this flow since then

    // The place behind the last one, zeros that may be filling apart.
    std::uint64_t end() const;
  };

  std::uint64_t offset_of(std::uint32_t sequence) const;
  void wait_for_order(const Arrival& arrival, StreamSink& sink);
  void hold(std::uint64_t offset, core::ByteView payload, std::size_t missing, StreamSink& sink);
  void hold_zeros(std::uint64_t offset, core::ByteView zeros);
  void displace_zeros(std::uint64_t offset, std::uint64_t size);
  void deliver(core::ByteView payload, std::size_t missing, StreamSink& sink);
  void drain(StreamSink& sink);
  void skip_gap(StreamSink& sink);
  bool doubt(const Arrival& arrival, StreamSink& sink);
  void take_zeros(StreamSink& sink);

  bool started_ = false;
  bool has_fin_ = false;
  bool fin_acknowledged_ = false;
  std::uint8_t zeros_ = 0;       // zeros at next_ that are data or padding
  std::uint32_t next_ = 0;       // sequence number of the next byte in order
  std::uint64_t delivered_ = 0;  // its place in the stream
  std::uint64_t fin_ = 0;        // place of the end
  std::uint64_t acknowledged_ = 0;
  std::uint64_t past_ = 0;            // the newest of what was delivered, in Past
  std::unique_ptr<Waiting> waiting_;  // null: nothing waits
};

}  // namespace wxsec::flow
