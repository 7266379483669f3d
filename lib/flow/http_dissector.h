// HTTP/1.x on an ordered stream, and what an upgrade turns it into. Written in five parts:
// http_dissector.cpp (the order of messages), http_heads.cpp, http_bodies.cpp, http_upgrade.cpp,
// http_tunnel.cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/flow/conversation.h"
#include "lib/flow/dissector.h"
#include "lib/flow/pending_requests.h"

namespace wxsec::flow {

class HttpDissector final : public Dissector {
 public:
  Progress consume(Scene& scene, Direction direction, core::ByteView bytes) override;
  Recovery lose(Scene& scene, Direction direction, core::ByteView tail, std::uint64_t gap) override;
  bool resync(Direction direction, core::ByteView segment) override;
  Beginning find(Direction direction, core::ByteView bytes) override;
  void end(Scene& scene, Direction direction, core::ByteView tail) override;
  Verdict verdict() const override;
  void shed(Scene& scene) override;

 private:
  using Request = PendingRequests::Request;

  static constexpr std::size_t kMaxBody = 256 * 1024;  // kept of a body; the rest is counted
  static constexpr std::size_t kMaxRaw = 4096;

  // A message whose body does not end in the segment where its head ended.
  struct Unfinished {
    bool damaged = false;
    bool perhaps_head = false;  // the answer to an unknown request, so maybe without a body
    core::Bytes head_bytes;
    proto::HttpHead head;
    proto::HttpBodyFraming framing;
    proto::HttpChunkReader chunks;
    core::Bytes body;
    std::vector<std::size_t> gaps;  // places in `body` before which bytes are missing
    std::uint64_t body_size = 0;
    Request answers;

    void lacks() {
      damaged = true;
      if (gaps.empty() || gaps.back() != body.size()) gaps.push_back(body.size());
    }
    core::ByteView part(std::size_t i) const;  // the body's i-th part that is in one piece
  };

  // Does the next response begin here? `need_more`: perhaps.
  static proto::FrameState begins_response(core::ByteView bytes);
  static proto::HttpBodyFraming framing_of(const proto::HttpHead& head,
                                           std::string_view request_method, core::ByteView rest);
  Progress messages(Scene& scene, Direction direction, core::ByteView bytes);
  Recovery skip_hole(Scene& scene, Direction direction, core::ByteView tail, std::uint64_t gap);
  Progress begin_message(Scene& scene, Direction direction, core::ByteView bytes);
  Progress body_bytes(Scene& scene, Direction direction, core::ByteView bytes);
  void begin_body(Scene& scene, Direction direction, core::ByteView head,
                  const proto::HttpBodyFraming& framing, Request answers);
  void count_held();
  bool cut_head(Scene& scene, Direction direction, core::ByteView tail);
  Recovery lose_head(Scene& scene, Direction direction, core::ByteView tail, std::uint64_t gap);
  void finish_body(Scene& scene, Direction direction, bool incomplete);
  void message(Scene& scene, Direction direction, const proto::HttpHead& head,
               const Request& answers, HttpMessage& out);
  Progress waits_for_head(Scene& scene, Direction direction, core::ByteView bytes, bool bad);
  Progress unframed(Scene& scene, Direction direction, core::ByteView bytes,
                    const proto::HttpHead& head, const Request& answers);
  void lose_order(Scene& scene, Direction direction);
  bool late_answer(Direction direction, core::ByteView bytes) const;
  void note_upgrade(const proto::HttpHead& request);
  void maybe_upgrade(const proto::HttpHead& response, const Request& answers);
  WebSocketHabits asked_habits(Direction direction) const;
  Progress not_http(Scene& scene, Direction direction, core::ByteView bytes);
  void note_connect(const Scene& scene, const proto::HttpHead& request, bool waits);
  void note_answer(const proto::HttpHead& response, const Request& answers);
  Progress hold_early(Scene& scene, core::ByteView bytes);
  bool lose_early(Scene& scene, Direction direction, std::uint64_t gap);
  std::size_t no_answer_comes(Scene& scene, std::size_t may_leave = 0);
  std::size_t settle_early(Scene& scene, std::size_t may_leave = 0);
  core::ByteView behind_hole(Scene& scene, core::ByteView bytes, std::uint64_t gap);
  void open_tunnel(Scene& scene);
  Beginning frame_at_front(Direction direction, core::ByteView bytes) const;

  HttpKind kind_of(Direction direction) const;

  Unfinished* in_body(Direction direction) const { return unfinished_[index(direction)].get(); }

  // What the client said behind a CONNECT whose answer is not there yet. A piece ends at a gap.
  struct Early {
    struct Piece {
      std::uint64_t gap_before = 0;
      core::Bytes bytes;
    };
    std::vector<Piece> pieces;
    std::size_t size = 0;
  };
  // For a tunnel. `perhaps`: the answer may be missing.
  enum class Asked : std::uint8_t { no, waits, perhaps };

  // How far a head that is not there in whole was looked at: at most kMaxHttpHead.
  struct Seen {
    std::uint32_t bytes = 0;
    bool start_line = false;  // is in them
  };

  HttpKind kinds_[2] = {HttpKind::any, HttpKind::any};  // what a direction has been heard to say
  bool asked_for_websocket_ = false;                    // and no answer was seen
  Asked asked_for_tunnel_ = Asked::no;
  bool holds_early_ = true;  // not any more once too much came
  PendingRequests requests_;
  std::unique_ptr<Dissector> after_;           // WebSocket after 101
  std::unique_ptr<Conversation> tunnel_;       // whatever it is after CONNECT or another 101
  std::unique_ptr<Unfinished> unfinished_[2];  // by direction; null between messages
  std::unique_ptr<Early> early_;               // null: nothing is held
  Seen seen_[2];
  std::uint64_t inflated_ = 0;  // see inflate_budget.h
  std::string asked_extensions_;
};

}  // namespace wxsec::flow
