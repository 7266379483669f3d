// Where a message begins in bytes whose own beginning is missing: behind a hole, or in a capture
// that began in the middle of one. Stricter than guess.h, for a candidate stands at every byte:
// what is believed goes on with another message, or ends where the bytes end. Linear in the bytes.
#pragma once

#include <cstdint>

#include "lib/core/bytes.h"
#include "lib/proto/mqtt_packet.h"

namespace wxsec::flow {

struct Beginning {
  std::size_t at = 0;    // what stands before it is of no use
  bool sure = false;     // a message begins at `at`; otherwise one may (or `at` is the end), and
  std::size_t need = 0;  // so many bytes from `at` on will tell
};

// Is it known that the stream speaks this protocol? If not, more is asked for.
enum class Surroundings : std::uint8_t { known, unknown };

// Nothing longer is waited for.
inline constexpr std::size_t kLongestSought = 256 * 1024;

Beginning find_mqtt(core::ByteView bytes, proto::MqttVersion version, Surroundings around);

enum class HttpKind : std::uint8_t { any, request, response };
Beginning find_http(core::ByteView bytes, HttpKind kind);

// `version`: what the records' headers say, 0 if that is not known.
Beginning find_tls(core::ByteView bytes, std::uint16_t version, Surroundings around);

struct WebSocketHabits {
  bool masked = false;    // RFC 6455 5.1: clients mask, servers do not
  bool deflates = false;  // permessage-deflate was agreed on, so RSV1 means something
};
Beginning find_websocket(core::ByteView bytes, WebSocketHabits habits, Surroundings around);

// The same at the very front only: `at` is 0, and `need` 0 where none can begin.
Beginning websocket_at_front(core::ByteView bytes, WebSocketHabits habits, Surroundings around);

// Work that one search may do: whoever plants false beginnings must not buy time with them.
class Effort {
 public:
  explicit Effort(core::ByteView bytes) : left_(16 * bytes.size() + 4096) {}
  bool spend(std::size_t amount) {
    left_ -= amount < left_ ? amount : left_;
    return left_ > 0;
  }
  bool over() const { return left_ == 0; }

 private:
  std::size_t left_;
};

}  // namespace wxsec::flow
