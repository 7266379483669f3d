// Two ordered byte streams that belong together: finds out what they speak and feeds the decoder.
// Layers use it again for what is inside (WebSocket, decrypted TLS, a CONNECT tunnel).
#pragma once

#include <memory>
#include <utility>

#include "lib/flow/dissector.h"
#include "lib/flow/looks.h"

namespace wxsec::flow {

// `carried`: inside messages that are shown anyway, so that what nobody claims needs no event.
enum class Layer : std::uint8_t { outer, inner, carried };

class Conversation {
 public:
  explicit Conversation(Layer layer) : layer_(layer) {}

  void data(Scene& scene, Direction direction, core::ByteView bytes);
  void gap(Scene& scene, Direction direction, std::uint64_t bytes);
  void end(Scene& scene, Direction direction);
  // See Dissector.
  void keys_grew(Scene& scene);

  // The directions were taken for each other. Only while neither of them speaks.
  void turn_around() { std::swap(sides_[0], sides_[1]); }

  // Is this direction being read as some protocol?
  bool speaks(Direction direction) const {
    return sides_[index(direction)].state == State::dissecting;
  }
  // Is it still open what this direction is?
  bool undecided(Direction direction) const {
    return sides_[index(direction)].state == State::guessing;
  }
  // A hint that data() will be called soon.
  void will_dissect() const {
    constexpr std::size_t kLine = 64;
    constexpr std::size_t kLines = 3;  // what each message touches of a decoder comes first
    const auto* const at = reinterpret_cast<const char*>(sides_[0].dissector.get());
    for (std::size_t line = 0; at != nullptr && line < kLines; ++line)
      __builtin_prefetch(at + line * kLine);
  }

  Verdict verdict() const;
  std::size_t held() const;
  // Gives up everything that is half read, because memory is short; goes on at the next message.
  void shed(Scene& scene);

 private:
  enum class State : std::uint8_t { guessing, dissecting, lost, unknown, ended };
  struct Side {
    std::shared_ptr<Dissector> dissector;
    core::Bytes tail;  // seen, not consumed; where one is sought: may be a message's beginning
    std::size_t need = 0;
    std::uint64_t skip = 0;
    State state = State::guessing;
    bool begun = false;       // what stands before the first message has passed
    bool own_way = false;     // the other side's decoder did not fit
    bool recognised = false;  // by its first bytes
    bool understood = false;  // the decoder has consumed some
    bool lacks = false;       // bytes of it are not in the capture
    Verdict looks = Verdict::unknown;
    std::unique_ptr<Looks> watched;  // while it is unknown, until its look is settled
    unsigned unknown_segments = 0;
  };

  Side& side(Direction direction) { return sides_[index(direction)]; }
  Side& other(Direction direction) { return sides_[1 - index(direction)]; }
  void guess(Scene& scene, Direction direction, core::ByteView bytes);
  void lose_beginning(Scene& scene, Direction direction, std::uint64_t bytes);
  void decide(Scene& scene, Direction direction, Protocol protocol);
  void dissect(Scene& scene, Direction direction, core::ByteView bytes);
  void not_understood(Scene& scene, Direction direction, core::ByteView rest);
  bool begin(Direction direction, core::Bytes& all, core::ByteView& bytes);
  void tell_unknown(Scene& scene, Direction direction, core::ByteView bytes);
  void give_up(Scene& scene, Direction direction, core::ByteView bytes);
  static void watch(Side& me, core::ByteView bytes);
  static void settle(Side& me);
  void unclaimed(Scene& scene, Direction direction, core::ByteView bytes);
  struct Found {
    Protocol protocol = Protocol::unknown;  // unknown: what the decoder at hand decodes
    Beginning beginning;
  };
  // Is something missing before these bytes?
  static bool lacks_beginning(const Scene& scene, const Side& me);
  bool other_speaks(Direction direction) const;
  Found find(Direction direction, core::ByteView bytes) const;
  Found at_segment_start(Direction direction, core::ByteView segment) const;
  Found locate(Direction direction, core::ByteView all, std::size_t before, std::size_t need) const;
  void follow_up(Scene& scene, Direction direction, const Found& found, core::ByteView all);
  void search(Scene& scene, Direction direction, core::ByteView bytes);
  void search_once_more(Scene& scene, Direction direction);
  void resume(Scene& scene, Direction direction, Protocol protocol, core::ByteView bytes);
  void set_protocol(Scene& scene, Protocol protocol) const;

  Layer layer_;
  Side sides_[2];
};

// The verdict on two things that belong to one flow.
Verdict combine(Verdict a, Verdict b);

}  // namespace wxsec::flow
