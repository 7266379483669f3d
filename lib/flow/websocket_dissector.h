// WebSocket after its HTTP upgrade, and what it carries (MQTT, mostly).
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "lib/flow/conversation.h"
#include "lib/flow/dissector.h"
#include "lib/proto/websocket_frame.h"

namespace wxsec::flow {

class WebSocketDissector final : public Dissector {
 public:
  // `extensions` as the server accepted them.
  explicit WebSocketDissector(std::string_view extensions);
  ~WebSocketDissector() override;

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
  class Inflater;
  // Told once it is clear whether another protocol claims it.
  struct Undecided {
    core::Bytes payload;
    std::uint64_t packet = 0;
    std::int64_t time_ns = 0;
  };
  struct Side {
    core::Bytes message;  // frames so far, unmasked
    std::uint8_t opcode = 0;
    bool compressed = false;
    bool truncated = false;
    std::unique_ptr<Inflater> inflater;
    std::vector<Undecided> undecided;  // together no more than guessing looks at, nearly
  };

  void frame(Scene& scene, Direction direction, const proto::WebSocketFrame& frame,
             core::ByteView payload);
  void message(Scene& scene, Direction direction, Side& side);
  void tell_undecided(const Scene& scene, Direction direction, bool carried);
  void count_held();

  Side sides_[2];
  Conversation inside_{Layer::carried};
};

}  // namespace wxsec::flow
