// The part of the HTTP decoder that knows when a connection is HTTP no more: after a 101, a
// successful CONNECT, and, where the capture lacks the answer, when what follows shows it.
#include "lib/flow/http_dissector.h"
#include "lib/flow/websocket_dissector.h"

namespace wxsec::flow {

void HttpDissector::maybe_upgrade(const proto::HttpHead& response, const Request& answers) {
  const bool connects =
      answers.method == "CONNECT" && response.status >= 200 && response.status < 300;
  const bool switches = response.status == 101 && !after_;
  if (response.status == 101 || response.status >= 200) asked_for_websocket_ = false;
  if (switches && proto::equals_ignoring_case(response.field("upgrade"), "websocket")) {
    // RFC 6455 9.1: several lines are one list.
    after_ = std::make_unique<WebSocketDissector>(response.list("sec-websocket-extensions"));
  } else if (connects || switches) {
    // RFC 9110 7.8: to whatever it says, TLS for one (RFC 2817 3.3).
    tunnel_ = std::make_unique<Conversation>(Layer::inner);
  }
}

// In case the capture lacks the answer.
void HttpDissector::note_upgrade(const proto::HttpHead& request) {
  asked_for_websocket_ = proto::equals_ignoring_case(request.field("upgrade"), "websocket");
  if (asked_for_websocket_) asked_extensions_ = request.list("sec-websocket-extensions");
}

WebSocketHabits HttpDissector::asked_habits(Direction direction) const {
  const bool deflates = asked_extensions_.find("permessage-deflate") != std::string::npos;
  return {direction == Direction::to_server, deflates};
}

Beginning HttpDissector::frame_at_front(Direction direction, core::ByteView bytes) const {
  if (!asked_for_websocket_) return {};
  return websocket_at_front(bytes, asked_habits(direction), Surroundings::known);
}

// Frames tell that the upgrade was granted, and anything else that a tunnel was.
Progress HttpDissector::not_http(Scene& scene, Direction direction, core::ByteView bytes) {
  if (asked_for_tunnel_ == Asked::perhaps) {
    open_tunnel(scene);
    return {};
  }
  const Beginning frame = frame_at_front(direction, bytes);
  if (!frame.sure) return {0, frame.need, 0, frame.need == 0};
  after_ = std::make_unique<WebSocketDissector>(asked_extensions_);
  return {};
}

// The answer that was missed has come after all, out of order.
bool HttpDissector::late_answer(Direction direction, core::ByteView bytes) const {
  return asked_for_websocket_ && direction == Direction::to_client &&
         proto::looks_like_http(bytes) == proto::FrameState::done;
}

}  // namespace wxsec::flow
