// WebSocket after its HTTP upgrade, and what it carries (MQTT, mostly).
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "lib/flow/conversation.h"
#include "lib/flow/dissector.h"
#include "lib/flow/message_inflater.h"
#include "lib/proto/websocket_frame.h"

namespace wxsec::flow {

class WebSocketDissector final : public Dissector {
 public:
  // `extensions` as the server accepted them.
  explicit WebSocketDissector(std::string_view extensions);

  Progress consume(Scene& scene, Direction direction, core::ByteView bytes) override;
  Recovery lose(Scene& scene, Direction direction, core::ByteView tail, std::uint64_t gap) override;
  bool resync(Direction direction, core::ByteView segment) override;
  Beginning find(Direction direction, core::ByteView bytes) override;
  void end(Scene& scene, Direction direction, core::ByteView tail) override;
  Verdict verdict() const override { return combine(Verdict::plaintext, inside_.verdict()); }
  void shed(Scene& scene) override {
    inside_.shed(scene);
    count_held();
  }

 private:
  // Told once it is clear whether another protocol claims it.
  struct Undecided {
    core::Bytes payload;
    std::uint64_t packet = 0;
    std::int64_t time_ns = 0;
  };
  struct Side {
    core::Bytes message;  // so far, unmasked and inflated (or not, if it is `unreadable`)
    std::uint8_t opcode = 0;
    bool compressed = false;
    bool told = false;        // its beginning: what follows is only for what is carried
    bool broken = false;      // the rest of it is of no use
    bool unreadable = false;  // compressed, and we have lost our place
    bool takeover = true;     // one message refers back to others (RFC 7692 7.1.1)
    bool blind = false;       // what the others said is not known any more
    std::unique_ptr<MessageInflater> inflater;
    // A frame that is not waited for: its header, how much of it came, how much is to come.
    proto::WebSocketFrame frame;
    std::uint64_t frame_at = 0;
    std::uint64_t frame_left = 0;
    std::vector<Undecided> undecided;  // together no more than guessing looks at, nearly
  };

  void begin_frame(Side& side, const proto::WebSocketFrame& frame);
  std::size_t part_of_frame(Scene& scene, Direction direction, core::ByteView bytes);
  void frame(Scene& scene, Direction direction, const proto::WebSocketFrame& frame,
             core::ByteView payload);
  void payload(Scene& scene, Direction direction, const proto::WebSocketFrame& frame,
               std::uint64_t at, core::ByteView bytes);
  void inflate(Scene& scene, Direction direction, core::ByteView bytes, bool last);
  void take(Scene& scene, Direction direction, core::ByteView plain);
  void tell_beginning(Scene& scene, Direction direction);
  void end_message(Scene& scene, Direction direction);
  void tell_message(Scene& scene, Direction direction);
  void tell_undecided(const Scene& scene, Direction direction, bool carried);
  bool lose_in_frame(Scene& scene, Direction direction, core::ByteView tail, std::uint64_t gap);
  void lose_in_message(Scene& scene, Direction direction, core::ByteView tail, std::uint64_t gap);
  void lose_message(Scene& scene, Direction direction);
  void count_held();

  bool deflates_ = false;  // permessage-deflate was agreed on
  Side sides_[2];
  Conversation inside_{Layer::carried};
  std::uint64_t inflated_ = 0;  // see inflate_budget.h
};

}  // namespace wxsec::flow
