// What every protocol decoder of a flow looks like, and what it may ask of its surroundings.
#pragma once

#include <cstdint>
#include <memory>

#include "lib/core/bytes.h"
#include "lib/decrypt/keylog.h"
#include "lib/flow/event.h"

namespace wxsec::flow {

// Memory that decoders use during one call and that lives longer only to be used again.
struct Scratch {
  proto::HttpHead http_head;
  core::Bytes http_raw;
  core::Bytes http_body;  // was a message's, and becomes another's
  proto::MqttPacket mqtt_packet;
};

// Which packet is being looked at, for whom, and where events go. Lives for one packet.
struct Scene {
  FlowFacts* facts = nullptr;
  const EventSink* sink = nullptr;
  decrypt::KeyLog* keys = nullptr;  // null: no decryption
  Scratch* scratch = nullptr;
  std::uint64_t packet = 0;
  std::int64_t time_ns = 0;
  bool decrypted = false;

  template <class What>
  void emit(Direction direction, What&& what) const {
    (*sink)(Event{time_ns, packet, facts, direction, decrypted, std::forward<What>(what)});
  }
};

// How far a decoder got with the bytes that it was shown.
struct Progress {
  std::size_t consumed = 0;  // will not be shown again
  std::size_t need = 0;      // do not call again before so many unconsumed bytes are there
  std::uint64_t skip = 0;    // after the consumed bytes, so many more are of no interest
  bool lost = false;         // these bytes are not my protocol (any more)
};

// After bytes were lost in the middle: how to go on.
struct Recovery {
  bool in_step = false;    // false: wait for a segment that resync() accepts
  std::uint64_t skip = 0;  // in step after so many more bytes
};

class Dissector {
 public:
  virtual ~Dissector() = default;
  // All unconsumed bytes of this direction, in order.
  virtual Progress consume(Scene& scene, Direction direction, core::ByteView bytes) = 0;
  // `gap` bytes are missing after `tail`, the unconsumed bytes, which are then gone.
  virtual Recovery lose(Scene& scene, Direction direction, core::ByteView tail,
                        std::uint64_t gap) = 0;
  // After a loss: does a message begin exactly here? `segment` begins where a TCP segment began.
  virtual bool resync(Direction direction, core::ByteView segment) = 0;
  // This direction is over; `tail` was never consumed.
  virtual void end(Scene& scene, Direction direction, core::ByteView tail) = 0;
  // What an eavesdropper could make of what was consumed.
  virtual Verdict verdict() const = 0;
  // The key log has grown: what was kept because nothing opened it may be opened now.
  virtual void keys_grew(Scene& /*scene*/) {}
  // It was the wrong decoder and will be gone before the flow: takes back what of it `facts` shows.
  virtual void leave(FlowFacts& /*facts*/) const {}
  // Bytes buffered inside, as last told. Asked after each packet: it must not cost a look around.
  std::size_t held() const { return held_; }

 protected:
  void holds(std::size_t bytes) { held_ = bytes; }

 private:
  std::size_t held_ = 0;
};

}  // namespace wxsec::flow
