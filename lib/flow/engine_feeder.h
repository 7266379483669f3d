// Between a half stream and the conversation: counts, and tells of gaps. Lives for one packet.
#pragma once

#include "lib/flow/engine.h"

namespace wxsec::flow {

class Engine::Feeder final : public StreamSink {
 public:
  Feeder(Engine& engine, Scene& scene, Flow& flow, Direction direction)
      : StreamSink(engine.past_), scene_(scene), flow_(flow), direction_(direction) {}

  void on_data(core::ByteView bytes) override {
    flow_.facts.bytes[index(direction_)] += bytes.size();
    talk().data(scene_, direction_, bytes);
  }
  void on_gap(std::uint64_t bytes) override {
    flow_.facts.lost[index(direction_)] += bytes;
    scene_.emit(direction_, Gap{bytes});
    talk().gap(scene_, direction_, bytes);  // also before the first byte: it lacks its beginning
  }
  void on_conflict(std::uint64_t bytes, core::ByteView retransmission) override {
    flow_.facts.conflicts += bytes;
    scene_.emit(direction_, Conflict{bytes, retransmission});
  }

 private:
  Conversation& talk() {
    if (!flow_.talk) flow_.talk.emplace(Layer::outer);
    return *flow_.talk;
  }

  Scene& scene_;
  Flow& flow_;
  Direction direction_;
};

}  // namespace wxsec::flow
